import type { Outcome } from '../../../shared/task.ts'

/** Bounds in ms; the last bucket is everything longer. */
export const BUCKETS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 60_000, 600_000] as const

export type Histogram = { readonly counts: number[]; sumMs: number; count: number }

const empty = (): Histogram => ({ counts: BUCKETS_MS.map(() => 0), sumMs: 0, count: 0 })

function observe(histogram: Histogram, ms: number): void {
  const bucket = BUCKETS_MS.findIndex((bound) => ms <= bound)
  if (bucket >= 0) histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1
  histogram.sumMs += ms
  histogram.count++
}

/** How long tasks waited for a place and how long they ran. */
export type Histograms = ReturnType<typeof createHistograms>

export function createHistograms() {
  const queue = empty()
  const run = empty()
  const outcomes = new Map<Outcome, number>()
  let refusals = 0
  return {
    queue,
    run,
    outcomes,
    /** Operations that grants of tasks refused. */
    get refusals(): number {
      return refusals
    },
    queued: (ms: number) => observe(queue, ms),
    ran(ms: number, outcome: Outcome, refused = 0) {
      observe(run, ms)
      refusals += refused
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    },
  }
}
