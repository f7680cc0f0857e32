import type { Grant } from '../../shared/capabilities.ts'
import type { Edge, Trigger } from '../../shared/documents/desired-list.ts'
import type { ErrorBody } from '../../shared/fields.ts'
import type { DeploymentId, Digest, FunctionName, JobId, PropletId, TaskId, UserId } from '../../shared/ids.ts'
import type { InstanceState } from '../../shared/proplet.ts'
import type { Outcome, RetryPolicy, TaskState } from '../../shared/task.ts'

/**
 * What the manager remembers, in our words. Every promise of a write resolves when its commit is on the disk, and not
 * before; writes of one turn share a commit. All times are ms since 1970.
 */

export type FunctionRecord = {
  readonly name: FunctionName
  readonly createdMs: number
  readonly aliases: Readonly<Record<string, number>>
  /** Largest version. */
  readonly latest: number
}

export type VersionRecord = {
  readonly function: FunctionName
  readonly version: number
  readonly manifest: Digest
  readonly manifestBytes: number
  readonly artefact: Digest
  readonly kind: string
  readonly sizeBytes: number
  readonly createdMs: number
  readonly createdBy: UserId
  /** What its tasks may; nothing where it is absent. [P-10.2] */
  readonly granted?: Granted
}

/** Grants of a version, as a blob, and who gave them. */
export type Granted = {
  readonly grants: Digest
  readonly grantsBytes: number
  readonly grantedBy: UserId
  readonly grantedMs: number
}

export type PropletRecord = {
  readonly id: PropletId
  /** Salted hash of its token, in the form of Mosquitto's password file. */
  readonly tokenHash?: string
  /** Labels set by an operator; they go before its own. */
  readonly labels: Readonly<Record<string, string>>
  /** Its last Hello, encoded. */
  readonly hello?: Uint8Array
  readonly lastSeenMs?: number
  readonly createdMs: number
}

export const roles = ['operator', 'user'] as const
export type Role = (typeof roles)[number]

export type UserRecord = {
  readonly id: UserId
  readonly tokenHash: string
  readonly role: Role
  readonly createdMs: number
}

export type JobRecord = {
  readonly id: JobId
  readonly user: UserId
  readonly key: string
  /** SHA-256 of the submission: the same key with another one is an error. */
  readonly requestDigest: Digest
  readonly function: FunctionName
  readonly version: number
  readonly manifest: Digest
  /** Name of the export that every task of it calls; answers need its signature. */
  readonly export: string
  readonly tasks: number
  readonly selector?: string
  readonly proplet?: PropletId
  readonly timeoutMs: number
  readonly policy: RetryPolicy
  /** Where its answers go; absent for a job that came by HTTP. */
  readonly reply?: string
  readonly replyFormat?: 'json' | 'cbor'
  readonly inlineBytes: number
  readonly createdMs: number
  readonly expiresMs: number
  /** Grants of its version when it was accepted; of a replay those of the recorded run. */
  readonly grants?: Digest
  readonly grantsBytes?: number
  /** Whether transcripts are kept. */
  readonly record?: boolean
  readonly replay?: Replay
}

/** A transcript that answers in place of devices, and whose it is. [P-10.6] */
export type Replay = { readonly task: TaskId; readonly transcript: Digest; readonly transcriptBytes: number }

export type TaskRecord = {
  readonly id: TaskId
  readonly job: JobId
  readonly index: number
  readonly function: FunctionName
  readonly state: TaskState
  /** The attempt that counts; 0 before the first. */
  readonly attempt: number
  readonly proplet?: PropletId
  readonly createdMs: number
  readonly finishedMs?: number
  readonly outcome?: Outcome
  readonly exitCode?: number
  readonly error?: ErrorBody
  readonly waitedUs?: number
  readonly ranUs?: number
  readonly memoryPages?: number
  readonly confirmed: boolean
  readonly cancelRequested: boolean
} & TaskTrace

/** What a task left of its devices: written with its end. */
export type TaskTrace = {
  /** Operations that its grants refused. */
  readonly refusals?: number
  readonly transcriptDigest?: Digest
  readonly transcriptBytes?: number
  /** Grants of its last attempt. */
  readonly grantsDigest?: Digest
  readonly grantsBytes?: number
}

/** Exactly one of the two of each pair is there, if any. */
export type TaskBytes = {
  readonly call?: Uint8Array
  readonly callDigest?: Digest
  readonly callBytes?: number
  readonly body?: Uint8Array
  readonly bodyDigest?: Digest
  readonly bodyBytes?: number
}

export type AttemptRecord = {
  readonly task: TaskId
  readonly attempt: number
  readonly proplet: PropletId
  readonly boot: string
  readonly placedMs: number
  readonly startedMs?: number
  readonly endedMs?: number
  readonly outcome?: Outcome
  readonly error?: ErrorBody
}

export type NewTask = { readonly task: TaskRecord } & Pick<TaskBytes, 'call' | 'callDigest' | 'callBytes'>

/** A step of a task's life. It is refused (resolves false) unless the row still has `from` and `fromAttempt`. */
export type TaskStep = {
  readonly id: TaskId
  readonly from: TaskState
  readonly fromAttempt: number
  readonly to: TaskState
  readonly attempt: number
  readonly proplet?: PropletId | null
  readonly finishedMs?: number
  readonly outcome?: Outcome
  readonly exitCode?: number
  readonly error?: ErrorBody
  readonly waitedUs?: number
  readonly ranUs?: number
  readonly memoryPages?: number
  readonly body?: Uint8Array
  readonly bodyDigest?: Digest
  readonly bodyBytes?: number
  readonly cancelRequested?: boolean
  /** Written in the same commit: the attempt that begins. */
  readonly begin?: AttemptRecord
  /** Written in the same commit: how attempt `fromAttempt` ended. */
  readonly end?: { readonly endedMs: number; readonly outcome: Outcome; readonly error?: ErrorBody }
  /** Written in the same commit: attempt `attempt` has started. */
  readonly startedMs?: number
} & TaskTrace

export type DeploymentRecord = {
  readonly id: DeploymentId
  readonly user: UserId
  readonly function: FunctionName
  readonly version: number
  readonly manifest: Digest
  readonly selector: string
  readonly trigger: Trigger
  readonly everyMs?: number
  /** Of the trigger `edge`, as `edge` is. */
  readonly device?: string
  readonly edge?: Edge
  readonly keep: boolean
  /** The Call, encoded. */
  readonly call: Uint8Array
  readonly timeoutMs: number
  readonly throttleMs: number
  readonly bufferCount: number
  readonly createdMs: number
  /** Devices that it may use; none where it is absent. */
  readonly grants?: readonly Grant[]
}

export type DeploymentStateRecord = {
  readonly deployment: DeploymentId
  readonly proplet: PropletId
  readonly state: InstanceState
  readonly manifest: Digest
  readonly boot: string
  readonly runs: number
  readonly failures: number
  readonly skipped: number
  readonly dropped: number
  /** Operations that its grants refused in this boot. */
  readonly refusals?: number
  readonly error?: ErrorBody
  readonly reportedMs: number
}

export type DeploymentResultRecord = {
  readonly deployment: DeploymentId
  readonly proplet: PropletId
  readonly boot: string
  readonly seq: number
  readonly endedMs: number
  readonly outcome: Outcome
  readonly exitCode?: number
  readonly error?: ErrorBody
  readonly body?: Uint8Array
  readonly ranUs: number
}

export type DesiredRecord = {
  readonly proplet: PropletId
  readonly revision: number
  readonly digest: Digest
  readonly sizeBytes: number
}

/** One page, newest first unless said otherwise. `next` continues it. */
export type Page<T> = { readonly items: readonly T[]; readonly next?: string }
export type PageQuery = { readonly limit: number; readonly cursor?: string }

export type TaskFilter = {
  readonly state?: TaskState
  readonly job?: JobId
  readonly function?: FunctionName
  readonly proplet?: PropletId
  readonly user?: UserId
}

export type Retention = {
  /** Ended jobs, with their tasks, keys and results, go when they are older. */
  readonly jobsMs: number
  /** And the oldest of them when there are more. */
  readonly jobs: number
  readonly deploymentResults: number
}

export interface Store {
  /** Of this data directory; a restored one has a larger one than any that it had before. */
  readonly incarnation: number

  /** Adds version latest + 1 and moves `latest` and `alias`. The same manifest as the newest version: that version again. */
  addVersion(version: Omit<VersionRecord, 'version'>, alias: string | undefined): Promise<VersionRecord>
  setAlias(name: FunctionName, alias: string, version: number): Promise<boolean>
  /** In place of those that the version had. False where there is no such version. */
  setGrants(name: FunctionName, version: number, granted: Granted): Promise<boolean>
  removeFunction(name: FunctionName): Promise<boolean>
  function(name: FunctionName): Promise<FunctionRecord | undefined>
  functions(query: PageQuery): Promise<Page<FunctionRecord>>
  versions(name: FunctionName): Promise<readonly VersionRecord[]>
  /** By number, alias or `latest`. */
  version(name: FunctionName, aliasOrVersion: string): Promise<VersionRecord | undefined>

  putProplet(proplet: PropletRecord): Promise<void>
  seenProplet(id: PropletId, seenMs: number, hello: Uint8Array | undefined): Promise<void>
  removeProplet(id: PropletId): Promise<boolean>
  proplets(): Promise<readonly PropletRecord[]>

  putUser(user: UserRecord): Promise<void>
  removeUser(id: UserId): Promise<boolean>
  users(): Promise<readonly UserRecord[]>

  /** Adds a job with all its tasks, or gives the one that this user has under this key. `first` places tasks at once. */
  addJob(
    job: JobRecord,
    tasks: readonly NewTask[],
    first: readonly TaskStep[],
  ): Promise<{ readonly job: JobRecord; readonly added: boolean }>
  job(id: JobId): Promise<JobRecord | undefined>
  jobByKey(user: UserId, key: string): Promise<JobRecord | undefined>
  jobs(filter: { readonly user?: UserId; readonly function?: FunctionName }, query: PageQuery): Promise<Page<JobRecord>>
  /** Counts of a job's tasks by state. */
  jobCounts(id: JobId): Promise<Readonly<Partial<Record<TaskState, number>>>>
  step(step: TaskStep): Promise<boolean>
  task(id: TaskId): Promise<(TaskRecord & TaskBytes) | undefined>
  tasks(filter: TaskFilter, query: PageQuery): Promise<Page<TaskRecord>>
  tasksOfJob(id: JobId): Promise<readonly (TaskRecord & TaskBytes)[]>
  attempts(id: TaskId): Promise<readonly AttemptRecord[]>
  /** Everything that is not final, oldest first, with its job; read once at start. */
  activeTasks(): Promise<
    readonly { readonly task: TaskRecord & TaskBytes; readonly job: JobRecord; readonly begun?: AttemptRecord }[]
  >
  /** Final tasks with a reply topic that the user has not confirmed, oldest first. */
  unconfirmed(
    sinceMs: number,
    limit: number,
  ): Promise<readonly { readonly task: TaskRecord & TaskBytes; readonly job: JobRecord }[]>
  confirm(user: UserId, of: { readonly task?: TaskId; readonly job?: JobId }): Promise<number>
  /** Whether a blob is a body, call or transcript of one of this user's tasks. */
  ownsBlob(user: UserId, digest: Digest): Promise<boolean>

  putDeployment(deployment: DeploymentRecord): Promise<void>
  removeDeployment(id: DeploymentId): Promise<boolean>
  deployments(): Promise<readonly DeploymentRecord[]>
  putDeploymentState(state: DeploymentStateRecord): Promise<void>
  deploymentStates(id: DeploymentId): Promise<readonly DeploymentStateRecord[]>
  /** False for one that is there already (same deployment, proplet, boot, seq). */
  addDeploymentResult(result: DeploymentResultRecord): Promise<boolean>
  deploymentResults(id: DeploymentId, query: PageQuery): Promise<Page<DeploymentResultRecord>>

  /** Gives the proplet's index a new revision when the digest differs from the one it has. */
  setDesired(proplet: PropletId, digest: Digest, sizeBytes: number): Promise<DesiredRecord>
  desired(): Promise<readonly DesiredRecord[]>

  /** Removes what retention lets go. Resolves with the number of jobs removed. */
  prune(nowMs: number, retention: Retention): Promise<number>
  /** Digests that any row names, and those of them that are manifests, whose images are in use too. */
  usedBlobs(): Promise<{ readonly blobs: ReadonlySet<Digest>; readonly manifests: readonly Digest[] }>
  counts(): Promise<{ readonly tasks: Readonly<Partial<Record<TaskState, number>>>; readonly bytes: number }>
  /** Writes a consistent copy of the database to `file`. */
  backup(file: string): Promise<void>
  /** Proves that a commit reaches the disk. Throws what the disk says. */
  probe(): Promise<void>
  close(): Promise<void>
}

/** Bytes by digest, beside the database. A blob is durable before `put` resolves. */
export interface BlobStore {
  put(bytes: Uint8Array): Promise<Digest>
  has(digest: Digest): Promise<boolean>
  /** Size in bytes, or undefined where there is none. */
  size(digest: Digest): Promise<number | undefined>
  read(digest: Digest, offset: number, length: number): Promise<Uint8Array>
  /** The whole blob, checked against its digest; DATA_LOSS where it differs. */
  get(digest: Digest): Promise<Uint8Array>
  /** Removes blobs outside `used` that are older than `olderThanMs`. */
  sweep(used: ReadonlySet<Digest>, olderThanMs: number): Promise<number>
}
