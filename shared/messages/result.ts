import { ErrorBody, INLINE_BYTES, sha256, taskLabel } from '../fields.ts'
import { bytes, field, type Infer, message, numbered, optional, uint } from '../schema.ts'
import { outcomes } from '../task.ts'

/** At most one of `body` and `bodyDigest` is there. */
export const Result = message(
  'result',
  'How an attempt ended. Sent, byte for byte the same, until acknowledged. [P-5.4]',
  {
    task: field(1, taskLabel, 'Task.'),
    attempt: field(2, uint(16), 'Which try.'),
    outcome: field(3, numbered(outcomes), 'How it ended.'),
    exitCode: optional(4, uint(8), 'Of a command.'),
    error: optional(5, ErrorBody, 'What went wrong.'),
    body: optional(6, bytes({ max: INLINE_BYTES }), 'Value and outputs, a ResultBody. [P-4.3]'),
    bodyDigest: optional(7, sha256, 'Digest of a longer ResultBody; the manager pulls it before it acknowledges.'),
    bodyBytes: optional(8, uint(32), 'Its size.'),
    waitedUs: field(9, uint(32), 'From receipt of the start to the begin of the call: queue, pull, preparation.'),
    ranUs: field(10, uint(32), 'Length of the call.'),
    memoryPages: optional(11, uint(32), 'Linear memory at the end, in pages of 64 KiB.'),
    transcript: optional(
      12,
      sha256,
      'Digest of the Transcript that was wanted; the manager pulls it before it acknowledges. [P-10.5]',
    ),
    transcriptBytes: optional(13, uint(32), 'Its size.'),
    refusals: optional(14, uint(32), 'Operations that its grants refused. [P-10.3]'),
  },
)
export type Result = Infer<typeof Result>
