/** Stops what a clock started. Calling it again does nothing. */
export type Stop = () => void

/** The only time the programs know, so that tests own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. For people and for ids; never for durations. */
  now(): number
  /** Milliseconds, fractions included, that never jump. For durations and deadlines. */
  monotonic(): number
  /** Calls `fn` once, `ms` milliseconds from now. */
  after(ms: number, fn: () => void): Stop
  /** Calls `fn` every `ms` milliseconds until stopped. */
  every(ms: number, fn: () => void): Stop
}

/** setTimeout's largest delay; a longer one would fire at once. */
const LONGEST_MS = 0x7fff_ffff

/** The process's clock. Its timers never keep the process alive. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, Math.min(ms, LONGEST_MS))
    timer.unref()
    return () => clearTimeout(timer)
  },
  every(ms, fn) {
    const timer = setInterval(fn, Math.min(ms, LONGEST_MS))
    timer.unref()
    return () => clearInterval(timer)
  },
}
