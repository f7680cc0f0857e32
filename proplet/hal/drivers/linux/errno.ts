import { getSystemErrorMap } from 'node:util'
import type { Answer, BusError } from '../../../../shared/bus.ts'

/** Number, name, what becomes of it, and why. Numbers are those of x86, arm and arm64. */
export type ErrnoRow = readonly [errno: number, name: string, error: BusError, doc: string]

/** What every bus shares; a row of a bus goes before it. */
const common: readonly ErrnoRow[] = [
  [1, 'EPERM', 'access', 'The system forbids it to this user.'],
  [4, 'EINTR', 'io', 'A signal came; how much was done is unknown.'],
  [5, 'EIO', 'io', 'The controller gives no better reason.'],
  [6, 'ENXIO', 'no-device', 'Nothing is there.'],
  [12, 'ENOMEM', 'io', 'The kernel is out of memory.'],
  [13, 'EACCES', 'access', 'The system forbids it to this user.'],
  [16, 'EBUSY', 'busy', 'Somebody else has it.'],
  [19, 'ENODEV', 'no-device', 'The controller was removed.'],
  [22, 'EINVAL', 'invalid', 'The controller knows no such operation.'],
  [90, 'EMSGSIZE', 'unsupported', "Longer than the controller's or the kernel's limit."],
  [95, 'EOPNOTSUPP', 'unsupported', 'The controller cannot do it.'],
  [108, 'ESHUTDOWN', 'no-device', 'The controller is suspended or on its way out.'],
  [110, 'ETIMEDOUT', 'timeout', 'Not done within the time limit.'],
  [524, 'ENOTSUPP', 'unsupported', "The kernel's own EOPNOTSUPP, which some drivers let out."],
]

/** By the kernel's i2c/fault-codes, and what its adapter drivers make of them. */
const i2c: readonly ErrnoRow[] = [
  [6, 'ENXIO', 'nack-address', 'Nobody acknowledged the address.'],
  [11, 'EAGAIN', 'arbitration-lost', 'Another controller won, and won again on every retry.'],
  [16, 'EBUSY', 'bus', 'The bus stayed busy: it needs recovery.'],
  [71, 'EPROTO', 'bus', 'The chip broke the rules of SMBus.'],
  [74, 'EBADMSG', 'bus', 'The checksum of an SMBus packet is wrong.'],
  [121, 'EREMOTEIO', 'nack', 'Not acknowledged; the adapter does not say whether address or data.'],
]

const gpio: readonly ErrnoRow[] = [
  [1, 'EPERM', 'invalid', 'The line is an input and cannot be set.'],
  [121, 'EREMOTEIO', 'io', 'An expander did not answer.'],
]

/** Of switching edges on: the chip has no interrupts, or shares this line with none. */
const edges: readonly ErrnoRow[] = [
  [6, 'ENXIO', 'unsupported', 'The line has no interrupt.'],
  [22, 'EINVAL', 'unsupported', 'The line has no interrupt of this kind.'],
]

const spi: readonly ErrnoRow[] = [
  [75, 'EOVERFLOW', 'overrun', 'Bytes were lost in the controller.'],
  [121, 'EREMOTEIO', 'io', 'The controller reports a failed transfer.'],
]

/** By the kernel's usb/error-codes. */
const usb: readonly ErrnoRow[] = [
  [2, 'ENOENT', 'invalid', 'No such interface, setting or endpoint.'],
  [32, 'EPIPE', 'stall', 'The endpoint is halted, or the request is not known to the device.'],
  [62, 'ETIME', 'io', 'The device did not answer in the time of the bus.'],
  [70, 'ECOMM', 'overrun', 'Bytes came faster than memory took them.'],
  [71, 'EPROTO', 'io', 'The bus broke its rules, or the device is gone and this is not known yet.'],
  [75, 'EOVERFLOW', 'overflow', 'The device sent more than was asked for.'],
  [84, 'EILSEQ', 'io', 'A checksum is wrong, or the device is gone and this is not known yet.'],
  [104, 'ECONNRESET', 'timeout', 'The transfer was taken back, which only its time limit does.'],
  [121, 'EREMOTEIO', 'io', 'Fewer bytes came than were asked for, where that is an error.'],
]

const buses = { i2c, gpio, edges, spi, usb } as const
export type ErrnoTable = keyof typeof buses

/** All rows of one bus, its own first. */
export const errnoRows: Readonly<Record<ErrnoTable, readonly ErrnoRow[]>> = {
  i2c: rowsOf(i2c),
  gpio: rowsOf(gpio),
  edges: rowsOf(edges),
  spi: rowsOf(spi),
  usb: rowsOf(usb),
}

function rowsOf(own: readonly ErrnoRow[]): readonly ErrnoRow[] {
  const named = new Set(own.map(([errno]) => errno))
  return [...own, ...common.filter(([errno]) => !named.has(errno))]
}

/** What a bus makes of an errno; `io` of one that no row names. */
export const busErrorOf = (bus: ErrnoTable, errno: number): BusError =>
  errnoRows[bus].find(([row]) => row === errno)?.[2] ?? 'io'

/** `negative` is what ioctl answered. */
export function failed(bus: ErrnoTable, negative: number): Answer {
  const row = errnoRows[bus].find(([errno]) => errno === -negative)
  if (row === undefined) return { error: 'io', detail: `${errnoName(-negative)}: not known of ${bus}` }
  return { error: row[2], detail: `${row[1]}: ${row[3]}` }
}

/** For messages: `EBUSY`, or the number where nobody knows it. */
export const errnoName = (errno: number): string => getSystemErrorMap().get(-errno)?.[0] ?? `errno ${errno}`
