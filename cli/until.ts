import { SamaraError } from '../shared/errors.ts'
import { delay, type Io } from './io.ts'

const PAUSE_MS = 50
const DEFAULT_PATIENCE_MS = 30_000

export type Wait = {
  /** What is waited for, in words. */
  readonly what: string
  /** @default 30000 */
  readonly patienceMs?: number
}

/** Asks `check` again and again until it gives something. */
export async function until<T>(
  io: Io,
  { what, patienceMs = DEFAULT_PATIENCE_MS }: Wait,
  check: () => Promise<T | undefined>,
): Promise<T> {
  const endMs = io.clock.monotonic() + patienceMs
  for (;;) {
    const found = await check()
    if (found !== undefined) return found
    if (io.signal.aborted) throw new SamaraError('CANCELLED', 'stopped')
    if (io.clock.monotonic() > endMs)
      throw new SamaraError('DEADLINE_EXCEEDED', `${what}: not within ${patienceMs / 1_000} s`)
    await delay(io.clock, PAUSE_MS, io.signal)
  }
}
