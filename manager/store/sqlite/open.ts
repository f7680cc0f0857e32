import { mkdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Clock } from '../../../shared/clock.ts'
import { openBlobs } from '../blobs.ts'
import type { BlobStore, Retention, Store } from '../store.ts'
import { Channel, type Statistics } from './channel.ts'
import { DATABASE_FILE } from './database.ts'
import { type OperationName, type Operations, operationKinds, type PruneStep } from './messages.ts'

export const BLOBS_FOLDER = 'blobs'

export type StoreOptions = {
  /** Data directory; made where it is missing. */
  readonly dir: string
  readonly clock: Clock
  readonly log?: { error(context: object, text: string): void }
  /** What the database's thread runs. @default the worker beside this file */
  readonly worker?: URL
}

export type SqliteStore = Store & {
  readonly dir: string
  readonly blobs: BlobStore
  statistics(): Statistics
}

/** The store as the thread has it, with promises. */
type Remote = {
  readonly [K in OperationName]: (...args: Parameters<Operations[K]>) => Promise<ReturnType<Operations[K]>>
}

/** Opens the data directory for this process alone; FAILED_PRECONDITION where another has it, or a newer release wrote it. */
export async function openStore({ dir, clock, log, worker }: StoreOptions): Promise<SqliteStore> {
  // It holds hashes of tokens and users' data.
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const channel = new Channel({
    worker: worker ?? new URL(`./worker${extname(import.meta.url)}`, import.meta.url),
    data: () => ({ file: join(dir, DATABASE_FILE), nowMs: clock.now() }),
    onCrash: (error) => log?.error({ err: error }, 'the database thread crashed; the next call starts another'),
  })
  const incarnation = await channel.open()
  try {
    // After the lock is held: leftovers of another process are not ours to clear.
    const blobs = await openBlobs({ dir: join(dir, BLOBS_FOLDER), clock })
    return { incarnation, dir, blobs, ...methods(channel) }
  } catch (error) {
    await channel.close()
    throw error
  }
}

function methods(channel: Channel): Omit<SqliteStore, 'incarnation' | 'dir' | 'blobs'> {
  const names = Object.keys(operationKinds) as OperationName[]
  const calls = names.map((name) => [name, (...args: readonly unknown[]) => channel.call(name, args)])
  const { pruneJobs, trimResults, ...rest } = Object.fromEntries(calls) as Remote
  return {
    ...rest,
    prune: (nowMs, retention) => prune({ pruneJobs, trimResults }, nowMs, retention),
    backup: async (file) => {
      await channel.call('backup', [file])
    },
    close: () => channel.close(),
    statistics: () => channel.statistics(),
  }
}

/** In steps, each a call of its own, so that others come between. */
async function prune(
  remote: Pick<Remote, 'pruneJobs' | 'trimResults'>,
  nowMs: number,
  retention: Retention,
): Promise<number> {
  let removed = 0
  let step: PruneStep = { removed: 0, after: 0 }
  while (step.after !== undefined) {
    step = await remote.pruneJobs(nowMs, retention, step.after)
    removed += step.removed
  }
  let trimmed = 1
  while (trimmed > 0) trimmed = await remote.trimResults(retention.deploymentResults)
  return removed
}
