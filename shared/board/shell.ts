import type { Clock, Stop } from '../clock.ts'
import { SamaraError, show } from '../errors.ts'
import { plain } from './colors.ts'

/**
 * The shell of an image, over its serial line: commands of ours end with one line that begins with `ok` or `error`. The
 * line is shared with the log and with the shell's own echo, so nothing but these two words is looked for.
 */
export interface SerialShell {
  /** What comes after `ok`. Throws FAILED_PRECONDITION with what comes after `error`. */
  ask(command: string): Promise<string>
  /** As `ask`, said again until somebody answers: the board may still be starting. */
  insist(command: string, withinMs: number): Promise<string>
  /** As `ask`, of a command that wants lines after it: each is said when `prompt` asks for it. */
  askLines(command: string, lines: readonly string[], prompt: string): Promise<string>
  /** Nobody is there any more. */
  close(why: string): void
}

export type SerialShellOptions = {
  readonly clock: Clock
  readonly limitMs: number
  readonly write: (text: string) => void
  /** Hears what the board says. */
  readonly listen: (hear: (bytes: Uint8Array) => void) => void
}

const MAX_COMMAND = 250
const MAX_LINE = 4096
const MAX_WAITING = 64
const AGAIN_MS = 2_000
const ANSWER = /^(ok|error)\b[ :]*(.*)$/

type Asked = {
  readonly command: string
  readonly limitMs: number
  readonly lines?: readonly string[]
  readonly prompt?: string
}

type Waiting = {
  readonly command: string
  readonly limitMs: number
  /** What it is yet to be told, and the words that ask for it. */
  readonly lines: string[]
  readonly prompt: string | undefined
  readonly done: (answer: string) => void
  readonly failed: (error: SamaraError) => void
  stop: Stop
}

export function openSerialShell(options: SerialShellOptions): SerialShell {
  return new Shell(options)
}

class Shell implements SerialShell {
  readonly #options: SerialShellOptions
  readonly #decoder = new TextDecoder()
  readonly #queue: Waiting[] = []
  #text = ''
  #now: Waiting | undefined
  /** An answer to an earlier command may still come: the one that counts comes after the echo of its own command. */
  #isLate = false
  #isEchoed = false
  #over: string | undefined

  constructor(options: SerialShellOptions) {
    this.#options = options
    options.listen((bytes) => this.#hear(bytes))
  }

  ask(command: string): Promise<string> {
    return this.#ask({ command, limitMs: this.#options.limitMs })
  }

  askLines(command: string, lines: readonly string[], prompt: string): Promise<string> {
    return this.#ask({ command, limitMs: this.#options.limitMs, lines, prompt })
  }

  async insist(command: string, withinMs: number): Promise<string> {
    const { clock } = this.#options
    const endMs = clock.monotonic() + withinMs
    for (;;) {
      try {
        return await this.#ask({ command, limitMs: AGAIN_MS })
      } catch (error) {
        const isSilent = error instanceof SamaraError && error.code === 'DEADLINE_EXCEEDED'
        if (!isSilent || clock.monotonic() > endMs) throw error
      }
    }
  }

  #ask({ command, limitMs, lines = [], prompt }: Asked): Promise<string> {
    for (const one of [command, ...lines]) checkCommand(one)
    if (this.#over !== undefined) throw away(this.#over)
    if (this.#queue.length >= MAX_WAITING)
      throw new SamaraError('RESOURCE_EXHAUSTED', `shell: ${MAX_WAITING} commands wait, the most there may be`)
    return new Promise((done, failed) => {
      this.#queue.push({ command, limitMs, lines: [...lines], prompt, done, failed, stop: () => undefined })
      this.#next()
    })
  }

  close(why: string): void {
    if (this.#over !== undefined) return
    this.#over = why
    const left = [...(this.#now ? [this.#now] : []), ...this.#queue.splice(0)]
    this.#now = undefined
    for (const one of left) {
      one.stop()
      one.failed(away(why))
    }
  }

  #next(): void {
    if (this.#now) return
    const waiting = this.#queue.shift()
    if (!waiting) return
    this.#now = waiting
    this.#isEchoed = false
    const { clock, write } = this.#options
    waiting.stop = clock.after(waiting.limitMs, () => this.#giveUp())
    write(`${waiting.command}\r`)
  }

  #giveUp(): void {
    this.#isLate = true
    this.#end(({ command, limitMs, failed }) => {
      const what = show(wordsOf(command))
      failed(new SamaraError('DEADLINE_EXCEEDED', `shell: no answer to ${what} within ${limitMs} ms`))
    })
  }

  #end(how: (waiting: Waiting) => void): void {
    const waiting = this.#now
    this.#now = undefined
    waiting?.stop()
    if (waiting) how(waiting)
    this.#next()
  }

  #hear(bytes: Uint8Array): void {
    const lines = (this.#text + this.#decoder.decode(bytes, { stream: true })).split('\n')
    this.#text = (lines.pop() ?? '').slice(-MAX_LINE)
    for (const line of lines) {
      this.#goOn(line)
      this.#read(plain(line).replaceAll('\r', '').trim())
    }
    if (this.#goOn(this.#text)) this.#text = ''
  }

  /** Says the next line where it is asked for: a prompt has no end, but the log may have said something behind it. */
  #goOn(text: string): boolean {
    const { prompt, lines = [] } = this.#now ?? {}
    if (prompt === undefined || lines.length === 0 || !text.includes(prompt)) return false
    this.#options.write(`${lines.shift()}\r`)
    return true
  }

  #read(line: string): void {
    const waiting = this.#now
    if (!waiting) return
    if (line.includes(waiting.command)) {
      this.#isEchoed = true
      return
    }
    const [, word, rest = ''] = ANSWER.exec(line) ?? []
    if (word === undefined || (this.#isLate && !this.#isEchoed)) return
    this.#isLate = false
    this.#end(({ command, done, failed }) => {
      if (word === 'ok') done(rest)
      else failed(new SamaraError('FAILED_PRECONDITION', `board: ${show(wordsOf(command))}: ${rest}`))
    })
  }
}

const away = (why: string): SamaraError => new SamaraError('UNAVAILABLE', `shell: ${why}`)

/** A secret is not shown to whoever reads of an error. */
const wordsOf = (command: string): string => command.replace(/^(samara set (?:token|wifi-psk)) .*/, '$1 ***')

function checkCommand(command: string): void {
  if (command.length <= MAX_COMMAND && /^[\u0020-\u007e]+$/.test(command)) return
  throw new SamaraError(
    'INVALID_ARGUMENT',
    `shell: ${show(wordsOf(command))} is not one line of at most ${MAX_COMMAND} characters`,
  )
}
