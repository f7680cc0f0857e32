/** The words of a command line of Renode's monitor, in the order in which it tries them. */

export type TokenKind =
  | 'comment'
  | 'variable'
  | 'string'
  | 'path'
  | 'hex'
  | 'float'
  | 'integer'
  | 'bool'
  | 'equals'
  | 'equals-if-new'
  | 'split'
  | 'literal'
export type Token = { readonly kind: TokenKind; readonly text: string; readonly value: string | number | boolean }

const rules: readonly [TokenKind | undefined, RegExp, ((text: string) => string | number | boolean)?][] = [
  ['comment', /^#.*/],
  ['variable', /^\$[\da-z_.]+/i, (text) => text.slice(1)],
  ['string', /^"""[\s\S]+?"""/, (text) => text.slice(3, -3)],
  ['string', /^"[^"\\]*(?:\\.[^"\\]*)*"/, (text) => text.slice(1, -1).replaceAll('\\"', '"')],
  ['path', /^@(?:(?!;)(?:\\ |\S))+/, (text) => text.slice(1).replaceAll('\\ ', ' ')],
  ['hex', /^0x[\da-f]+/i, Number],
  // A number with a point has 32 bits, and only as much as they hold.
  ['float', /^[+-]?\d+\.\d*(?:e[+-]?\d+)?/, (text) => Math.fround(Number(text))],
  ['integer', /^[+-]?\d+(?:e[+-]?\d+)?/, Number],
  ['bool', /^(?:true|false|True|False)/, (text) => /^t/i.test(text)],
  ['equals', /^=/],
  ['equals-if-new', /^\?=/],
  ['split', /^;/],
  ['literal', /^[\w.?-][\w.?:-]*/],
  [undefined, /^\s+/],
  ['comment', /^:.*/],
]

/** The words, and where it does not go on. */
export function tokenize(line: string): { readonly tokens: readonly Token[]; readonly stuckAt: number | undefined } {
  const tokens: Token[] = []
  let at = 0
  while (at < line.length) {
    const rest = line.slice(at)
    const rule = rules.find(([, pattern]) => pattern.test(rest))
    const text = rule?.[1].exec(rest)?.[0]
    if (!rule || text === undefined) return { tokens, stuckAt: at }
    const [kind, , value = (whole: string) => whole] = rule
    if (kind) tokens.push({ kind, text, value: value(text) })
    at += text.length
  }
  return { tokens, stuckAt: undefined }
}
