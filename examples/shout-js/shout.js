/**
 * A JavaScript function as a component: QuickJS and this file in one module, without WASI.
 *
 *   shout(text: string) -> string
 *   count-words(text: string) -> list<tuple<string, u32>>    most frequent first, then by alphabet
 *
 * Build: npm run build:examples shout-js
 * Run: submit shout-js.wasm and call `shout` with ["mind the gap"]; the result is "MIND THE GAP!".
 */

export function shout(text) {
  return `${text.toUpperCase()}!`
}

export function countWords(text) {
  const counts = new Map()
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
}
