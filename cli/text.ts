/** What others wrote, made safe for a terminal and measured in its columns. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL_IN_LINES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g
const WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u
const PLAIN = /^[\u0020-\u007e]*$/

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const escaped = (character: string): string =>
  NAMED[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** One line: control characters, which could move the cursor or fake a row, are written out. */
export const oneLine = (text: string): string => text.replace(CONTROL, escaped)

/** Several lines, tabs too; everything else that steers a terminal is written out. */
export const manyLines = (text: string): string => text.replace(CONTROL_IN_LINES, escaped)

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const segmentWidth = (segment: string): number => (WIDE.test(segment) ? 2 : 1)

/** Columns that `text` takes. */
export function width(text: string): number {
  if (PLAIN.test(text)) return text.length
  let sum = 0
  for (const { segment } of graphemes.segment(text)) sum += segmentWidth(segment)
  return sum
}

/** `text` in at most `columns`, with an ellipsis where something is missing. */
export function cutTo(text: string, columns: number): string {
  if (width(text) <= columns) return text
  if (columns < 1) return ''
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    used += segmentWidth(segment)
    if (used > columns - 1) break
    kept += segment
  }
  return `${kept}…`
}

export const padEnd = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - width(text)))
export const padStart = (text: string, columns: number): string => ' '.repeat(Math.max(0, columns - width(text))) + text
