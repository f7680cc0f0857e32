import {
  argv,
  ErrorBody,
  env,
  functionLabel,
  jobLabel,
  MAX_BODY_BYTES,
  propletName,
  sha256,
  taskLabel,
} from '../fields.ts'
import { anyItem, bool, field, type Infer, list, message, numbered, oneOf, optional, text, uint } from '../schema.ts'
import { outcomes, taskStates } from '../task.ts'

/** What users and the manager say to each other. JSON with the field names, or CBOR with the keys. [P-9] */

export const MAX_BATCH = 1000
/** Largest message between a user and the manager; larger results are named by digest and pulled. */
export const MAX_USER_MESSAGE_BYTES = 1024 * 1024
const selector = text({ min: 1, max: 256 })
const value = anyItem({ max: MAX_BODY_BYTES })
const key = text({ min: 1, max: 64 })
export const aliasOrVersion = text({
  min: 1,
  max: 64,
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  rule: 'an alias, or a version number',
})
/** Longest run and longest wait of a task. */
export const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1000

export const Submit = message(
  'submit',
  'A job: one function, one call or a batch of them. [P-9.1]',
  {
    key: field(1, key, 'Idempotency key: the same user and key is the same job, for as long as the manager keeps it.'),
    function: field(2, functionLabel, 'Function.'),
    version: optional(3, aliasOrVersion, 'Version number or alias. `latest` where it is left out.'),
    export: optional(4, text({ min: 1, max: 256 }), 'Export to call; may be left out where there is only one.'),
    args: optional(5, value, 'Arguments: a list in order, or an object by name.'),
    batch: optional(6, list(value, { max: MAX_BATCH }), 'Arguments of one task each, in place of `args`.'),
    argv: optional(7, argv, 'Arguments of a command.'),
    env: optional(8, env, 'Environment of a command.'),
    stdin: optional(9, text({ max: MAX_BODY_BYTES }), 'Standard input of a command, as text.'),
    selector: optional(10, selector, 'Proplets that may run it: `line=1,site!=lab`.'),
    proplet: optional(11, propletName, 'The one proplet that may run it.'),
    timeoutMs: optional(12, uint(32), 'Longest run of one attempt. 60,000 where it is left out.'),
    expiresMs: optional(
      13,
      uint(32),
      'From acceptance: a task that has not begun by then fails. 3,600,000 where it is left out.',
    ),
    retries: optional(
      14,
      uint(8),
      'Attempts beyond the first. Where it is left out 2, or 0 where its grants let it write to a device. [P-5.3]',
    ),
    retryOn: optional(15, oneOf({ lost: 1, any: 2 }), 'What another attempt is made for. `lost` where it is left out.'),
    reply: optional(
      16,
      text({ min: 1, max: 192 }),
      'Topic for the answers: below `reply` of the own subtree, where it also goes when left out.',
    ),
    memoryPages: optional(17, uint(32), 'Cap on linear memory in pages of 64 KiB.'),
    outputBytes: optional(18, uint(32), 'Cap on standard output and error together.'),
    inlineBytes: optional(
      19,
      uint(32),
      'Longest result body that is wanted inside a message; a longer one is named by digest.',
    ),
    record: optional(20, bool, 'Whether a transcript of the buses is kept with each task. [P-10.5]'),
    replay: optional(21, taskLabel, 'Task whose transcript answers in place of devices. [P-10.6]'),
  },
  { maxBytes: MAX_USER_MESSAGE_BYTES },
)
export type Submit = Infer<typeof Submit>

export const answerTypes = ['accepted', 'progress', 'result', 'summary', 'error'] as const

/** One shape for all answers, so that a subscriber needs one decoder. `type` says which fields are there. [P-9.2] */
export const Answer = message(
  'answer',
  "The manager's answers on a job's reply topic. [P-9.2]",
  {
    type: field(1, numbered(answerTypes), 'Which answer it is.'),
    key: optional(2, key, "The job's key."),
    job: optional(3, jobLabel, 'Job.'),
    task: optional(4, taskLabel, 'Task.'),
    index: optional(5, uint(32), 'Which task of the job, from 0.'),
    tasks: optional(6, uint(32), 'Tasks of the job.'),
    state: optional(7, numbered(taskStates), 'Where the task stands.'),
    outcome: optional(8, numbered(outcomes), 'How it ended.'),
    exitCode: optional(9, uint(8), 'Of a command.'),
    value: optional(10, value, 'Result of the function.'),
    stdout: optional(11, text({ max: MAX_BODY_BYTES }), 'Standard output, as text.'),
    stderr: optional(12, text({ max: MAX_BODY_BYTES }), 'Standard error, as text.'),
    bodyDigest: optional(13, sha256, 'Digest of a result body that is too long to be here. [P-4.4]'),
    bodyBytes: optional(14, uint(32), 'Its size.'),
    error: optional(15, ErrorBody, 'What went wrong.'),
    proplet: optional(16, propletName, 'Where it ran.'),
    attempt: optional(17, uint(16), 'Which try.'),
    waitedUs: optional(18, uint(32), 'Time at the proplet before the call.'),
    ranUs: optional(19, uint(32), 'Length of the call.'),
    done: optional(20, uint(32), 'Tasks of the job that have ended.'),
    failed: optional(21, uint(32), 'Those among them that did not complete.'),
    expected: optional(22, text({ max: 512 }), 'What would have been right.'),
    reasons: optional(23, list(text({ max: 240 }), { max: 32 }), 'Why each proplet was not chosen.'),
    repeated: optional(24, bool, 'It was sent before.'),
    transcript: optional(25, sha256, 'Digest of the Transcript that was wanted; it can be pulled. [P-10.5]'),
    transcriptBytes: optional(26, uint(32), 'Its size.'),
    refusals: optional(27, uint(32), 'Operations that its grants refused. [P-10.3]'),
  },
  { maxBytes: MAX_USER_MESSAGE_BYTES },
)
export type Answer = Infer<typeof Answer>

export const Confirm = message('confirm', 'The user has the result; it is not sent again. [P-9.3]', {
  task: optional(1, taskLabel, 'One task.'),
  job: optional(2, jobLabel, 'All tasks of a job.'),
})
export type Confirm = Infer<typeof Confirm>

export const CancelJob = message('cancel-job', 'Stop a task or all tasks of a job. [P-9.4]', {
  task: optional(1, taskLabel, 'One task.'),
  job: optional(2, jobLabel, 'All tasks of a job.'),
  reply: optional(3, text({ min: 1, max: 192 }), 'Topic for an error.'),
})
export type CancelJob = Infer<typeof CancelJob>

export const Fetch = message('fetch', 'Send what is known of a task or job again. [P-9.5]', {
  task: optional(1, taskLabel, 'One task.'),
  job: optional(2, jobLabel, 'All tasks of a job, and its summary.'),
  key: optional(3, key, 'All tasks of the job with this key.'),
  reply: optional(4, text({ min: 1, max: 192 }), 'Topic for the answers.'),
})
export type Fetch = Infer<typeof Fetch>

export const Upload = message('upload', 'Announces a module; the manager pulls it by digest from the user. [P-9.6]', {
  function: field(1, functionLabel, 'Function that gets a new version.'),
  digest: field(2, sha256, 'Of the module.'),
  sizeBytes: field(3, uint(32), 'Of the module.'),
  alias: optional(4, aliasOrVersion, 'Alias to move to it, beside `latest`.'),
  reply: optional(5, text({ min: 1, max: 192 }), 'Topic for the answer.'),
})
export type Upload = Infer<typeof Upload>
