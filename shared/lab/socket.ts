import { busErrors, busOperations, MAX_SEGMENTS, MAX_TRANSFER_BYTES } from '../bus.ts'
import { TranscriptSegment } from '../documents/transcript.ts'
import { ErrorBody, propletName } from '../fields.ts'
import { bool, bytes, field, type Infer, list, message, numbered, optional, struct, text, uint } from '../schema.ts'
import { LabChange, LabCommand, LabOutcome } from './control.ts'
import { LabDevice, MAX_LAB_DEVICES } from './device.ts'
import { labName } from './fields.ts'

/** The lab's Unix socket: frames of four bytes of length, big-endian, and one message. README.md says who says what. */

export const LAB_PROTOCOL = 1
/** Longest message either way. */
export const MAX_LAB_FRAME_BYTES = 1024 * 1024

export const labRoles = ['proplet', 'control'] as const
export type LabRole = (typeof labRoles)[number]

export const LabHello = struct('lab-hello', {
  protocol: field(1, uint(8), `Version of this protocol: ${LAB_PROTOCOL}.`),
  role: field(2, numbered(labRoles), 'Whether it uses devices or the lab itself.'),
})
export const LabRun = struct('lab-run', {
  device: field(1, uint(32), 'Number that opening it gave.'),
  op: field(2, numbered(busOperations), 'Operation.'),
  target: optional(3, uint(32), 'Address, endpoint, interface or event.'),
  segments: optional(4, list(TranscriptSegment, { max: MAX_SEGMENTS }), 'Reads, writes, transfers and delays.'),
  level: optional(5, bool, 'Level to set, of the wire.'),
  timeoutMs: optional(6, uint(32), 'Longest wait.'),
})
export type LabRun = Infer<typeof LabRun>

export const LabRequest = message(
  'lab-request',
  'From a client. Beside `id`, exactly one field.',
  {
    id: field(1, uint(32), 'Of this request, not 0; its answer carries it.'),
    hello: optional(2, LabHello, 'First message of a connection.'),
    profile: optional(3, propletName, 'Which devices does this proplet have?'),
    open: optional(4, LabDevice, 'Get hold of a device.'),
    close: optional(5, uint(32), 'Give a device back, by its number.'),
    run: optional(6, LabRun, 'Do one operation.'),
    cancel: optional(7, uint(32), 'Give up the run with this id. Has no answer of its own: the run answers.'),
    control: optional(8, LabCommand, 'Do something to the lab.'),
    watch: optional(9, bool, 'Send changes of properties, or no more of them.'),
  },
  { maxBytes: MAX_LAB_FRAME_BYTES },
)
export type LabRequest = Infer<typeof LabRequest>

export const LabWelcome = struct('lab-welcome', {
  protocol: field(1, uint(8), 'Version that is spoken.'),
  lab: field(2, labName, 'Name of the lab.'),
  virtualTime: field(3, bool, 'Whether delays are to be sent as operations.'),
})
export const LabProfile = struct('lab-profile', {
  devices: field(1, list(LabDevice, { max: MAX_LAB_DEVICES }), 'Its devices.'),
  virtualTime: field(2, bool, 'Whether delays are to be sent as operations.'),
})
export const LabRan = struct('lab-ran', {
  data: optional(1, list(bytes({ max: MAX_TRANSFER_BYTES }), { max: MAX_SEGMENTS }), 'Bytes of each reading segment.'),
  level: optional(2, bool, 'Level that was read, of the wire.'),
  error: optional(3, numbered(busErrors), 'Why it failed.'),
  detail: optional(4, text({ max: 240 }), 'More on that, for people.'),
})
export type LabRan = Infer<typeof LabRan>

export const LabReply = message(
  'lab-reply',
  'From the lab. Beside `id`, at most one field.',
  {
    id: field(1, uint(32), 'Of the request; 0 of a change, and of an error after which the lab hangs up.'),
    error: optional(2, ErrorBody, 'Why it was not done.'),
    welcome: optional(3, LabWelcome, 'Answers hello.'),
    profile: optional(4, LabProfile, 'Answers profile.'),
    opened: optional(5, uint(32), 'Number of the device.'),
    ran: optional(6, LabRan, 'Answers run.'),
    controlled: optional(7, LabOutcome, 'Answers control.'),
    change: optional(8, LabChange, 'A property has changed.'),
  },
  { maxBytes: MAX_LAB_FRAME_BYTES },
)
export type LabReply = Infer<typeof LabReply>
