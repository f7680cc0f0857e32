import type { Database } from 'better-sqlite3'
import { invalid, SamaraError, show } from '../../../shared/errors.ts'
import type { JobId } from '../../../shared/ids.ts'
import type { TaskState } from '../../../shared/task.ts'
import type { JobRecord, NewTask, Replay, TaskStep } from '../store.ts'
import type { Sync } from './messages.ts'
import { NAMESPACE, pageLimit, present, readCursor, toBit, toJson, toPage } from './rows.ts'

type Nullable = 'selector' | 'proplet' | 'reply' | 'replyFormat' | 'grants' | 'grantsBytes'
type JobRow = Omit<JobRecord, 'policy' | 'record' | 'replay' | Nullable> & {
  readonly seq: number
  readonly selector: string | null
  readonly proplet: JobRecord['proplet'] | null
  readonly retries: number
  readonly retryOn: JobRecord['policy']['retryOn']
  readonly reply: string | null
  readonly replyFormat: JobRecord['replyFormat'] | null
  readonly grants: JobRecord['grants'] | null
  readonly grantsBytes: number | null
  readonly record: number | null
  readonly replayTask: Replay['task'] | null
  readonly replayDigest: Replay['transcript'] | null
  readonly replayBytes: number | null
}

const MAX_TASKS = 1000

const JOB = `SELECT seq, id, user, key, request_digest AS requestDigest, function, version, manifest, export, tasks, selector,
  proplet, timeout_ms AS timeoutMs, retries, retry_on AS retryOn, reply, reply_format AS replyFormat,
  inline_bytes AS inlineBytes, created_ms AS createdMs, expires_ms AS expiresMs, grants, grants_bytes AS grantsBytes,
  record, replay_task AS replayTask, replay_digest AS replayDigest, replay_bytes AS replayBytes FROM jobs`

function toRecord({ seq: _, retries, retryOn, record, ...row }: JobRow): JobRecord {
  const { replayTask: task, replayDigest: transcript, replayBytes, ...rest } = row
  return {
    ...present(rest),
    policy: { retries, retryOn },
    ...(record === 1 && { record: true }),
    ...(task && transcript && { replay: { task, transcript, transcriptBytes: replayBytes ?? 0 } }),
  } as JobRecord
}

function statements(db: Database) {
  const page = (where: string) =>
    db.prepare<unknown[], JobRow>(
      `${JOB} WHERE namespace = ${NAMESPACE} ${where} AND seq < ? ORDER BY seq DESC LIMIT ?`,
    )
  return {
    addJob:
      db.prepare(`INSERT INTO jobs (id, user, key, request_digest, function, version, manifest, export, tasks, selector,
      proplet, timeout_ms, retries, retry_on, reply, reply_format, inline_bytes, created_ms, expires_ms,
      grants, grants_bytes, record, replay_task, replay_digest, replay_bytes)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    addTask: db.prepare(`INSERT INTO tasks (id, job, task_index, state, attempt, proplet, created_ms, finished_ms,
      outcome, error, replies, confirmed, cancel_requested, call, call_digest, call_bytes)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    job: db.prepare<[string], JobRow>(`${JOB} WHERE id = ?`),
    byKey: db.prepare<[string, string], JobRow>(`${JOB} WHERE namespace = ${NAMESPACE} AND user = ? AND key = ?`),
    all: page(''),
    ofUser: page('AND user = ?'),
    ofFunction: page('AND function = ?'),
    // The plus keeps this index out of it: the user's is the one to walk, it is in the order of the page.
    ofBoth: page('AND user = ? AND +function = ?'),
    counts: db.prepare<[string], { state: TaskState; tasks: number }>(`SELECT state, count(*) AS tasks FROM tasks
      WHERE job = (SELECT seq FROM jobs WHERE id = ?) GROUP BY state`),
  }
}
type Statements = ReturnType<typeof statements>

function insertJob(sql: Statements, job: JobRecord): number {
  const added = sql.addJob.run(
    job.id,
    job.user,
    job.key,
    job.requestDigest,
    job.function,
    job.version,
    job.manifest,
    job.export,
    job.tasks,
    job.selector ?? null,
    job.proplet ?? null,
    job.timeoutMs,
    job.policy.retries,
    job.policy.retryOn,
    job.reply ?? null,
    job.replyFormat ?? null,
    job.inlineBytes,
    job.createdMs,
    job.expiresMs,
    job.grants ?? null,
    job.grantsBytes ?? null,
    job.record ? 1 : null,
    job.replay?.task ?? null,
    job.replay?.transcript ?? null,
    job.replay?.transcriptBytes ?? null,
  )
  return Number(added.lastInsertRowid)
}

function insertTask(
  sql: Statements,
  seq: number,
  job: JobRecord,
  { task, call, callDigest, callBytes }: NewTask,
): void {
  sql.addTask.run(
    task.id,
    seq,
    task.index,
    task.state,
    task.attempt,
    task.proplet ?? null,
    task.createdMs,
    task.finishedMs ?? null,
    task.outcome ?? null,
    toJson(task.error),
    toBit(job.reply !== undefined),
    toBit(task.confirmed),
    toBit(task.cancelRequested),
    call ?? null,
    callDigest ?? null,
    callBytes ?? null,
  )
}

function checkCount(job: JobRecord, tasks: readonly NewTask[]): void {
  if (tasks.length < 1 || tasks.length > MAX_TASKS) throw invalid('tasks', tasks.length, `1 to ${MAX_TASKS} tasks`)
  if (job.tasks !== tasks.length) throw invalid('tasks', job.tasks, `${tasks.length}, which is how many there are`)
}

/** The job under this key, which must come from the same submission. */
function same(known: JobRow, job: JobRecord): JobRecord {
  if (known.requestDigest === job.requestDigest) return toRecord(known)
  throw new SamaraError(
    'ALREADY_EXISTS',
    `key ${show(job.key)} of user ${job.user} is another submission's, of job ${known.id}`,
    {
      field: 'key',
    },
  )
}

export function jobs(
  db: Database,
  step: (step: TaskStep) => boolean,
): Sync<'addJob' | 'job' | 'jobByKey' | 'jobs' | 'jobCounts'> {
  const sql = statements(db)

  function place(job: JobId, first: TaskStep): void {
    if (!step(first))
      throw new SamaraError(
        'FAILED_PRECONDITION',
        `job ${job}: task ${first.id} is not ${first.from} at attempt ${first.fromAttempt}`,
      )
  }

  return {
    addJob(job, tasks, first) {
      const known = sql.byKey.get(job.user, job.key)
      if (known) return { job: same(known, job), added: false }
      checkCount(job, tasks)
      const seq = insertJob(sql, job)
      for (const task of tasks) insertTask(sql, seq, job, task)
      for (const one of first) place(job.id, one)
      return { job, added: true }
    },
    job(id) {
      const row = sql.job.get(id)
      return row && toRecord(row)
    },
    jobByKey(user, key) {
      const row = sql.byKey.get(user, key)
      return row && toRecord(row)
    },
    jobs({ user, function: name }, query) {
      const limit = pageLimit(query)
      const [before = 0] = readCursor('jobs', query.cursor, 1)
      const given = [user, name].filter((value) => value !== undefined)
      const both = user === undefined ? sql.ofFunction : name === undefined ? sql.ofUser : sql.ofBoth
      const rows = (given.length === 0 ? sql.all : both).all(...given, before, limit + 1)
      return toPage('jobs', rows, limit, (row) => [row.seq], toRecord)
    },
    jobCounts: (id) => Object.fromEntries(sql.counts.all(id).map(({ state, tasks }) => [state, tasks])),
  }
}
