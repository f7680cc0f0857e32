import {
  ErrorBody,
  functionLabel,
  jobLabel,
  MAX_BODY_BYTES,
  propletName,
  sha256,
  taskLabel,
  userName,
} from '../../../shared/fields.ts'
import { Answer, MAX_BATCH, Submit } from '../../../shared/messages/index.ts'
import { anyItem, bool, dictionary, list, numbered, oneOf, text, uint } from '../../../shared/schema.ts'
import { outcomes, type TaskState, taskStates } from '../../../shared/task.ts'
import type { AttemptRecord, JobRecord, TaskRecord } from '../../store/store.ts'
import { fromText, may, need, object, typeOf, type ValueOf, valuesOf } from '../described.ts'
import { grantList, pageFields, time } from './common.ts'

export const MAX_WAIT_MS = 60_000

const outcome = numbered(outcomes)
const counts = valuesOf<Readonly<Partial<Record<TaskState, number>>>>(
  dictionary({
    max: taskStates.length,
    key: valuesOf<string>(numbered(taskStates)),
    value: valuesOf<string>(uint(32)),
  }),
)

const { key, ...submitted } = Submit.fields
/** The fields of the MQTT message; the key may be a header, or be made. */
export const SubmitBody = object(Submit.name, Submit.doc, {
  key: may(key.type, `${key.doc} The header Idempotency-Key says the same; one is made where there is neither.`),
  ...submitted,
})
export const SubmitQuery = object('query', 'How to answer.', {
  wait: may(fromText(uint(32)), `Milliseconds to wait for the end of the job, at most ${MAX_WAIT_MS}.`),
})

export const JobView = object('job', 'A submission.', {
  id: need(jobLabel, 'Job.'),
  user: need(userName, 'Who submitted it.'),
  key: need(key.type, 'Idempotency key.'),
  function: need(functionLabel, 'Function.'),
  version: need(uint(32), 'Version that it runs.'),
  export: need(text({ max: 256 }), 'Export that it calls.'),
  tasks: need(uint(32), 'Number of its tasks.'),
  counts: may(counts, 'Tasks by state; not in lists.'),
  selector: may(text({ max: 256 }), 'Proplets that may run it.'),
  proplet: may(propletName, 'The one proplet that may run it.'),
  timeoutMs: need(uint(53), 'Longest run of one attempt.'),
  retries: need(uint(16), 'Attempts beyond the first.'),
  retryOn: need(oneOf({ lost: 1, any: 2 }), 'What another attempt is made for.'),
  createdMs: need(time, 'When it was accepted.'),
  expiresMs: need(time, 'When its tasks must have begun.'),
  record: may(bool, 'Whether transcripts of the buses are kept.'),
  replay: may(taskLabel, 'Task whose transcript answers in place of devices.'),
})

const task = {
  id: need(taskLabel, 'Task.'),
  job: need(jobLabel, 'Job.'),
  index: need(uint(32), 'Which task of the job, from 0.'),
  function: need(functionLabel, 'Function.'),
  state: need(numbered(taskStates), 'Where it stands.'),
  attempt: need(uint(32), 'The attempt that counts; 0 before the first.'),
  proplet: may(propletName, 'Where that attempt is.'),
  createdMs: need(time, 'When it was accepted.'),
  finishedMs: may(time, 'When it became final.'),
  outcome: may(outcome, 'How it ended.'),
  exitCode: may(uint(8), 'Of a command.'),
  error: may(ErrorBody, 'What went wrong.'),
  waitedUs: may(uint(53), 'Time at the proplet before the call.'),
  ranUs: may(uint(53), 'Length of the call.'),
  memoryPages: may(uint(32), 'Linear memory at the end, in pages of 64 KiB.'),
  cancelRequested: need(bool, 'Whether somebody asked for it to be stopped.'),
  refusals: may(uint(32), 'Operations that its grants refused.'),
  transcript: may(sha256, 'Digest of the transcript of its buses.'),
  transcriptBytes: may(uint(32), 'Its size.'),
}
export const TaskView = object('task', 'One run of a function.', task)

const Attempt = object('attempt', 'One try on one proplet.', {
  attempt: need(uint(32), 'Which try, from 1.'),
  proplet: need(propletName, 'Where.'),
  placedMs: need(time, 'When it was placed.'),
  startedMs: may(time, 'When the proplet began.'),
  endedMs: may(time, 'When it ended.'),
  outcome: may(outcome, 'How it ended.'),
  error: may(ErrorBody, 'What went wrong.'),
})

const output = text({ max: MAX_BODY_BYTES })
export const TaskDetail = object('task-detail', 'A task with its attempts and what it gave back.', {
  ...task,
  attempts: need(list(Attempt.type, { max: 65_535 }), 'Its tries.'),
  value: may(anyItem({ max: MAX_BODY_BYTES }), 'Result of the function.'),
  stdout: may(output, 'Standard output, as text.'),
  stderr: may(output, 'Standard error, as text.'),
  bodyDigest: may(sha256, 'Digest of a result that is too long to be here: ask with body=full.'),
  bodyBytes: may(uint(32), 'Its size.'),
  grants: may(grantList, 'Devices that its last attempt might use.'),
})
export const TaskQuery = object('query', 'How much to answer.', {
  body: may(oneOf({ full: 1 }), 'Values and outputs however long.'),
})

export const JobsQuery = object('query', 'Which jobs.', {
  function: may(functionLabel, 'Of this function.'),
  user: may(userName, 'Of this user.'),
  ...pageFields,
})
export const TasksQuery = object('query', 'Which tasks.', {
  state: may(numbered(taskStates), 'In this state.'),
  job: may(jobLabel, 'Of this job.'),
  function: may(functionLabel, 'Of this function.'),
  proplet: may(propletName, 'On this proplet.'),
  ...pageFields,
})

const answers = list(typeOf(Answer), { max: MAX_BATCH })
export const SubmittedView = object('submitted', 'A job that is accepted, which means durable.', {
  job: need(JobView.type, 'The job.'),
  tasks: need(list(TaskView.type, { max: MAX_BATCH }), 'Its tasks.'),
  results: may(answers, 'Answers of its tasks, where it ended within the wait.'),
  next: may(text({ max: 256 }), 'Cursor for the rest of the results.'),
})
export const ResultsPage = object('results-page', 'Answers of the tasks of a job, in order, as they go over MQTT.', {
  items: need(answers, 'The answers.'),
  next: may(text({ max: 256 }), 'Continues the list; absent on its last page.'),
})
export const CancelledView = object('cancelled', 'What was asked to stop.', {
  tasks: need(uint(32), 'Tasks that were not final.'),
})

export function jobView(
  job: JobRecord,
  counted?: Readonly<Partial<Record<TaskState, number>>>,
): ValueOf<typeof JobView> {
  const { manifest: _m, requestDigest: _r, reply: _t, replyFormat: _f, inlineBytes: _i, policy, ...known } = job
  const { grants: _g, grantsBytes: _b, replay, ...own } = known
  const rest = { ...own, ...(replay && { replay: replay.task }) }
  return { ...rest, retries: policy.retries, retryOn: policy.retryOn, ...(counted && { counts: counted }) }
}

export function taskView(record: TaskRecord): ValueOf<typeof TaskView> {
  const { id, job, index, function: name, state, attempt, proplet, createdMs, finishedMs, outcome: ended } = record
  const { exitCode, error, waitedUs, ranUs, memoryPages, cancelRequested } = record
  const { refusals, transcriptDigest: transcript, transcriptBytes } = record
  const always = { id, job, index, function: name, state, attempt, createdMs, cancelRequested }
  const trace = { refusals, transcript, transcriptBytes }
  return { ...always, proplet, finishedMs, outcome: ended, exitCode, error, waitedUs, ranUs, memoryPages, ...trace }
}

export function attemptView({ task: _t, boot: _b, ...rest }: AttemptRecord): ValueOf<typeof Attempt> {
  return rest
}
