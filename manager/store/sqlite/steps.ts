import type { Database } from 'better-sqlite3'
import type { AttemptRecord, TaskStep } from '../store.ts'
import { toBit, toJson } from './rows.ts'

/** The hot path: one row of tasks, and one or two of attempts, in one call. */

function statements(db: Database) {
  return {
    // What a step leaves out stays as it is; `proplet` alone can be taken away, so it comes with a bit that says it is given.
    task: db
      .prepare<unknown[], number>(`UPDATE tasks SET state = ?, attempt = ?,
      proplet = CASE ? WHEN 1 THEN ? ELSE proplet END, cancel_requested = coalesce(?, cancel_requested)
      WHERE id = ? AND state = ? AND attempt = ? RETURNING seq`)
      .pluck(),
    finish: db
      .prepare<unknown[], number>(`UPDATE tasks SET state = ?, attempt = ?,
      proplet = CASE ? WHEN 1 THEN ? ELSE proplet END, cancel_requested = coalesce(?, cancel_requested),
      finished_ms = coalesce(?, finished_ms), outcome = coalesce(?, outcome), exit_code = coalesce(?, exit_code),
      error = coalesce(?, error), waited_us = coalesce(?, waited_us), ran_us = coalesce(?, ran_us),
      memory_pages = coalesce(?, memory_pages), body = coalesce(?, body), body_digest = coalesce(?, body_digest),
      body_bytes = coalesce(?, body_bytes), refusals = coalesce(?, refusals),
      transcript_digest = coalesce(?, transcript_digest), transcript_bytes = coalesce(?, transcript_bytes),
      grants_digest = coalesce(?, grants_digest), grants_bytes = coalesce(?, grants_bytes)
      WHERE id = ? AND state = ? AND attempt = ? RETURNING seq`)
      .pluck(),
    begin:
      db.prepare(`INSERT INTO attempts (task, attempt, proplet, boot, placed_ms, started_ms, ended_ms, outcome, error)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    started: db.prepare('UPDATE attempts SET started_ms = ? WHERE task = ? AND attempt = ?'),
    end: db.prepare('UPDATE attempts SET ended_ms = ?, outcome = ?, error = ? WHERE task = ? AND attempt = ?'),
  }
}
type Statements = ReturnType<typeof statements>

const MOVE_KEYS: ReadonlySet<string> = new Set<keyof TaskStep>([
  'id',
  'from',
  'fromAttempt',
  'to',
  'attempt',
  'proplet',
  'cancelRequested',
  'begin',
  'end',
  'startedMs',
])

/** Whether a step says nothing of a result, as most do; its statement is the shorter. */
function isMove(step: TaskStep): boolean {
  for (const key in step) if (!MOVE_KEYS.has(key)) return false
  return true
}

const moveValues = (step: TaskStep): unknown[] => [
  step.to,
  step.attempt,
  toBit(step.proplet !== undefined),
  step.proplet ?? null,
  step.cancelRequested === undefined ? null : toBit(step.cancelRequested),
]
const resultValues = (step: TaskStep): unknown[] => [
  step.finishedMs ?? null,
  step.outcome ?? null,
  step.exitCode ?? null,
  toJson(step.error),
  step.waitedUs ?? null,
  step.ranUs ?? null,
  step.memoryPages ?? null,
  step.body ?? null,
  step.bodyDigest ?? null,
  step.bodyBytes ?? null,
  step.refusals ?? null,
  step.transcriptDigest ?? null,
  step.transcriptBytes ?? null,
  step.grantsDigest ?? null,
  step.grantsBytes ?? null,
]

/** The row's `seq`, or undefined where the step is refused. */
function update(sql: Statements, step: TaskStep): number | undefined {
  const where = [step.id, step.from, step.fromAttempt]
  if (isMove(step)) return sql.task.get(...moveValues(step), ...where)
  return sql.finish.get(...moveValues(step), ...resultValues(step), ...where)
}

function insertAttempt(sql: Statements, seq: number, begun: AttemptRecord): void {
  sql.begin.run(
    seq,
    begun.attempt,
    begun.proplet,
    begun.boot,
    begun.placedMs,
    begun.startedMs ?? null,
    begun.endedMs ?? null,
    begun.outcome ?? null,
    toJson(begun.error),
  )
}

export function steps(db: Database): (step: TaskStep) => boolean {
  const sql = statements(db)
  return (step) => {
    const seq = update(sql, step)
    if (seq === undefined) return false
    const { begin, end, startedMs } = step
    if (end) sql.end.run(end.endedMs, end.outcome, toJson(end.error), seq, step.fromAttempt)
    if (begin) insertAttempt(sql, seq, begin)
    if (startedMs !== undefined) sql.started.run(startedMs, seq, step.attempt)
    return true
  }
}
