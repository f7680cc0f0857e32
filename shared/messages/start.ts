import { functionLabel, INLINE_BYTES, sha256, taskLabel } from '../fields.ts'
import { bool, bytes, field, type Infer, message, optional, uint } from '../schema.ts'

/** Exactly one of `call` and `callDigest` is there. */
export const Start = message('start', 'Run one attempt. May come twice: the second is a no-op. [P-5.2]', {
  task: field(1, taskLabel, 'Task.'),
  attempt: field(2, uint(16), 'Which try, from 1; a larger one ends a smaller one.'),
  epoch: field(3, uint(32), "The proplet's connection that it is meant for. [P-3.3]"),
  function: field(4, functionLabel, 'Function, for logs.'),
  manifest: field(5, sha256, 'Manifest of the version; pulled where it is not held.'),
  manifestBytes: field(6, uint(32), 'Its size.'),
  image: field(7, sha256, 'Image to load; pulled where it is not held.'),
  imageBytes: field(8, uint(32), 'Its size.'),
  leaseMs: field(9, uint(32), 'Lease that comes with it. [P-5.2]'),
  timeLeftMs: field(10, uint(32), 'From receipt: after it nothing may begin.'),
  timeoutMs: field(11, uint(32), 'Longest run, from the begin of the call.'),
  call: optional(12, bytes({ max: INLINE_BYTES }), 'What it is called with, a Call. [P-4.2]'),
  callDigest: optional(13, sha256, 'Digest of a longer Call, to be pulled.'),
  callBytes: optional(14, uint(32), 'Its size.'),
  grants: optional(15, sha256, 'Digest of the Grants that it has, to be pulled; none without. [P-10.2]'),
  grantsBytes: optional(16, uint(32), 'Its size.'),
  record: optional(17, bool, 'Whether a transcript of its buses is wanted. [P-10.5]'),
  replay: optional(18, sha256, 'Digest of the Transcript that answers in place of devices, to be pulled. [P-10.6]'),
  replayBytes: optional(19, uint(32), 'Its size.'),
})
export type Start = Infer<typeof Start>
