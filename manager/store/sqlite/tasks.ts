import type { Database } from 'better-sqlite3'
import type { JobId } from '../../../shared/ids.ts'
import { isFinal, taskStates } from '../../../shared/task.ts'
import type { JobRecord, TaskBytes, TaskFilter, TaskRecord } from '../store.ts'
import type { Sync } from './messages.ts'
import { NAMESPACE, pageLimit, readCursor, toPage } from './rows.ts'
import {
  ATTEMPT,
  type AttemptRow,
  FULL_TASK,
  type FullTaskRow,
  TASK,
  type TaskRow,
  toAttempt,
  toTask,
} from './task-rows.ts'

type FullTask = TaskRecord & TaskBytes

const ACTIVE = taskStates.filter((state) => !isFinal(state)).map((state) => `'${state}'`)
const FROM = 'FROM tasks t JOIN jobs j ON j.seq = t.job'

/**
 * How to walk the tasks that a filter wants, newest first. Tasks are numbered with their job, so all three orders are
 * the same one; the words differ so that SQLite takes the index at hand instead of sorting.
 */
function walk(filter: TaskFilter): string {
  // CROSS JOIN: SQLite keeps the order of the tables, so a user with few jobs does not cost a look at all tasks.
  const owned = `FROM jobs j CROSS JOIN tasks t ON t.job = j.seq WHERE j.namespace = ${NAMESPACE} AND j.seq <= ? AND t.seq < ?`
  if (filter.job === undefined && (filter.user !== undefined || filter.function !== undefined))
    return `${owned} /conditions/ ORDER BY j.seq DESC, t.task_index DESC`
  const all = `${FROM} WHERE t.job <= ? AND t.seq < ? /conditions/`
  return filter.state === undefined || filter.state === 'completed'
    ? `${all} ORDER BY t.seq DESC`
    : `${all} ORDER BY t.job DESC, t.seq DESC`
}

/** SQL and values of a filter. The state is written out: SQLite takes a partial index for constants only. */
function conditions({ state, job, function: name, proplet, user }: TaskFilter): {
  sql: string
  values: readonly string[]
} {
  const parts: string[] = []
  const values: string[] = []
  const add = (sql: string, value: string | undefined) => {
    if (value !== undefined) {
      parts.push(sql)
      values.push(value)
    }
  }
  add('AND t.job = (SELECT seq FROM jobs WHERE id = ?)', job)
  add('AND j.user = ?', user)
  // With a user, the user's index is the one to walk.
  add(user === undefined ? 'AND j.function = ?' : 'AND +j.function = ?', name)
  add('AND t.proplet = ?', proplet)
  if (state !== undefined && taskStates.includes(state)) parts.push(`AND t.state = '${state}'`)
  if (state !== undefined && state !== 'completed') parts.push(`AND t.state <> 'completed'`)
  return { sql: parts.join(' '), values }
}

function pages(db: Database): Sync<'tasks'>['tasks'] {
  const prepared = new Map<string, ReturnType<typeof prepare>>()
  const prepare = (sql: string) => db.prepare<unknown[], TaskRow>(sql)
  return (filter, query) => {
    const limit = pageLimit(query)
    const keys = readCursor('tasks', query.cursor, 2)
    const { sql, values } = conditions(filter)
    const text = `SELECT ${TASK} ${walk(filter).replace('/conditions/', sql)} LIMIT ?`
    const statement = prepared.get(text) ?? prepare(text)
    prepared.set(text, statement)
    const rows = statement.all(...keys, ...values, limit + 1)
    return toPage(
      'tasks',
      rows,
      limit,
      (row) => [row.jobSeq, row.seq],
      (row) => toTask(row),
    )
  }
}

function statements(db: Database) {
  const full = (where: string) => db.prepare<unknown[], FullTaskRow>(`SELECT ${FULL_TASK} ${FROM} ${where}`)
  return {
    task: full('WHERE t.id = ?'),
    ofJob: full('WHERE j.id = ? ORDER BY t.task_index'),
    active: full(`WHERE t.state <> 'completed' AND t.state IN (${ACTIVE}) ORDER BY t.seq`),
    unconfirmed: full(`WHERE t.replies = 1 AND t.confirmed = 0 AND t.finished_ms IS NOT NULL AND t.finished_ms >= ?
      ORDER BY t.finished_ms, t.seq LIMIT ?`),
    attempts: db.prepare<[string], AttemptRow>(
      `SELECT ${ATTEMPT} FROM tasks t JOIN attempts a ON a.task = t.seq WHERE t.id = ? ORDER BY a.attempt`,
    ),
    begun: db.prepare<[number, number], AttemptRow>(`SELECT ${ATTEMPT} FROM tasks t JOIN attempts a ON a.task = t.seq
      WHERE t.seq = ? AND a.attempt = ? AND a.ended_ms IS NULL`),
    // A result that is not there yet cannot have been received.
    confirmTask: db.prepare(`UPDATE tasks SET confirmed = 1 WHERE id = ? AND confirmed = 0 AND finished_ms IS NOT NULL
      AND job IN (SELECT seq FROM jobs WHERE namespace = ${NAMESPACE} AND jobs.seq = tasks.job AND user = ?)`),
    confirmJob: db.prepare(`UPDATE tasks SET confirmed = 1 WHERE confirmed = 0 AND finished_ms IS NOT NULL
      AND job = (SELECT seq FROM jobs WHERE id = ? AND namespace = ${NAMESPACE} AND user = ?)`),
    owns: db
      .prepare<unknown[], number>(`SELECT EXISTS (SELECT 1 ${FROM} WHERE t.call_digest = ? AND j.user = ?)
        OR EXISTS (SELECT 1 ${FROM} WHERE t.body_digest = ? AND j.user = ?)
        OR EXISTS (SELECT 1 ${FROM} WHERE t.transcript_digest = ? AND j.user = ?)`)
      .pluck(),
  }
}

export function tasks(
  db: Database,
  job: (id: JobId) => JobRecord | undefined,
): Sync<'task' | 'tasks' | 'tasksOfJob' | 'attempts' | 'activeTasks' | 'unconfirmed' | 'confirm' | 'ownsBlob'> {
  const sql = statements(db)

  /** Each row with its job; a job of many tasks is read once, and crosses to the other thread once. */
  function withJobs(rows: readonly FullTaskRow[]): { row: FullTaskRow; task: FullTask; job: JobRecord }[] {
    const known = new Map<JobId, JobRecord>()
    return rows.flatMap((row) => {
      const found = known.get(row.job) ?? job(row.job)
      if (!found) return []
      known.set(row.job, found)
      return [{ row, task: toTask(row), job: found }]
    })
  }

  return {
    task(id) {
      const row = sql.task.get(id)
      return row && toTask(row)
    },
    tasks: pages(db),
    tasksOfJob: (id) => sql.ofJob.all(id).map((row) => toTask(row)),
    attempts: (id) => sql.attempts.all(id).map(toAttempt),
    activeTasks: () =>
      withJobs(sql.active.all()).map(({ row, task, job }) => {
        const begun = row.attempt > 0 ? sql.begun.get(row.seq, row.attempt) : undefined
        return { task, job, ...(begun && { begun: toAttempt(begun) }) }
      }),
    unconfirmed: (sinceMs, limit) =>
      withJobs(sql.unconfirmed.all(sinceMs, pageLimit({ limit }))).map(({ task, job }) => ({ task, job })),
    confirm(user, of) {
      const task = of.task === undefined ? 0 : sql.confirmTask.run(of.task, user).changes
      return task + (of.job === undefined ? 0 : sql.confirmJob.run(of.job, user).changes)
    },
    ownsBlob: (user, digest) => sql.owns.get(digest, user, digest, user, digest, user) === 1,
  }
}
