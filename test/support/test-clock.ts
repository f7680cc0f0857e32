import type { Clock } from '../../shared/clock.ts'

type Timer = { dueMs: number; readonly everyMs: number | undefined; readonly fn: () => void; readonly order: number }

/** A clock that stands still until a test moves it. */
export class TestClock implements Clock {
  #nowMs = 0
  #order = 0
  readonly #epochMs: number
  readonly #timers = new Set<Timer>()

  /** `epochMs` is what `now` says at the start. */
  constructor(epochMs = Date.UTC(2026, 0, 1)) {
    this.#epochMs = epochMs
  }

  now(): number {
    return this.#epochMs + Math.floor(this.#nowMs)
  }

  monotonic(): number {
    return this.#nowMs
  }

  after(ms: number, fn: () => void): () => void {
    return this.#add(ms, undefined, fn)
  }

  every(ms: number, fn: () => void): () => void {
    return this.#add(ms, ms, fn)
  }

  /** Timers that wait; a part that was stopped leaves none. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves time on, calling what becomes due in the order in which it is due. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    for (;;) {
      const next = this.#next(endMs)
      if (!next) break
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      if (next.everyMs === undefined) this.#timers.delete(next)
      else next.dueMs += Math.max(1, next.everyMs)
      next.fn()
    }
    this.#nowMs = endMs
  }

  /** Like `advance`, in steps, and lets promises settle after each: for work that goes on between two timers. */
  async run(ms: number, stepMs = 50): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.advance(Math.min(stepMs, left))
      await settle()
    }
  }

  #add(ms: number, everyMs: number | undefined, fn: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, ms), everyMs, fn, order: this.#order++ }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  #next(endMs: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue
      if (!first || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order))
        first = timer
    }
    return first
  }
}

/** Lets promises and sockets that are ready go on; no time passes. */
export async function settle(turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
