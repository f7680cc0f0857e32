/** Text for a terminal: colours told apart, other control sequences taken out. */

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
