import type { Clock } from '../../../shared/clock.ts'
import { ResultBody } from '../../../shared/documents/call.ts'
import type { ManifestImage } from '../../../shared/documents/manifest.ts'
import { Transcript } from '../../../shared/documents/transcript.ts'
import { isSamaraError, notFound, SamaraError, toSamaraError } from '../../../shared/errors.ts'
import type { JobId, TaskId, UserId } from '../../../shared/ids.ts'
import type { Answer, Submit } from '../../../shared/messages/index.ts'
import { isFinal, type TaskState } from '../../../shared/task.ts'
import { everFeasible, isReason } from '../../scheduler/feasible.ts'
import type {
  BlobStore,
  JobRecord,
  Page,
  PageQuery,
  Store,
  TaskBytes,
  TaskFilter,
  TaskRecord,
} from '../../store/store.ts'
import type { Events } from '../events.ts'
import type { Functions } from '../functions.ts'
import type { LiveProplet, Proplets } from '../proplets.ts'
import { type ActiveJob, activeJob } from './active.ts'
import { type Form, summary, taskAnswer } from './answers.ts'
import type { Engine } from './engine.ts'
import type { Accepted, Origin } from './submit.ts'

type Deps = {
  readonly store: Store
  readonly blobs: BlobStore
  readonly functions: Functions
  readonly engine: Engine
  readonly events: Events
  readonly clock: Clock
  readonly submit: (message: Submit, origin: Origin) => Promise<Accepted>
}

export type Jobs = ReturnType<typeof createJobs>

export type JobView = { readonly job: JobRecord; readonly counts: Readonly<Partial<Record<TaskState, number>>> }
/** `user` undefined means an operator, who sees all. */
type Viewer = UserId | undefined

/** Submission, sight and end of jobs and tasks, for users of every kind of edge. */
export function createJobs({ store, blobs, functions, engine, events, submit }: Deps) {
  async function ownJob(id: JobId, viewer: Viewer): Promise<JobRecord> {
    const job = await store.job(id)
    if (!job || (viewer && job.user !== viewer)) throw notFound('job', id)
    return job
  }

  async function ownTask(id: TaskId, viewer: Viewer): Promise<{ task: TaskRecord & TaskBytes; job: JobRecord }> {
    const task = await store.task(id)
    const job = task && (await store.job(task.job))
    if (!task || !job || (viewer && job.user !== viewer)) throw notFound('task', id)
    return { task, job }
  }

  async function tasksOf(
    of: { task?: TaskId | undefined; job?: JobId | undefined },
    viewer: Viewer,
  ): Promise<readonly TaskId[]> {
    if (of.task) return [(await ownTask(of.task, viewer)).task.id]
    if (!of.job)
      throw new SamaraError('INVALID_ARGUMENT', 'task or job: one must be named', {
        field: 'task',
        expected: 'a task or a job',
      })
    await ownJob(of.job, viewer)
    return (await store.tasksOfJob(of.job)).filter((task) => !isFinal(task.state)).map((task) => task.id)
  }

  /** The answer to a task with its body brought in, however long, up to `inlineBytes` of the job. */
  async function answer(
    task: TaskRecord & Partial<TaskBytes>,
    job: JobRecord,
    form: Form,
    repeated = false,
  ): Promise<Answer> {
    const manifest = await functions.manifest(job.manifest)
    const { bodyDigest, bodyBytes, ...rest } = task
    if (!bodyDigest || (bodyBytes ?? 0) > job.inlineBytes) return taskAnswer(task, job, manifest, { form, repeated })
    return taskAnswer({ ...rest, body: await blobs.get(bodyDigest) }, job, manifest, { form, repeated })
  }

  /** What the next attempts of a job may: what its version may now, if that is still the same one. [P-10.2] */
  async function grantsNow({ replay, grants, function: name, version, manifest }: JobRecord) {
    if (replay) return functions.grantsOf(grants && { grants })
    const row = await store.version(name, `${version}`)
    return row?.manifest === manifest ? functions.grantsOf(row.granted) : undefined
  }

  return {
    submit,
    answer,

    async job(id: JobId, viewer: Viewer): Promise<JobView> {
      return { job: await ownJob(id, viewer), counts: await store.jobCounts(id) }
    },

    jobs: (filter: { user?: UserId; function?: JobRecord['function'] }, query: PageQuery): Promise<Page<JobRecord>> =>
      store.jobs(filter, query),

    task: ownTask,
    tasks: (filter: TaskFilter, query: PageQuery): Promise<Page<TaskRecord>> => store.tasks(filter, query),
    attempts: (id: TaskId) => store.attempts(id),

    /** Value and outputs of a task, decoded; undefined where there are none. */
    async body(task: TaskBytes): Promise<ResultBody | undefined> {
      const bytes = task.body ?? (task.bodyDigest && (await blobs.get(task.bodyDigest)))
      return bytes && ResultBody.decode(bytes)
    },

    /** What a task did on its devices, as it was sent and decoded. NOT_FOUND where nothing was recorded. [P-10.5] */
    async transcript(id: TaskId, viewer: Viewer): Promise<{ bytes: Uint8Array; transcript: Transcript }> {
      const { task } = await ownTask(id, viewer)
      if (!task.transcriptDigest)
        throw new SamaraError('NOT_FOUND', `task ${id}: is ${task.state} and has no transcript`, {
          expected: 'a task that was submitted with record and has ended',
        })
      const bytes = await blobs.get(task.transcriptDigest)
      return { bytes, transcript: decoded(task, bytes) }
    },

    /** All answers of a job or task, as they were or would be sent. */
    async *answers(
      of: { task?: TaskId | undefined; job?: JobId | undefined; key?: string | undefined },
      viewer: UserId,
      form: Form,
    ): AsyncGenerator<Answer> {
      if (of.task) {
        const { task, job } = await ownTask(of.task, viewer)
        yield await answer(task, job, form, true)
        return
      }
      const job = of.job
        ? await ownJob(of.job, viewer)
        : of.key !== undefined
          ? await store.jobByKey(viewer, of.key)
          : undefined
      if (!job) throw notFound('job', of.key ?? of.job ?? '')
      const tasks = await store.tasksOfJob(job.id)
      for (const task of tasks) yield await answer(task, job, form, true)
      const done = tasks.filter((task) => isFinal(task.state))
      if (job.tasks > 1)
        yield summary(job, { done: done.length, failed: done.filter((task) => task.state !== 'completed').length })
    },

    async cancel(of: { task?: TaskId | undefined; job?: JobId | undefined }, viewer: Viewer): Promise<number> {
      const ids = await tasksOf(of, viewer)
      for (const id of ids) {
        try {
          await engine.cancel(id)
        } catch (error) {
          // A task of a job that ends while the others are cancelled is no error.
          if (of.task || !isSamaraError(error) || error.code !== 'FAILED_PRECONDITION') throw error
        }
      }
      return ids.length
    },

    /** Resolves when every task of the job is final, or with false when `signal` ends the wait. */
    async wait(id: JobId, signal: AbortSignal): Promise<boolean> {
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const ended = () => !engine.active.jobs.has(id)
      const stop = events.watch((event) => {
        if (event.type === 'task' && event.job === id && ended()) resolve(true)
      })
      const abort = () => resolve(false)
      signal.addEventListener('abort', abort, { once: true })
      try {
        if (signal.aborted) return false
        return ended() ? true : await promise
      } finally {
        stop()
        signal.removeEventListener('abort', abort)
      }
    },

    confirm: (user: UserId, of: { task?: TaskId | undefined; job?: JobId | undefined }): Promise<number> =>
      store.confirm(user, { ...(of.task && { task: of.task }), ...(of.job && { job: of.job }) }),

    ownsBlob: store.ownsBlob.bind(store),

    /** What was not final when the last manager ended goes on. Attempts keep their leases. */
    async load(proplets: Pick<Proplets, 'get'>): Promise<number> {
      const rows = await store.activeTasks()
      for (const { task, job, begun } of rows) {
        let known = engine.active.jobs.get(job.id)
        if (!known) {
          const manifest = await functions.manifest(job.manifest)
          const manifestBytes = (await blobs.size(job.manifest)) ?? 0
          const grants = await grantsNow(job)
          known = activeJob({ record: job, manifest, manifestBytes, grants, ...(await counted(store, job.id)) })
        }
        const { call, callDigest, callBytes, ...rest } = task
        const active = engine.active.add(known, rest, {
          ...(call && { call }),
          ...(callDigest && { callDigest, callBytes: callBytes ?? 0 }),
        })
        if (!begun || task.state === 'pending') continue
        const one = proplets.get(begun.proplet)
        const image = imageFor(known, one)
        if (!image) throw toSamaraError(new Error(`manifest ${job.manifest} has no image`))
        engine.active.hold(active, {
          proplet: begun.proplet,
          boot: begun.boot,
          attempt: begun.attempt,
          image,
          grants: known.grants,
          leaseEndsMs: undefined,
          askedMs: Number.NEGATIVE_INFINITY,
          started: task.state !== 'scheduled',
        })
        if (one) one.assigned++
      }
      return rows.length
    },
  }
}

/** The image that the attempt was placed with: the same choice from the same hello. */
function imageFor(job: ActiveJob, one: LiveProplet | undefined): ManifestImage | undefined {
  const found = one && everFeasible({ ...job.need, avoid: new Set() }, one)
  return found && !isReason(found) ? found : job.manifest.images[0]
}

/** A proplet wrote it, so it may be anything. */
function decoded({ id }: TaskRecord, bytes: Uint8Array): Transcript {
  try {
    return Transcript.decode(bytes)
  } catch (error) {
    throw new SamaraError('DATA_LOSS', `task ${id}: its transcript cannot be read`, { cause: error })
  }
}

async function counted(store: Store, id: JobId): Promise<{ done: number; failed: number }> {
  const counts = Object.entries(await store.jobCounts(id)) as [TaskState, number][]
  const sum = (rows: [TaskState, number][]) => rows.reduce((total, [, count]) => total + count, 0)
  const final = counts.filter(([state]) => isFinal(state))
  return { done: sum(final), failed: sum(final.filter(([state]) => state !== 'completed')) }
}
