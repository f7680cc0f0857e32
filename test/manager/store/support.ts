import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openStore, type SqliteStore, type StoreOptions } from '../../../manager/store/sqlite/open.ts'
import type { DeploymentRecord } from '../../../manager/store/store.ts'
import { type Clock, realClock } from '../../../shared/clock.ts'
import { deploymentId, userId } from '../../../shared/ids.ts'
import { D1, FUNCTION, text } from './records.ts'

export const NOW_MS = 1_750_000_000_000

/** A clock that stands until it is set; its timers never fire. */
export function standingClock(nowMs = NOW_MS): Clock & { set(nowMs: number): void } {
  let now = nowMs
  return { ...realClock, now: () => now, set: (value) => (now = value) }
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'samara-store-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** A store that is closed with the test; in a folder of its own unless one is given. */
export async function store(options: Partial<StoreOptions> = {}): Promise<SqliteStore> {
  const opened = await openStore({
    dir: options.dir ?? join(await temporaryFolder(), 'data'),
    clock: standingClock(),
    ...options,
  })
  onTestFinished(() => opened.close())
  return opened
}

export const deployment = (n: number, given: Partial<DeploymentRecord> = {}): DeploymentRecord => ({
  id: deploymentId(`d${String(n).padStart(20, '0')}`),
  user: userId('alice'),
  function: FUNCTION,
  version: 1,
  manifest: D1,
  selector: 'line=1',
  trigger: 'boot',
  keep: false,
  call: text('call'),
  timeoutMs: 1000,
  throttleMs: 0,
  bufferCount: 10,
  createdMs: NOW_MS,
  ...given,
})

/** Resolves with what `promise` is refused with. */
export async function refusal(promise: Promise<unknown>): Promise<{ code: unknown; message: string }> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Error) return { code: 'code' in error ? error.code : undefined, message: error.message }
    throw error
  }
  throw new Error('it was not refused')
}
