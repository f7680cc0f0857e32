import { deviceKinds } from '../bus.ts'
import { ErrorBody } from '../fields.ts'
import { bool, field, type Infer, list, message, numbered, optional, struct, text, uint } from '../schema.ts'
import { labName, propertyName, propertyValue } from './fields.ts'

/** What a person or a test does to a lab, the same over its socket, HTTP and MQTT. */

/**
 * - `nack`, `nack-data`: the address, or the first byte that is written, is not acknowledged
 * - `timeout`: nothing comes within the device's time limit
 * - `stuck`: the bus stands still until the fault is cleared; then what waits goes on
 * - `arbitration-lost`: another controller wins after the address
 * - `overrun`, `mode-fault`: of an SPI controller
 * - `stall`: the endpoint halts; `no-device`: as if pulled out
 */
export const faultKinds = [
  'nack',
  'nack-data',
  'timeout',
  'stuck',
  'arbitration-lost',
  'overrun',
  'mode-fault',
  'stall',
  'no-device',
] as const
export type FaultKind = (typeof faultKinds)[number]

export const MAX_FAULTS = 64
export const MAX_PARTS = 128
export const MAX_BUSES = 32
export const MAX_PROPERTIES = 32
/** Rows that one answer holds. */
export const MAX_TRACE_PAGE = 1000
/** Longest text of one row; what is longer ends in an ellipsis. */
export const MAX_WIRE_BYTES = 32_768
export const MAX_BOARDS = 8
/** A day: a lab that is moved on does nothing else meanwhile. */
export const MAX_ADVANCE_MS = 86_400_000

/** What runs the image of a simulated board. */
export const boardKinds = ['native_sim', 'qemu', 'renode'] as const
export type BoardKind = (typeof boardKinds)[number]

/** `failed` is stopped against somebody's will; `detail` says why. */
export const boardStates = ['stopped', 'starting', 'running', 'failed'] as const
export type BoardState = (typeof boardStates)[number]

export const LabFault = struct('lab-fault', {
  on: field(1, labName, 'Bus or part.'),
  kind: field(2, numbered(faultKinds), 'What goes wrong.'),
  count: optional(3, uint(32), 'Operations that it strikes; all until it is cleared where left out.'),
})
export type LabFault = Infer<typeof LabFault>

export const LabClear = struct('lab-clear', {
  on: optional(1, labName, 'Of this bus or part only.'),
  fault: optional(2, uint(32), 'This one only.'),
})

export const LabTraceQuery = struct('lab-trace-query', {
  bus: optional(1, labName, 'Of this bus only.'),
  after: optional(2, uint(53), 'After the row of this number.'),
})

const controlFields = {
  id: optional(1, uint(32), 'Comes back in the answer.'),
  part: optional(2, labName, 'Part of which a property is set, or read where no value comes with it.'),
  property: optional(3, propertyName, 'The property.'),
  value: optional(4, propertyValue, 'What it shall be.'),
  fault: optional(5, LabFault, 'Something that goes wrong from now on.'),
  clear: optional(6, LabClear, 'Faults that end.'),
  advanceMs: optional(7, uint(32), 'How far time moves, where it is virtual.'),
  show: optional(8, bool, 'Asks for all there is.'),
  trace: optional(9, LabTraceQuery, 'Asks for what went over the buses.'),
  start: optional(10, labName, 'Board that starts; the answer comes when it runs.'),
  stop: optional(11, labName, 'Board that stops.'),
}
export const LabControl = message('lab-control', 'One thing to do to a lab.', controlFields)
export const LabCommand = struct('lab-command', controlFields)
export type LabControl = Infer<typeof LabControl>

export const LabProperty = struct('lab-property', {
  name: field(1, propertyName, 'Name.'),
  value: field(2, propertyValue, 'What it is now.'),
  doc: field(3, text({ max: 240 }), 'What it means.'),
  unit: optional(4, text({ max: 24 }), 'Unit.'),
  readOnly: optional(5, bool, 'Set by the part alone.'),
})
export const LabPart = struct('lab-part', {
  name: field(1, labName, 'Name.'),
  chip: field(2, text({ max: 48 }), 'Kind of chip.'),
  places: field(3, list(text({ max: 96 }), { max: 8 }), 'Where it is: bus, and address, line, select or port.'),
  properties: field(4, list(LabProperty, { max: MAX_PROPERTIES }), 'What can be read and set.'),
})
export const LabBoard = struct('lab-board', {
  name: field(1, labName, 'Name.'),
  kind: field(2, numbered(boardKinds), 'What simulates it.'),
  state: field(3, numbered(boardStates), 'How it stands.'),
  proplet: field(4, labName, 'Name that it has as a proplet.'),
  detail: optional(5, text({ max: 240 }), 'Why it failed, or what it does not answer.'),
})
export type LabBoard = Infer<typeof LabBoard>
export const LabBus = struct('lab-bus', {
  name: field(1, labName, 'Name.'),
  kind: field(2, numbered(deviceKinds), 'Kind.'),
})
export const LabActiveFault = struct('lab-active-fault', {
  id: field(1, uint(32), 'Its number.'),
  on: field(2, labName, 'Bus or part.'),
  kind: field(3, numbered(faultKinds), 'What goes wrong.'),
  left: optional(4, uint(32), 'Operations that it still strikes.'),
})
export const LabView = struct('lab-view', {
  name: field(1, labName, 'Name.'),
  virtualTime: field(2, bool, 'Whether its time moves only when it is moved.'),
  nowUs: field(3, uint(53), 'Since it began.'),
  buses: field(4, list(LabBus, { max: MAX_BUSES }), 'Buses.'),
  parts: field(5, list(LabPart, { max: MAX_PARTS }), 'Parts.'),
  faults: field(6, list(LabActiveFault, { max: MAX_FAULTS }), 'What goes wrong now.'),
  boards: optional(7, list(LabBoard, { max: MAX_BOARDS }), 'Simulated boards, where there are any.'),
})
export type LabView = Infer<typeof LabView>

export const LabTraceRow = struct('lab-trace-row', {
  seq: field(1, uint(53), 'Grows by one.'),
  atUs: field(2, uint(53), 'When it began, since the lab began.'),
  bus: field(3, labName, 'Bus.'),
  wire: field(
    4,
    text({ max: MAX_WIRE_BYTES + 16 }),
    'What was on the wires; README.md beside this file has the notation.',
  ),
})
export type LabTraceRow = Infer<typeof LabTraceRow>

const controlledFields = {
  id: optional(1, uint(32), "The request's."),
  error: optional(2, ErrorBody, 'Why it was not done.'),
  value: optional(3, propertyValue, 'What the property is now.'),
  fault: optional(4, uint(32), 'Number of the new fault.'),
  cleared: optional(5, uint(32), 'Faults that ended.'),
  nowUs: optional(6, uint(53), "The lab's time."),
  view: optional(7, LabView, 'All there is.'),
  trace: optional(8, list(LabTraceRow, { max: MAX_TRACE_PAGE }), 'What went over the buses.'),
  board: optional(9, LabBoard, 'The board that was started or stopped.'),
}
export const LabControlled = message('lab-controlled', 'What became of a lab-control.', controlledFields)
export const LabOutcome = struct('lab-outcome', controlledFields)
export type LabControlled = Infer<typeof LabControlled>

const changeFields = {
  part: field(1, labName, 'Part.'),
  property: field(2, propertyName, 'Property.'),
  value: field(3, propertyValue, 'What it is now.'),
  atUs: field(4, uint(53), 'Since the lab began.'),
}
export const LabState = message('lab-state', 'A property has changed.', changeFields)
export const LabChange = struct('lab-change', changeFields)
export type LabChange = Infer<typeof LabChange>
