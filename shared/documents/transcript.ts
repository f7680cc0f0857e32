import { busErrors, busOperations, deviceKinds, MAX_SEGMENTS, MAX_TRANSFER_BYTES, segmentKinds } from '../bus.ts'
import { deviceLabel, MAX_GRANTS } from '../capabilities.ts'
import { bool, bytes, field, type Infer, list, message, numbered, optional, struct, text, uint } from '../schema.ts'

export const MAX_TRANSCRIPT_BYTES = 1024 * 1024
/** Rows that are kept; later ones are counted only. */
export const MAX_TRANSCRIPT_ROWS = 4096

export const TranscriptDevice = struct('transcript-device', {
  device: field(1, deviceLabel, 'Name.'),
  kind: field(2, numbered(deviceKinds), 'Kind.'),
  chip: optional(3, text({ max: 24 }), 'What kind of chip it is, where that is known.'),
})

export const TranscriptSegment = struct('transcript-segment', {
  kind: field(1, numbered(segmentKinds), 'Direction, or delay.'),
  bytes: optional(2, bytes({ max: MAX_TRANSFER_BYTES }), 'What went out.'),
  length: optional(3, uint(32), 'Bytes that were asked for; nanoseconds of a delay.'),
})

export const TranscriptRow = struct('transcript-row', {
  device: field(1, uint(8), 'Index into the devices.'),
  op: field(2, numbered(busOperations), 'Operation.'),
  target: optional(3, uint(32), 'Address, endpoint, interface or event.'),
  segments: optional(4, list(TranscriptSegment, { max: MAX_SEGMENTS }), 'What was asked for.'),
  level: optional(5, bool, 'Level that was set.'),
  data: optional(
    6,
    list(bytes({ max: MAX_TRANSFER_BYTES }), { max: MAX_SEGMENTS }),
    'What came in, one for each reading segment.',
  ),
  answerLevel: optional(7, bool, 'Level that was read.'),
  error: optional(8, numbered(busErrors), 'Why it failed.'),
  detail: optional(9, text({ max: 120 }), 'What the system, the lab or the grant said of it.'),
  atUs: field(10, uint(32), 'Since the begin of the run.'),
  tookUs: field(11, uint(32), 'Length, as the I/O worker saw it.'),
  timeoutMs: optional(12, uint(32), 'Longest wait that was asked for.'),
})
export type TranscriptRow = Infer<typeof TranscriptRow>

/** What one run did on its buses, in order. [P-10.5] */
export const Transcript = message(
  'transcript',
  'Every operation of one run on its devices.',
  {
    devices: field(1, list(TranscriptDevice, { max: MAX_GRANTS }), 'Devices that the run had.'),
    rows: field(2, list(TranscriptRow, { max: MAX_TRANSCRIPT_ROWS }), 'Operations in the order in which they began.'),
    dropped: optional(3, uint(32), 'Operations after the last row that were not kept.'),
  },
  { maxBytes: MAX_TRANSCRIPT_BYTES },
)
export type Transcript = Infer<typeof Transcript>
