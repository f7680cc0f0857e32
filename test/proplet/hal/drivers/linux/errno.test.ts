import { getSystemErrorMap } from 'node:util'
import { describe, expect, test } from 'vitest'
import { busErrorOf, type ErrnoTable, errnoRows, failed } from '../../../../../proplet/hal/drivers/linux/errno.ts'
import { usbErrorOf } from '../../../../../proplet/hal/drivers/linux/usb-errors.ts'
import { type BusError, busErrors } from '../../../../../shared/bus.ts'

/** By hand, from the kernel's Documentation/i2c/fault-codes and Documentation/driver-api/usb/error-codes. */
const expected: Readonly<Record<ErrnoTable, Readonly<Record<string, BusError>>>> = {
  i2c: {
    EPERM: 'access',
    EINTR: 'io',
    EIO: 'io',
    ENXIO: 'nack-address',
    EAGAIN: 'arbitration-lost',
    ENOMEM: 'io',
    EACCES: 'access',
    EBUSY: 'bus',
    ENODEV: 'no-device',
    EINVAL: 'invalid',
    EPROTO: 'bus',
    EBADMSG: 'bus',
    EMSGSIZE: 'unsupported',
    EOPNOTSUPP: 'unsupported',
    ESHUTDOWN: 'no-device',
    ETIMEDOUT: 'timeout',
    EREMOTEIO: 'nack',
    ENOTSUPP: 'unsupported',
  },
  gpio: {
    EPERM: 'invalid',
    EINTR: 'io',
    EIO: 'io',
    ENXIO: 'no-device',
    ENOMEM: 'io',
    EACCES: 'access',
    EBUSY: 'busy',
    ENODEV: 'no-device',
    EINVAL: 'invalid',
    EMSGSIZE: 'unsupported',
    EOPNOTSUPP: 'unsupported',
    ESHUTDOWN: 'no-device',
    ETIMEDOUT: 'timeout',
    EREMOTEIO: 'io',
    ENOTSUPP: 'unsupported',
  },
  edges: {
    EPERM: 'access',
    EINTR: 'io',
    EIO: 'io',
    ENXIO: 'unsupported',
    ENOMEM: 'io',
    EACCES: 'access',
    EBUSY: 'busy',
    ENODEV: 'no-device',
    EINVAL: 'unsupported',
    EMSGSIZE: 'unsupported',
    EOPNOTSUPP: 'unsupported',
    ESHUTDOWN: 'no-device',
    ETIMEDOUT: 'timeout',
    ENOTSUPP: 'unsupported',
  },
  spi: {
    EPERM: 'access',
    EINTR: 'io',
    EIO: 'io',
    ENXIO: 'no-device',
    ENOMEM: 'io',
    EACCES: 'access',
    EBUSY: 'busy',
    ENODEV: 'no-device',
    EINVAL: 'invalid',
    EOVERFLOW: 'overrun',
    EMSGSIZE: 'unsupported',
    EOPNOTSUPP: 'unsupported',
    ESHUTDOWN: 'no-device',
    ETIMEDOUT: 'timeout',
    EREMOTEIO: 'io',
    ENOTSUPP: 'unsupported',
  },
  usb: {
    EPERM: 'access',
    ENOENT: 'invalid',
    EINTR: 'io',
    EIO: 'io',
    ENXIO: 'no-device',
    ENOMEM: 'io',
    EACCES: 'access',
    EBUSY: 'busy',
    ENODEV: 'no-device',
    EINVAL: 'invalid',
    EPIPE: 'stall',
    ETIME: 'io',
    ECOMM: 'overrun',
    EPROTO: 'io',
    EOVERFLOW: 'overflow',
    EILSEQ: 'io',
    EMSGSIZE: 'unsupported',
    EOPNOTSUPP: 'unsupported',
    ECONNRESET: 'timeout',
    ESHUTDOWN: 'no-device',
    ETIMEDOUT: 'timeout',
    EREMOTEIO: 'io',
    ENOTSUPP: 'unsupported',
  },
}

/** Where libuv knows a number, its name has to be the row's; it knows EOPNOTSUPP as ENOTSUP. */
const nameOf = (errno: number): string | undefined =>
  getSystemErrorMap()
    .get(-errno)?.[0]
    .replace(/^ENOTSUP$/, 'EOPNOTSUPP')

describe.each(Object.keys(errnoRows) as ErrnoTable[])('errno of %s', (bus) => {
  test.each(errnoRows[bus])('%i %s is %s', (errno, name, error, doc) => {
    expect(error).toBe(expected[bus][name])
    expect(busErrorOf(bus, errno)).toBe(error)
    expect(nameOf(errno) ?? name).toBe(name)
    expect(failed(bus, -errno)).toEqual({ error, detail: `${name}: ${doc}` })
    expect(busErrors).toContain(error)
  })

  test('no row is missing and none is there twice', () => {
    expect(errnoRows[bus].map(([, name]) => name).sort()).toEqual(Object.keys(expected[bus]).sort())
  })

  test('an errno that nobody thought of is io, and named', () => {
    expect(failed(bus, -40)).toEqual({ error: 'io', detail: `ELOOP: not known of ${bus}` })
  })
})

describe('errors of the package usb', () => {
  test.each([
    ['transferIn error: Stall', 'stall'],
    ['controlTransferIn error: endpoint stalled', 'stall'],
    ['transferIn error: Cancelled', 'timeout'],
    ['controlTransferOut error: transfer was cancelled', 'timeout'],
    ['transferOut error: Disconnected', 'no-device'],
    ['reset error: device disconnected', 'no-device'],
    ['transferIn error: Fault', 'io'],
    ['transferIn error: InvalidArgument', 'invalid'],
    ['transferIn error: Unknown(75)', 'overflow'],
    ['claimInterface error: interface is busy (errno 16)', 'busy'],
    ['claimInterface error: interface not found (errno 2)', 'invalid'],
    ['open error: failed to open device (errno 13)', 'access'],
    ['clearHalt error: endpoint not found', 'invalid'],
    ['releaseInterface error: not claimed', 'invalid'],
    ['something new', 'io'],
  ] as const)('%s is %s', (message, error) => {
    expect(usbErrorOf(message)).toBe(error)
  })
})
