export type Backoff = {
  /** Milliseconds to wait before the next try. */
  next(): number
  reset(): void
}

/** Waits that double from `minMs` to `maxMs`; each is drawn from its upper half, so that a fleet does not return in step. */
export function createBackoff(options: { minMs: number; maxMs: number; random: () => number }): Backoff {
  const { minMs, maxMs, random } = options
  let failures = 0
  return {
    next() {
      const most = Math.min(maxMs, minMs * 2 ** Math.min(++failures, 30))
      return Math.max(minMs, most * (0.5 + random() / 2))
    },
    reset: () => {
      failures = 0
    },
  }
}
