import type { Manifest, ManifestImage } from '../../../shared/documents/manifest.ts'
import { mayWrite } from '../../../shared/grant-words.ts'
import type { JobId, PropletId, TaskId } from '../../../shared/ids.ts'
import { parseSelector } from '../../../shared/selector.ts'
import { isFinal, type RetryPolicy } from '../../../shared/task.ts'
import { needsOf } from '../../scheduler/needs.ts'
import type { Requirement } from '../../scheduler/snapshot.ts'
import type { JobRecord, TaskBytes, TaskRecord } from '../../store/store.ts'
import type { GrantSet } from '../grants.ts'

/** An attempt that a proplet has been given and that has not ended. */
export type Held = {
  readonly proplet: PropletId
  readonly boot: string
  readonly attempt: number
  readonly image: ManifestImage
  /** What it may; it stays so however long it runs. */
  readonly grants: GrantSet | undefined
  /** Monotonic time after which the lease counts as lost; undefined until the start was sent. */
  leaseEndsMs: number | undefined
  /** Monotonic time of the last start or cancel that was sent. */
  askedMs: number
  started: boolean
}

/** A task that is not final, as it stands in memory. The store has the same, durable. */
export type ActiveTask = {
  record: TaskRecord
  readonly bytes: Pick<TaskBytes, 'call' | 'callDigest' | 'callBytes'>
  readonly job: ActiveJob
  held: Held | undefined
  /** A step of it is being committed; what comes meanwhile waits or comes again. */
  busy: boolean
  /** Called when it is no longer busy. */
  readonly waiting: (() => void)[]
  /** Attempts that ended before they began, through no fault of the function: they do not use up retries. */
  excused: number
  readonly lostOn: Set<PropletId>
  /** Monotonic time before which it is not placed again. */
  notBeforeMs: number
}

/** A job with tasks that are not final. */
export type ActiveJob = {
  readonly record: JobRecord
  readonly manifest: Manifest
  readonly manifestBytes: number
  /** What its next attempts may; it follows the version's grants. */
  grants: GrantSet | undefined
  need: Omit<Requirement, 'avoid'>
  readonly pending: Set<ActiveTask>
  open: number
  done: number
  failed: number
  progressMs: number
}

type Given = Pick<ActiveJob, 'record' | 'manifest' | 'manifestBytes' | 'grants'> & {
  /** Tasks of it that have ended already. @default 0 */
  readonly done?: number
  readonly failed?: number
}

export function activeJob({ done = 0, failed = 0, ...given }: Given): ActiveJob {
  const { record, manifest } = given
  return {
    ...given,
    need: {
      ...needsOf(manifest),
      grants: neededDevices(record, given.grants),
      selector: parseSelector(record.selector ?? '*'),
      ...(record.proplet && { proplet: record.proplet }),
    },
    pending: new Set(),
    open: record.tasks - done,
    done,
    failed,
    progressMs: Number.NEGATIVE_INFINITY,
  }
}

/** A replay is answered by its transcript: no device has to be there. [P-10.6] */
const neededDevices = ({ replay }: JobRecord, set: GrantSet | undefined): Requirement['grants'] =>
  replay ? [] : (set?.grants ?? [])

/** The version of a job was granted something else. A replay keeps what the recorded run had. */
export function regrant(job: ActiveJob, set: GrantSet | undefined): void {
  if (job.record.replay) return
  job.grants = set
  job.need = { ...job.need, grants: neededDevices(job.record, set) }
}

/** The user's policy; nothing is tried again after it ran with a right to write that came after it was accepted. [P-5.3] */
export const policyOf = ({ policy, grants }: JobRecord, held: GrantSet | undefined): RetryPolicy =>
  held && held.digest !== grants && held.grants.some(mayWrite) ? { ...policy, retries: 0 } : policy

/** Every active task, by id and by proplet; jobs in the order of acceptance. */
export class ActiveTasks {
  readonly tasks = new Map<TaskId, ActiveTask>()
  readonly jobs = new Map<JobId, ActiveJob>()
  readonly #byProplet = new Map<PropletId, Set<ActiveTask>>()

  add(job: ActiveJob, record: TaskRecord, bytes: ActiveTask['bytes']): ActiveTask {
    const task: ActiveTask = {
      record,
      bytes,
      job,
      held: undefined,
      busy: false,
      waiting: [],
      excused: 0,
      lostOn: new Set(),
      notBeforeMs: Number.NEGATIVE_INFINITY,
    }
    this.jobs.set(job.record.id, job)
    this.tasks.set(record.id, task)
    if (record.state === 'pending') job.pending.add(task)
    return task
  }

  hold(task: ActiveTask, held: Held): void {
    task.held = held
    task.job.pending.delete(task)
    const group = this.#byProplet.get(held.proplet)
    if (group) group.add(task)
    else this.#byProplet.set(held.proplet, new Set([task]))
  }

  release(task: ActiveTask): void {
    if (!task.held) return
    const group = this.#byProplet.get(task.held.proplet)
    group?.delete(task)
    if (group?.size === 0) this.#byProplet.delete(task.held.proplet)
    task.held = undefined
  }

  on(proplet: PropletId): readonly ActiveTask[] {
    return [...(this.#byProplet.get(proplet) ?? [])]
  }

  /** Every attempt that is out. */
  *held(): Generator<ActiveTask & { held: Held }> {
    for (const group of this.#byProplet.values())
      for (const task of group) if (task.held) yield task as ActiveTask & { held: Held }
  }

  /** Takes over a committed state; final tasks leave. */
  settle(task: ActiveTask, record: TaskRecord): void {
    task.record = record
    if (record.state === 'pending') task.job.pending.add(task)
    else task.job.pending.delete(task)
    if (!isFinal(record.state)) return
    this.release(task)
    this.tasks.delete(record.id)
    task.job.open--
    task.job.done++
    if (record.state !== 'completed') task.job.failed++
    if (task.job.open === 0) this.jobs.delete(task.job.record.id)
  }
}
