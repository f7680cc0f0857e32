import type { Socket } from 'node:net'
import type { Clock } from '../../../shared/clock.ts'
import { SamaraError, show } from '../../../shared/errors.ts'

/** QEMU's own control socket, as far as it is needed: one JSON object on each line. */
export interface Qmp {
  /** Throws FAILED_PRECONDITION in QEMU's words. */
  execute(command: string, args?: object): Promise<unknown>
  close(): void
}

export type QmpOptions = { readonly clock: Clock; readonly limitMs: number }

const MAX_LINE = 1024 * 1024

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: SamaraError) => void }
type Message = {
  readonly QMP?: unknown
  readonly return?: unknown
  readonly id?: number
  readonly error?: { readonly desc?: string }
}

/** Resolves once QEMU has greeted and takes commands. */
export async function openQmp(socket: Socket, { clock, limitMs }: QmpOptions): Promise<Qmp> {
  const waiting = new Map<number, Waiting>()
  let nextId = 1
  const greeted = Promise.withResolvers<void>()

  function end(why: string): void {
    socket.destroy()
    const error = new SamaraError('UNAVAILABLE', `qemu: ${why}`)
    greeted.reject(error)
    for (const one of waiting.values()) one.reject(error)
    waiting.clear()
  }

  function take(message: Message): void {
    if (message.QMP) return greeted.resolve()
    const one = message.id === undefined ? undefined : waiting.get(message.id)
    if (!one || message.id === undefined) return
    waiting.delete(message.id)
    if (message.error)
      one.reject(new SamaraError('FAILED_PRECONDITION', `qemu: ${message.error.desc ?? show(message.error)}`))
    else one.resolve(message.return)
  }

  async function execute(command: string, args?: object): Promise<unknown> {
    const id = nextId++
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    waiting.set(id, { resolve, reject })
    const late = clock.after(limitMs, () =>
      reject(new SamaraError('DEADLINE_EXCEEDED', `qemu: no answer to ${command} within ${limitMs} ms`)),
    )
    socket.write(`${JSON.stringify({ execute: command, ...(args && { arguments: args }), id })}\n`)
    try {
      return await promise
    } finally {
      late()
      waiting.delete(id)
    }
  }

  eachLine(socket, (line) => take(JSON.parse(line) as Message), end)
  const late = clock.after(limitMs, () => end(`no greeting within ${limitMs} ms`))
  await greeted.promise
  late()
  await execute('qmp_capabilities')
  return { execute, close: () => end('it was closed') }
}

function eachLine(socket: Socket, does: (line: string) => void, end: (why: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (piece: string) => {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    try {
      for (const line of lines) if (line.trim() !== '') does(line)
      if (rest.length > MAX_LINE) throw new Error(`more than ${MAX_LINE} characters on one line`)
    } catch (error) {
      end((error as Error).message)
    }
  })
  socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  socket.on('close', () => end('it hung up'))
}
