/** Chance that comes again with the same seed. */
export type Random = {
  /** A whole number from 0 to `count` - 1. */
  below(count: number): number
  chance(of: number): boolean
  pick<T>(from: readonly T[]): T
  bits32(): number
}

export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (count: number) => Math.floor((next() / 2 ** 32) * count)
  return {
    below,
    chance: (of) => next() / 2 ** 32 < of,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    bits32: next,
  }
}
