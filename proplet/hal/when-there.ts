import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import { isSamaraError } from '../../shared/errors.ts'
import { createBackoff } from '../backoff.ts'

export type WhenThereOptions = {
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly signal?: AbortSignal
}

const PAUSES = { minMs: 100, maxMs: 5_000 }

/**
 * Tries until what it needs is there, without end: after a power cut nobody says in which order programs start. What is
 * there and wrong is thrown at once. Undefined where the signal came first.
 */
export async function whenThere<T>(load: () => Promise<T>, options: WhenThereOptions): Promise<T | undefined> {
  const { clock, log, random, signal } = options
  const pauses = createBackoff({ ...PAUSES, random })
  let told = false
  for (;;) {
    if (signal?.aborted) return undefined
    try {
      const loaded = await load()
      if (told) log.info('it is there')
      return loaded
    } catch (error) {
      if (!isSamaraError(error) || error.code !== 'UNAVAILABLE') throw error
      if (!told) log.warn(`${error.message}; waiting for it`)
      told = true
    }
    await pause(clock, pauses.next(), signal)
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = clock.after(ms, resolve)
  signal?.addEventListener('abort', () => resolve(), { once: true })
  return promise.finally(stop)
}
