import { deviceKinds } from './bus.ts'
import { NAME_PATTERN, NAME_RULE } from './ids.ts'
import { bool, field, type Infer, list, numbered, optional, struct, text, uint } from './schema.ts'

/** What a proplet has and what a function may. [P-10] */

export const MAX_GRANTS = 16
export const MAX_DEVICES = 64

export const deviceLabel = text({ min: 1, max: 48, pattern: NAME_PATTERN, rule: NAME_RULE })

/**
 * - `read`: of i2c reads, and a write of at most 2 bytes that a read follows in the same transaction, because that is how
 *   a register is chosen; of spi reads alone; of gpio the level; of usb what comes in
 * - `write`: what goes out
 */
export const accesses = ['read', 'write', 'read-write'] as const
export type Access = (typeof accesses)[number]

/** The same shape says what a function asks for and what it was granted. Deny is the default. [P-10.2] */
export const Grant = struct('grant', {
  device: field(1, deviceLabel, "Device, by its name in the proplet's profile."),
  kind: field(2, numbered(deviceKinds), 'What it has to be.'),
  access: field(3, numbered(accesses), 'What may be done.'),
  addresses: optional(
    4,
    list(uint(16), { max: 16 }),
    'Addresses on an i2c device that is a bus; all of its own where left out.',
  ),
  maxBytes: optional(5, uint(32), 'Longest read or write of one operation; what the profile allows where left out.'),
  perSecond: optional(6, uint(32), 'Operations per second; any number where left out.'),
})
export type Grant = Infer<typeof Grant>

export const pinDirections = ['input', 'output', 'both'] as const

/** A device as a proplet reports it. Its wiring is the proplet's own business. [P-10.1] */
export const DeviceReport = struct('device-report', {
  name: field(1, deviceLabel, 'Its name in the profile.'),
  kind: field(2, numbered(deviceKinds), 'What it is.'),
  /** Equal texts on one proplet are one piece of hardware, whatever it is called. */
  places: field(
    3,
    list(text({ max: 96 }), { max: 16 }),
    'What it is made of: bus and address, chip and line. Equal texts are one thing.',
  ),
  simulated: field(4, bool, 'Whether a lab answers.'),
  direction: optional(5, numbered(pinDirections), 'Of a gpio device.'),
  addresses: optional(6, list(uint(16), { max: 16 }), 'Of an i2c device.'),
  chip: optional(7, text({ max: 24 }), 'What kind of chip it is, where that is known.'),
})
export type DeviceReport = Infer<typeof DeviceReport>
