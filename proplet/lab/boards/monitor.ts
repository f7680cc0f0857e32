import type { Socket } from 'node:net'
import type { Clock, Stop } from '../../../shared/clock.ts'
import { SamaraError, show } from '../../../shared/errors.ts'
import { type Line, MonitorReader } from './monitor-reader.ts'

/** Talks to the monitor of a Renode, one command at a time. Nothing waits for ever, and a late answer is nobody else's. */
export interface Monitor {
  /** What the command printed, line by line. Throws FAILED_PRECONDITION in the monitor's words where it could not. */
  run(command: string): Promise<readonly string[]>
  /** Hears once that there will be no more answers, and why. */
  onClosed(fn: (why: string) => void): void
  close(): void
}

export type MonitorOptions = {
  readonly clock: Clock
  /** For one command. @default 10000 */
  readonly limitMs?: number
  /** For the first answer: the program has yet to start. @default 60000 */
  readonly startMs?: number
}

const LIMIT_MS = 10_000
const START_MS = 60_000
/** What is typed before the shell listens is lost; it is said again. */
const GREETING_MS = 1_000
const MAX_WAITING = 64
const MAX_COMMAND = 4096
const CTRL_C = '\u0003'

/** Resolves once the monitor answers. Whatever it said before is left behind, half a line of somebody before us too. */
export async function openMonitor(socket: Socket, options: MonitorOptions): Promise<Monitor> {
  const client = new Client(socket, { limitMs: LIMIT_MS, startMs: START_MS, ...options })
  await client.greet()
  return client
}

type Waiting = {
  readonly command: string
  readonly done: (reply: readonly Line[]) => void
  readonly failed: (error: SamaraError) => void
  readonly stop: Stop
}
type Greeting = { readonly heard: () => void; readonly again: Stop; count: number }

class Client implements Monitor {
  readonly #socket: Socket
  readonly #options: Required<MonitorOptions>
  readonly #reader = new MonitorReader()
  readonly #queue: Waiting[] = []
  readonly #hearers: ((why: string) => void)[] = []
  /** What was sent and has not been answered; `waiting` is undefined where whoever asked has given up. */
  #sent: { readonly waiting: Waiting | undefined } | undefined
  #greeting: Greeting | undefined
  #over: string | undefined

  constructor(socket: Socket, options: Required<MonitorOptions>) {
    this.#socket = socket
    this.#options = options
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => this.#hear(bytes))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message))
    socket.on('close', () => this.#end('it hung up'))
  }

  /** Says a word until it comes back in a line of its own, and not only as the echo of what was typed. */
  async greet(): Promise<void> {
    const { clock, startMs } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const again = clock.every(GREETING_MS, () => this.#say())
    const late = clock.after(startMs, () => this.#end(`no answer within ${startMs} ms`))
    this.onClosed((why) => reject(away(why)))
    this.#greeting = { heard: resolve, again, count: 0 }
    this.#say()
    try {
      await promise
    } finally {
      again()
      late()
      this.#hearers.length = 0
    }
  }

  async run(command: string): Promise<readonly string[]> {
    checkCommand(command)
    return answerOf(command, await this.#ask(command))
  }

  onClosed(fn: (why: string) => void): void {
    if (this.#over === undefined) this.#hearers.push(fn)
    else fn(this.#over)
  }

  close(): void {
    this.#end('it was closed')
  }

  #say(): void {
    if (this.#greeting) this.#socket.write(`${CTRL_C}echo "samara-${++this.#greeting.count}"\r`)
  }

  #hear(bytes: Buffer): void {
    try {
      for (const reply of this.#reader.push(bytes)) if (this.#over === undefined) this.#take(reply)
    } catch (error) {
      this.#end((error as Error).message)
    }
  }

  #take(reply: readonly Line[]): void {
    if (this.#greeting) return this.#greeted(this.#greeting, reply)
    const answered = this.#sent
    this.#sent = undefined
    if (!answered) return this.#end('it answers what nobody asked')
    answered.waiting?.stop()
    answered.waiting?.done(reply)
    this.#next()
  }

  /** After the first word that comes back none is said any more, and the last one that was ends the greeting. */
  #greeted(greeting: Greeting, reply: readonly Line[]): void {
    const words = reply.filter(({ text }) => /^samara-\d+$/.test(text)).map(({ text }) => text)
    if (words.length > 0) greeting.again()
    if (!words.includes(`samara-${greeting.count}`)) return
    this.#greeting = undefined
    greeting.heard()
  }

  #ask(command: string): Promise<readonly Line[]> {
    if (this.#over !== undefined) throw away(this.#over)
    if (this.#queue.length >= MAX_WAITING)
      throw new SamaraError('RESOURCE_EXHAUSTED', `monitor: ${MAX_WAITING} commands wait, the most there may be`)
    return new Promise((done, failed) => {
      const stop = this.#options.clock.after(this.#options.limitMs, () => this.#giveUp(waiting))
      const waiting: Waiting = { command, done, failed, stop }
      this.#queue.push(waiting)
      this.#next()
    })
  }

  #next(): void {
    const waiting = this.#sent ? undefined : this.#queue.shift()
    if (!waiting) return
    this.#sent = { waiting }
    this.#socket.write(`${waiting.command}\r`)
  }

  #giveUp(waiting: Waiting): void {
    const { limitMs } = this.#options
    waiting.failed(
      new SamaraError('DEADLINE_EXCEEDED', `monitor: no answer to ${show(waiting.command)} within ${limitMs} ms`),
    )
    const at = this.#queue.indexOf(waiting)
    if (at >= 0) this.#queue.splice(at, 1)
    // Its answer may come yet, and is not that of the next command.
    else if (this.#sent?.waiting === waiting) this.#sent = { waiting: undefined }
  }

  #end(why: string): void {
    if (this.#over !== undefined) return
    this.#over = why
    this.#socket.destroy()
    const left = [...(this.#sent?.waiting ? [this.#sent.waiting] : []), ...this.#queue.splice(0)]
    for (const one of left) {
      one.stop()
      one.failed(away(why))
    }
    for (const fn of this.#hearers.splice(0)) fn(why)
  }
}

const away = (why: string): SamaraError => new SamaraError('UNAVAILABLE', `monitor: ${why}`)

/** A tab completes, an escape moves the cursor, a line ends the command. */
function checkCommand(command: string): void {
  if (command.length <= MAX_COMMAND && /^[\u0020-\u007e\u00a1-\uffff]+$/.test(command)) return
  const expected = `one line of at most ${MAX_COMMAND} characters`
  throw new SamaraError('INVALID_ARGUMENT', `monitor: ${show(command)} is not ${expected}`, { expected })
}

/** The first line is the echo of the command. */
function answerOf(command: string, [echo, ...lines]: readonly Line[]): readonly string[] {
  if (echo?.text !== command)
    throw new SamaraError('DATA_LOSS', `monitor: ${show(echo?.text ?? '')} came back for ${show(command)}`)
  const errors = lines.filter(({ isError }) => isError).map(({ text }) => text.trim())
  if (errors.length > 0) throw new SamaraError('FAILED_PRECONDITION', `monitor: ${show(command)}: ${reasonOf(errors)}`)
  return lines.map(({ text }) => text)
}

/** The sentence that only says that something went wrong is left out where there is another one. */
function reasonOf(errors: readonly string[]): string {
  const reasons = errors.filter((text) => text !== '' && !text.startsWith('There was an error executing command'))
  return (reasons.length > 0 ? reasons : errors).join('; ')
}
