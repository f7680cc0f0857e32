/** What a program for terminals sends: telnet's commands taken out, colours told apart, lines put together. */

const IAC = 255
const SUBNEGOTIATION_END = 240
const SUBNEGOTIATION = 250
/** WILL, WONT, DO and DONT have one byte after them. */
const FIRST_NEGOTIATION = 251

/** Takes telnet's commands out of a stream, however it was cut. Nothing is answered: whoever asks does not wait for it. */
export class TelnetReader {
  readonly #decoder = new TextDecoder()
  #at: 'text' | 'command' | 'option' | 'inside' | 'inside-command' = 'text'

  push(bytes: Uint8Array): string {
    const text = new Uint8Array(bytes.length)
    let length = 0
    for (const byte of bytes) if (this.#isText(byte)) text[length++] = byte
    return this.#decoder.decode(text.subarray(0, length), { stream: true })
  }

  #isText(byte: number): boolean {
    switch (this.#at) {
      case 'text':
        if (byte !== IAC) return true
        this.#at = 'command'
        return false
      case 'command':
        this.#at = byte === SUBNEGOTIATION ? 'inside' : byte >= FIRST_NEGOTIATION && byte !== IAC ? 'option' : 'text'
        // Twice, it is a byte of the text.
        return byte === IAC
      case 'option':
        this.#at = 'text'
        return false
      case 'inside':
        if (byte === IAC) this.#at = 'inside-command'
        return false
      case 'inside-command':
        this.#at = byte === SUBNEGOTIATION_END ? 'text' : 'inside'
        return false
    }
  }
}

/** Characters of one colour, or the change to another one. Colours are the numbers of SGR; undefined is none. */
export type Piece = { readonly text: string; readonly color: number | undefined } | { readonly resets: true }

const ESC = '\u001b'
const BELL = '\u0007'

/** Tells text from control sequences, however the stream was cut. All but colours are forgotten. */
export class ColorReader {
  #sequence = ''
  #color: number | undefined;

  *push(text: string): Generator<Piece> {
    let plain = ''
    for (const character of text) {
      if (this.#sequence === '' && character !== ESC) {
        plain += character
        continue
      }
      this.#sequence += character
      if (!ends(this.#sequence)) continue
      const sequence = this.#sequence
      this.#sequence = ''
      const color = colorOf(sequence)
      if (color === undefined) continue
      if (plain !== '') yield { text: plain, color: this.#color }
      plain = ''
      this.#color = color === 0 ? undefined : color
      if (color === 0) yield { resets: true }
    }
    if (plain !== '') yield { text: plain, color: this.#color }
  }
}

/** `ESC [ ... letter`, `ESC ] ... BEL`, or ESC and one character. */
function ends(sequence: string): boolean {
  if (sequence.length < 2) return false
  if (sequence[1] === ']') return sequence.endsWith(BELL)
  return sequence[1] !== '[' || (sequence.length > 2 && /[@-~]$/.test(sequence))
}

/** The last colour of `ESC [ 1;31 m`. */
function colorOf(sequence: string): number | undefined {
  const inner = sequence.startsWith(`${ESC}[`) && sequence.endsWith('m') ? sequence.slice(2, -1) : undefined
  return inner !== undefined && /^[\d;]*$/.test(inner) ? Number(inner.split(';').at(-1) || 0) : undefined
}

/** Text without control sequences. */
export function plain(text: string): string {
  let all = ''
  for (const piece of new ColorReader().push(text)) if ('text' in piece) all += piece.text
  return all
}
