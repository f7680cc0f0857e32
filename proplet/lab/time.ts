import type { Clock } from '../../shared/clock.ts'
import { SamaraError } from '../../shared/errors.ts'
import type { LabClock } from './part.ts'

const NS_PER_MS = 1_000_000

/** The time of a lab: the machine's, or one that moves only when something takes time on a bus or somebody moves it. */
export interface LabTime extends LabClock {
  readonly isVirtual: boolean
  /** Lets so much time pass before it returns; nothing where time is real and passes by itself. */
  pass(ns: number): void
  /** Moves virtual time. Throws FAILED_PRECONDITION where time is real. */
  advance(ns: bigint): void
}

export function realTime(clock: Clock): LabTime {
  const began = clock.monotonic()
  const now = () => BigInt(Math.round((clock.monotonic() - began) * NS_PER_MS))

  /** Timers of the system come up to a millisecond early; what takes time takes no less. */
  function after(ns: bigint, fn: () => void): () => void {
    const due = now() + ns
    let stop = () => {}
    const arm = () => {
      const ms = Math.max(0, Number(due - now()) / NS_PER_MS)
      stop = clock.after(ms, () => (now() < due ? arm() : fn()))
    }
    arm()
    return () => stop()
  }

  return {
    isVirtual: false,
    now,
    after,
    pass: () => undefined,
    advance() {
      throw new SamaraError('FAILED_PRECONDITION', 'time: is real in this lab, virtual expected (`time: virtual`)')
    },
  }
}

type Timer = { readonly due: bigint; readonly order: number; readonly fn: () => void }

export function virtualTime(): LabTime {
  const timers: Timer[] = []
  let now = 0n
  let order = 0

  /** Timers are few and mostly set for soon: a sorted list beats a heap. */
  function insert(timer: Timer): void {
    let at = timers.length
    while (at > 0 && (timers[at - 1] as Timer).due > timer.due) at--
    timers.splice(at, 0, timer)
  }

  function advance(ns: bigint): void {
    const end = now + ns
    for (;;) {
      const next = timers[0]
      if (!next || next.due > end) break
      timers.shift()
      now = next.due
      next.fn()
    }
    // A timer may have moved time itself.
    if (now < end) now = end
  }

  return {
    isVirtual: true,
    now: () => now,
    after(ns, fn) {
      // At least one: a part that sets itself again at once must not stop time.
      const timer = { due: now + (ns > 0n ? ns : 1n), order: order++, fn }
      insert(timer)
      return () => {
        const at = timers.indexOf(timer)
        if (at >= 0) timers.splice(at, 1)
      }
    },
    pass: (ns) => advance(BigInt(Math.ceil(ns))),
    advance,
  }
}

export type Pause = {
  /** How long at most; for ever where left out. */
  readonly ns?: number | undefined
  readonly signal: AbortSignal
  /** Hears of things that may end the wait; gives what stops it. */
  readonly listen?: (look: () => void) => () => void
  /** Whether what was waited for is there. */
  readonly until?: () => boolean
}

/** Waits in the lab's time; resolves with why it ended. */
export function pause(time: LabTime, { ns, signal, listen, until }: Pause): Promise<'done' | 'late' | 'cancelled'> {
  const { promise, resolve } = Promise.withResolvers<'done' | 'late' | 'cancelled'>()
  const stops: (() => void)[] = []
  const end = (why: 'done' | 'late' | 'cancelled') => {
    for (const stop of stops.splice(0)) stop()
    signal.removeEventListener('abort', cancel)
    resolve(why)
  }
  const cancel = () => end('cancelled')
  if (signal.aborted) return Promise.resolve('cancelled')
  signal.addEventListener('abort', cancel, { once: true })
  if (ns !== undefined) stops.push(time.after(BigInt(Math.ceil(ns)), () => end('late')))
  if (listen) stops.push(listen(() => until?.() !== false && end('done')))
  return promise
}
