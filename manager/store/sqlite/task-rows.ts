import type { ErrorBody } from '../../../shared/fields.ts'
import type { AttemptRecord, TaskBytes, TaskRecord } from '../store.ts'
import { fromJson, present } from './rows.ts'

type Nullable<T> = { readonly [K in keyof T]-?: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K] }
type Bits = 'confirmed' | 'cancelRequested'

export type TaskRow = Omit<Nullable<TaskRecord>, Bits | 'error'> & {
  readonly seq: number
  readonly jobSeq: number
  readonly confirmed: number
  readonly cancelRequested: number
  readonly error: string | null
}
export type FullTaskRow = TaskRow & Nullable<TaskBytes>
export type AttemptRow = Omit<Nullable<AttemptRecord>, 'error'> & { readonly error: string | null }

/** Columns of a task `t` of job `j`. */
export const TASK = `t.seq, t.job AS jobSeq, t.id, j.id AS job, t.task_index AS "index", j.function, t.state, t.attempt,
  t.proplet, t.created_ms AS createdMs, t.finished_ms AS finishedMs, t.outcome, t.exit_code AS exitCode, t.error,
  t.waited_us AS waitedUs, t.ran_us AS ranUs, t.memory_pages AS memoryPages, t.confirmed,
  t.cancel_requested AS cancelRequested, t.refusals, t.transcript_digest AS transcriptDigest,
  t.transcript_bytes AS transcriptBytes, t.grants_digest AS grantsDigest, t.grants_bytes AS grantsBytes`
export const FULL_TASK = `${TASK}, t.call, t.call_digest AS callDigest, t.call_bytes AS callBytes, t.body,
  t.body_digest AS bodyDigest, t.body_bytes AS bodyBytes`
export const ATTEMPT = `t.id AS task, a.attempt, a.proplet, a.boot, a.placed_ms AS placedMs, a.started_ms AS startedMs,
  a.ended_ms AS endedMs, a.outcome, a.error`

/** A task, with its bytes where the row has them. */
export function toTask<Row extends TaskRow>(row: Row): Row extends FullTaskRow ? TaskRecord & TaskBytes : TaskRecord {
  const { seq: _seq, jobSeq: _job, confirmed, cancelRequested, error, ...rest } = row
  const record = present({ ...rest, error: fromJson<ErrorBody>(error) })
  return { ...record, confirmed: confirmed === 1, cancelRequested: cancelRequested === 1 } as never
}

export const toAttempt = (row: AttemptRow): AttemptRecord =>
  present({ ...row, error: fromJson<ErrorBody>(row.error) }) as AttemptRecord
