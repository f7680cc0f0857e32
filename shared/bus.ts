/**
 * What goes over a bus, in one shape for everybody: guests ask so, drivers and the lab answer so, transcripts keep it.
 * Nothing is imported here: guest workers link this file.
 */

export const deviceKinds = ['i2c', 'spi', 'gpio', 'usb'] as const
export type DeviceKind = (typeof deviceKinds)[number]

/**
 * | operation | kinds | `target` | segments | answer |
 * | --- | --- | --- | --- | --- |
 * | transfer | i2c | address | read and write, adjacent ones of one kind already merged | bytes of each read |
 * | transfer | spi | | read, write, transfer and delay; the chip stays selected | bytes of each read and transfer |
 * | get | gpio | | | `level` |
 * | set | gpio | | | none; `level` is in the operation |
 * | wait | gpio | what to wait for: index into `pinEvents` | | `level` when it came; waits `timeoutMs` at most, 0 for ever |
 * | describe | usb | | | 18 bytes of the device descriptor; the active configuration's descriptors; bus, address, port and speed, a byte each |
 * | control | usb | | write of the 8 bytes of the setup packet, then one read or write or nothing | bytes of the read |
 * | bulk, interrupt | usb | endpoint address | one read or one write | bytes of the read |
 * | claim, release | usb | interface | | |
 * | alternate | usb | interface * 256 + setting | | |
 * | configure | usb | configuration value, 0 for none | | |
 * | clear-halt | usb | endpoint address | | |
 * | reset | usb | | | |
 * | delay | all | | one delay | none; only sent where time is the lab's |
 */
export const busOperations = [
  'transfer',
  'get',
  'set',
  'wait',
  'describe',
  'control',
  'bulk',
  'interrupt',
  'claim',
  'release',
  'alternate',
  'configure',
  'clear-halt',
  'reset',
  'delay',
] as const
export type BusOperation = (typeof busOperations)[number]

export const pinEvents = ['high', 'low', 'rising', 'falling', 'any'] as const
export type PinEvent = (typeof pinEvents)[number]

export const segmentKinds = ['read', 'write', 'transfer', 'delay'] as const
export type Segment =
  | { readonly kind: 'read'; readonly length: number }
  | { readonly kind: 'write' | 'transfer'; readonly bytes: Uint8Array }
  /** Nanoseconds. */
  | { readonly kind: 'delay'; readonly length: number }

export type Operation = {
  readonly op: BusOperation
  readonly target?: number | undefined
  readonly segments?: readonly Segment[] | undefined
  readonly level?: boolean | undefined
  readonly timeoutMs?: number | undefined
}

/**
 * Why an operation failed.
 *
 * - `nack-address`, `nack-data`, `nack`: nobody acknowledged the address, a byte, one of both
 * - `arbitration-lost`, `bus`: another controller won; the bus stands still or breaks its rules
 * - `overrun`: bytes were lost; `overflow`: a device sent more than was asked for
 * - `timeout`: not done within the device's time limit; `stall`: the endpoint is halted
 * - `no-device`: it is gone, or was never there; `busy`: somebody else has it; `access`: the system refuses it to us
 * - `mode-fault`, `frame-format`, `chip-select`: of SPI
 * - `not-granted`: refused by the grant, before the bus; the only one that counts as a refusal
 * - `invalid`: no such operation on this device; `unsupported`: the controller cannot do it
 * - `cancelled`: its task ended; `io`: all else
 */
export const busErrors = [
  'nack-address',
  'nack-data',
  'nack',
  'arbitration-lost',
  'bus',
  'overrun',
  'overflow',
  'timeout',
  'stall',
  'no-device',
  'busy',
  'access',
  'mode-fault',
  'frame-format',
  'chip-select',
  'not-granted',
  'invalid',
  'unsupported',
  'cancelled',
  'io',
] as const
export type BusError = (typeof busErrors)[number]

export type Answer = {
  /** Bytes of each reading segment, in order. */
  readonly data?: readonly Uint8Array[] | undefined
  readonly level?: boolean | undefined
  readonly error?: BusError | undefined
  /** For people: what the system, the lab or the grant said. */
  readonly detail?: string | undefined
}

/** Largest read or write of one operation, whatever a grant says. */
export const MAX_TRANSFER_BYTES = 65_536
/** Most segments of one operation. */
export const MAX_SEGMENTS = 64
