import { ColorReader } from '../../../shared/board/colors.ts'
import { TelnetReader } from './telnet.ts'

/**
 * What Renode's monitor says, in replies. After each command it writes a prompt, `(monitor) ` or `(NAME) `, as a run of
 * one colour. What went wrong is red, and ends with a line; nothing else tells an error from an answer.
 */

/** Bright, as it is today, and the plain one. */
const REDS: readonly (number | undefined)[] = [91, 31]
const MAX_REPLY_CHARACTERS = 1024 * 1024

export type Line = { readonly text: string; readonly isError: boolean }

type Run = { readonly color: number; text: string }

export class MonitorReader {
  readonly #telnet = new TelnetReader()
  readonly #colors = new ColorReader()
  #lines: Line[] = []
  #line = ''
  #isError = false
  #run: Run | undefined
  #characters = 0

  /** The replies that end in these bytes: for each, the lines before its prompt. Throws where one has no end. */
  push(bytes: Uint8Array): Line[][] {
    const replies: Line[][] = []
    for (const piece of this.#colors.push(this.#telnet.push(bytes))) {
      if ('resets' in piece) {
        if (this.#endsPrompt()) replies.push(this.#reply())
        this.#run = undefined
        continue
      }
      this.#characters += piece.text.length
      if (this.#characters > MAX_REPLY_CHARACTERS)
        throw new Error(`more than ${MAX_REPLY_CHARACTERS} characters in one reply`)
      if (piece.color !== undefined) this.#extend(piece.color, piece.text)
      this.#write(piece.text, REDS.includes(piece.color))
    }
    return replies
  }

  #extend(color: number, text: string): void {
    if (this.#run?.color === color) this.#run.text += text
    else this.#run = { color, text }
  }

  #endsPrompt(): boolean {
    const run = this.#run
    return run !== undefined && /^\([^\r\n]+\) $/.test(run.text)
  }

  /** All since the last prompt, less the prompt. */
  #reply(): Line[] {
    const rest = this.#line.slice(0, this.#line.length - (this.#run?.text.length ?? 0))
    const lines = rest === '' ? this.#lines : [...this.#lines, { text: rest, isError: false }]
    this.#lines = []
    this.#line = ''
    this.#isError = false
    this.#characters = 0
    return lines
  }

  #write(text: string, isError: boolean): void {
    for (const character of text) {
      if (character === '\r') continue
      if (character === '\n') {
        this.#lines.push({ text: this.#line, isError: this.#isError })
        this.#line = ''
        this.#isError = false
        continue
      }
      this.#line += character
      this.#isError ||= isError
    }
  }
}
