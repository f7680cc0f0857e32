import { type ErrorCode, type ErrorContext, SamaraError, toSamaraError } from '../../../shared/errors.ts'
import type { Retention, Store } from '../store.ts'

/** What the main thread and the database's thread say to each other. */

/** Methods of the store as the database's thread has them: the same, without promises. */
export type Sync<K extends keyof Store> = {
  readonly [P in K]: Store[P] extends (...args: infer A) => Promise<infer R> ? (...args: A) => R : never
}

/** Where a sweep over old jobs stands, and what one step of it removed. */
export type PruneStep = { readonly removed: number; readonly after?: number }

/** Long work comes in steps, so that commits go on between them. */
export type Operations = Sync<Exclude<keyof Store, 'incarnation' | 'prune' | 'backup' | 'close'>> & {
  pruneJobs(nowMs: number, retention: Retention, after: number): PruneStep
  /** Removes the oldest results beyond `keep` of each deployment; how many, at most a step's worth. */
  trimResults(keep: number): number
}
export type OperationName = keyof Operations

/** Writes run in the group's transaction; reads of a group see the writes before them. */
export const operationKinds: Readonly<Record<OperationName, 'read' | 'write'>> = {
  addVersion: 'write',
  setAlias: 'write',
  setGrants: 'write',
  removeFunction: 'write',
  function: 'read',
  functions: 'read',
  versions: 'read',
  version: 'read',
  putProplet: 'write',
  seenProplet: 'write',
  removeProplet: 'write',
  proplets: 'read',
  putUser: 'write',
  removeUser: 'write',
  users: 'read',
  addJob: 'write',
  job: 'read',
  jobByKey: 'read',
  jobs: 'read',
  jobCounts: 'read',
  step: 'write',
  task: 'read',
  tasks: 'read',
  tasksOfJob: 'read',
  attempts: 'read',
  activeTasks: 'read',
  unconfirmed: 'read',
  confirm: 'write',
  ownsBlob: 'read',
  putDeployment: 'write',
  removeDeployment: 'write',
  deployments: 'read',
  putDeploymentState: 'write',
  deploymentStates: 'read',
  addDeploymentResult: 'write',
  deploymentResults: 'read',
  setDesired: 'write',
  desired: 'read',
  pruneJobs: 'write',
  trimResults: 'write',
  usedBlobs: 'read',
  counts: 'read',
  probe: 'write',
}

/** `backup` and `close` run between groups. */
export type CallName = OperationName | 'backup' | 'close'
export type Call = { readonly id: number; readonly name: CallName; readonly args: readonly unknown[] }
export type Answer = { readonly id: number; readonly value?: unknown; readonly error?: PlainError }

export type FromWorker =
  | { readonly kind: 'opened'; readonly incarnation: number }
  | { readonly kind: 'failed'; readonly error: PlainError }
  | { readonly kind: 'answers'; readonly answers: readonly Answer[]; readonly commits: number }

export type WorkerData = { readonly file: string; readonly nowMs: number }

/** An error as it crosses threads, which keep no classes. */
export type PlainError = {
  readonly code: ErrorCode
  readonly message: string
  readonly context: ErrorContext
  readonly stack?: string | undefined
}

export function toPlain(error: unknown): PlainError {
  const { code, message, context, stack } = toSamaraError(error)
  // Only a defect's stack is worth its bytes.
  return { code, message, context, ...(code === 'INTERNAL' && { stack }) }
}

export function fromPlain({ code, message, context, stack }: PlainError): SamaraError {
  return new SamaraError(code, message, { ...context, ...(stack !== undefined && { cause: stack }) })
}
