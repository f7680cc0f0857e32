import { isRetriable, isSamaraError, SamaraError } from '../shared/errors.ts'
import { anything } from './api.ts'
import type { Client } from './client.ts'
import { delay, type Io } from './io.ts'
import { endedText, type Program } from './programs.ts'

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

/** Waits until a manager that was started takes work. */
export async function managerReady(io: Io, client: Client, program: Program): Promise<void> {
  const dead = program.ended.then((ended) => {
    throw new SamaraError('UNAVAILABLE', `the manager did not start (${endedText(ended)}); what it says is above`)
  })
  await Promise.race([dead, until(io, { what: `manager at ${client.url}` }, () => isReady(client))])
}

async function isReady(client: Client): Promise<true | undefined> {
  try {
    await client.get(anything, '/readyz')
    return true
  } catch (error) {
    if (isSamaraError(error) && (isRetriable(error) || error.code === 'UNAVAILABLE')) return undefined
    throw error
  }
}
