import type { Item } from '../../../shared/cbor.ts'
import { ResultBody } from '../../../shared/documents/call.ts'
import type { Manifest } from '../../../shared/documents/manifest.ts'
import type { SamaraError } from '../../../shared/errors.ts'
import { cut, errorBody } from '../../../shared/fields.ts'
import type { Answer } from '../../../shared/messages/index.ts'
import { isFinal } from '../../../shared/task.ts'
import { fromCbor, toJson } from '../../../shared/values.ts'
import type { JobRecord, TaskBytes, TaskRecord } from '../../store/store.ts'
import { chooseExport } from './exports.ts'

/** What a job's answers look like, for MQTT and HTTP alike. [P-9.2] */

export type Form = 'json' | 'cbor'

export const accepted = (job: JobRecord, repeated: boolean): Answer => ({
  type: 'accepted',
  key: job.key,
  job: job.id,
  tasks: job.tasks,
  ...(repeated && { repeated }),
})

export function refused(error: SamaraError, key: string | undefined): Answer {
  const { expected, reasons } = error.context
  return {
    type: 'error',
    ...(key !== undefined && { key: cut(key, 64) }),
    error: errorBody(error),
    ...(expected !== undefined && { expected: cut(expected, 512) }),
    ...(reasons && { reasons: reasons.slice(0, 32).map((reason) => cut(reason, 240)) }),
  }
}

/** State and, when it is final, outcome and values of a task. */
export function taskAnswer(
  task: TaskRecord & Partial<TaskBytes>,
  job: JobRecord,
  manifest: Manifest,
  options: { form: Form; repeated?: boolean },
): Answer {
  const final = isFinal(task.state)
  return {
    type: final ? 'result' : 'progress',
    key: job.key,
    job: job.id,
    task: task.id,
    index: task.index,
    state: task.state,
    ...(task.outcome && { outcome: task.outcome }),
    ...(task.exitCode !== undefined && { exitCode: task.exitCode }),
    ...(task.error && { error: task.error }),
    ...(task.proplet && { proplet: task.proplet }),
    ...(task.attempt > 0 && { attempt: task.attempt }),
    ...(task.waitedUs !== undefined && { waitedUs: task.waitedUs }),
    ...(task.ranUs !== undefined && { ranUs: task.ranUs }),
    ...(options.repeated && { repeated: true }),
    ...(task.transcriptDigest && { transcript: task.transcriptDigest, transcriptBytes: task.transcriptBytes ?? 0 }),
    ...(task.refusals && { refusals: task.refusals }),
    ...bodyFields(task, job, manifest, options),
  }
}

function bodyFields(
  task: Partial<TaskBytes>,
  job: JobRecord,
  manifest: Manifest,
  options: { form: Form },
): Partial<Answer> {
  const named = task.bodyDigest && { bodyDigest: task.bodyDigest, bodyBytes: task.bodyBytes ?? 0 }
  if (!task.body || task.body.length > job.inlineBytes) return named ?? {}
  const body = ResultBody.decode(task.body)
  return {
    ...(body.value !== undefined && {
      value: valueFor(body.value, manifest, job.export, options.form),
    }),
    ...(body.stdout && { stdout: Buffer.from(body.stdout).toString('utf8') }),
    ...(body.stderr && { stderr: Buffer.from(body.stderr).toString('utf8') }),
  }
}

function valueFor(value: Item, manifest: Manifest, exportName: string, form: Form): Item {
  if (form === 'cbor') return value
  const { result } = chooseExport(manifest, exportName).signature
  return (result ? toJson(result, fromCbor(result, value)) : null) as Item
}

export const summary = (job: JobRecord, counts: { done: number; failed: number }): Answer => ({
  type: 'summary',
  key: job.key,
  job: job.id,
  tasks: job.tasks,
  ...counts,
})
