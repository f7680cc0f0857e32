import { describe, expect, test } from 'vitest'
import { compileGrant, maxBytesOf } from '../../../proplet/hal/grants.ts'
import type { DeviceSpec, SpiSpec, UsbSpec } from '../../../proplet/hal/profile.ts'
import type { Operation, Segment } from '../../../shared/bus.ts'
import type { Access, Grant } from '../../../shared/capabilities.ts'
import { gpio, i2c } from './support.ts'

const write = (...bytes: number[]): Segment => ({ kind: 'write', bytes: Uint8Array.from(bytes) })
const read = (length: number): Segment => ({ kind: 'read', length })
const exchange = (...bytes: number[]): Segment => ({ kind: 'transfer', bytes: Uint8Array.from(bytes) })
const delay: Segment = { kind: 'delay', length: 1000 }

const common = { maxBytes: 64, timeoutMs: 1000, controller: { driver: 'linux', path: '/dev/x' } } as const
const spiSpec: SpiSpec = {
  ...common,
  name: 'd',
  kind: 'spi',
  mode: 0,
  bitsPerWord: 8,
  hz: 1,
  lsbFirst: false,
  csHigh: false,
}
const specs: Readonly<Record<DeviceSpec['kind'], DeviceSpec>> = {
  i2c: { ...i2c('d', 0x76), maxBytes: 64, addresses: [0x76, 0x77] },
  spi: spiSpec,
  gpio: { ...gpio('d', 1), direction: 'both' },
  usb: { ...common, name: 'd', kind: 'usb', vendor: 1, product: 2 } satisfies UsbSpec,
}

function ask(
  kind: DeviceSpec['kind'],
  access: Access,
  operation: Operation,
  more: Partial<Grant> = {},
  spec = specs[kind],
) {
  return compileGrant({ device: 'd', kind, access, ...more }, spec)(operation, 0)
}
const passes = undefined
const refused = (detail: string) => ({ error: 'not-granted', detail })
const invalid = (detail: string) => ({ error: 'invalid', detail })
const NO_WRITE = refused('writing is not granted')
const NO_READ = refused('reading is not granted')

describe('i2c', () => {
  const to = (target: number, ...segments: Segment[]): Operation => ({ op: 'transfer', target, segments })
  const rows: [string, Access, Operation, unknown][] = [
    ['a read', 'read', to(0x76, read(1)), passes],
    ['a register of one byte, then a read', 'read', to(0x76, write(0xd0), read(2)), passes],
    ['a register of two bytes, then a read', 'read', to(0x76, write(1, 2), read(2)), passes],
    ['three bytes before a read', 'read', to(0x76, write(1, 2, 3), read(2)), NO_WRITE],
    ['a write after the read', 'read', to(0x76, write(1), read(2), write(1)), NO_WRITE],
    ['two writes before the read', 'read', to(0x76, write(1, 2), write(3), read(1)), NO_WRITE],
    ['a write alone', 'read', to(0x76, write(1)), NO_WRITE],
    ['an empty write alone, which probes', 'read', to(0x76, write()), NO_WRITE],
    ['a write', 'write', to(0x76, write(1, 2, 3)), passes],
    ['an empty write', 'write', to(0x76, write()), passes],
    ['a read', 'write', to(0x76, read(1)), NO_READ],
    ['a write and a read', 'read-write', to(0x77, write(1, 2, 3), read(1)), passes],
    ['a foreign address', 'read-write', to(0x50, read(1)), refused('address 0x50 is not granted')],
    ['more than 10 bits', 'read-write', to(0x400, read(1)), invalid('address 0x400 has more than 10 bits')],
    ['a read of nothing', 'read', to(0x76, read(0)), invalid('a read of no bytes')],
    ['a delay inside', 'read-write', to(0x76, delay), invalid('delay is nothing for i2c')],
    ['an operation of gpio', 'read-write', { op: 'set', level: true }, invalid('set is nothing for i2c')],
    ['a long read', 'read', to(0x76, read(65)), refused('read of 65 bytes, at most 64 are granted')],
    [
      'a read of 4 GiB',
      'read',
      to(0x76, read(0xffff_ffff)),
      refused('read of 4294967295 bytes, at most 64 are granted'),
    ],
  ]
  test.each(rows)('%s, with %s', (_, access, operation, expected) => {
    expect(ask('i2c', access, operation)).toEqual(expected)
  })

  test('a grant of some addresses leaves out the others', () => {
    const grant = { addresses: [0x77] }
    expect(ask('i2c', 'read', to(0x77, read(1)), grant)).toBeUndefined()
    expect(ask('i2c', 'read', to(0x76, read(1)), grant)).toEqual(refused('address 0x76 is not granted'))
  })
})

describe('spi', () => {
  const of = (...segments: Segment[]): Operation => ({ op: 'transfer', segments })
  const rows: [string, Access, Operation, unknown][] = [
    ['reads and delays', 'read', of(read(4), delay, read(1)), passes],
    ['a write', 'read', of(write(1), read(1)), NO_WRITE],
    ['an exchange', 'read', of(exchange(1)), NO_WRITE],
    ['an exchange', 'write', of(exchange(1)), NO_READ],
    ['a write', 'write', of(write(1)), passes],
    ['all of it', 'read-write', of(write(1), exchange(1), read(1), delay), passes],
    [
      'a long exchange',
      'read-write',
      of(exchange(...new Array(65).fill(0))),
      refused('transfer of 65 bytes, at most 64 are granted'),
    ],
    [
      'too many segments',
      'read-write',
      of(...new Array(65).fill(read(1))),
      invalid('65 segments, at most 64 are taken'),
    ],
  ]
  test.each(rows)('%s, with %s', (_, access, operation, expected) => {
    expect(ask('spi', access, operation)).toEqual(expected)
  })

  test('many segments together are no longer than one operation may be', () => {
    const spec = { ...spiSpec, maxBytes: 65_536 }
    expect(ask('spi', 'read', of(read(65_536)), {}, spec)).toBeUndefined()
    expect(ask('spi', 'read', of(read(65_536), read(1)), {}, spec)).toEqual(
      refused('65537 bytes in one operation, at most 65536 are granted'),
    )
  })
})

describe('gpio', () => {
  const rows: [string, Access, Operation, unknown][] = [
    ['get', 'read', { op: 'get' }, passes],
    ['wait', 'read', { op: 'wait', target: 2 }, passes],
    ['set', 'read', { op: 'set', level: true }, NO_WRITE],
    ['get', 'write', { op: 'get' }, NO_READ],
    ['wait', 'write', { op: 'wait', target: 0 }, NO_READ],
    ['set', 'write', { op: 'set', level: false }, passes],
    ['set without a level', 'write', { op: 'set' }, invalid('set is nothing for gpio')],
    ['an event that is none', 'read', { op: 'wait', target: 9 }, invalid('event 9 does not exist')],
  ]
  test.each(rows)('%s, with %s', (_, access, operation, expected) => {
    expect(ask('gpio', access, operation)).toEqual(expected)
  })
})

describe('usb', () => {
  const setup = (type: number) => write(type, 0, 0, 0, 0, 0, 0, 0)
  const control = (...segments: Segment[]): Operation => ({ op: 'control', segments })
  const rows: [string, Access, Operation, unknown][] = [
    ['describe', 'write', { op: 'describe' }, passes],
    ['claim', 'read', { op: 'claim', target: 0 }, passes],
    ['a control read', 'read', control(setup(0x80), read(18)), passes],
    ['a control write', 'read', control(setup(0x40), write(1)), NO_WRITE],
    ['a control request without data', 'read', control(setup(0)), NO_WRITE],
    [
      'a read behind a setup packet that writes',
      'read',
      control(setup(0), read(1)),
      invalid('the setup packet names the other direction'),
    ],
    [
      'no setup packet',
      'read-write',
      control(read(1)),
      invalid('a control transfer is a setup packet of 8 bytes and at most one read or write'),
    ],
    ['bulk in', 'read', { op: 'bulk', target: 0x81, segments: [read(64)] }, passes],
    ['bulk out', 'read', { op: 'bulk', target: 0x01, segments: [write(1)] }, NO_WRITE],
    ['bulk out', 'write', { op: 'bulk', target: 0x01, segments: [write(1)] }, passes],
    ['bulk in', 'write', { op: 'bulk', target: 0x81, segments: [read(1)] }, NO_READ],
    [
      'a write to an IN endpoint',
      'read-write',
      { op: 'bulk', target: 0x81, segments: [write(1)] },
      invalid('endpoint 0x81 takes one read'),
    ],
    ['reset', 'read', { op: 'reset' }, NO_WRITE],
    ['clear-halt of an IN endpoint', 'read', { op: 'clear-halt', target: 0x81 }, passes],
    ['clear-halt of an OUT endpoint', 'read', { op: 'clear-halt', target: 1 }, NO_WRITE],
  ]
  test.each(rows)('%s, with %s', (_, access, operation, expected) => {
    expect(ask('usb', access, operation)).toEqual(expected)
  })
})

describe('a delay in the time of a lab', () => {
  test('needs no right, and is one delay', () => {
    expect(ask('i2c', 'read', { op: 'delay', segments: [delay] })).toBeUndefined()
    expect(ask('i2c', 'read', { op: 'delay', segments: [read(1)] })).toEqual(invalid('one delay is expected'))
  })
})

describe('the rate', () => {
  const get = { op: 'get' } as const
  const at = (perSecond: number) => {
    const check = compileGrant({ device: 'd', kind: 'gpio', access: 'read', perSecond }, specs.gpio)
    return (ms: number) => check(get, ms)
  }

  test('lets a second’s worth through at once, and then one for each part of a second', () => {
    const check = at(4)
    expect([0, 0, 0, 0].map(check)).toEqual([passes, passes, passes, passes])
    expect(check(0)).toEqual(refused('more than 4 operations a second'))
    expect(check(249)).toEqual(refused('more than 4 operations a second'))
    expect(check(250)).toBeUndefined()
    expect(check(250)).toEqual(refused('more than 4 operations a second'))
  })

  test('saves up no more than a second’s worth', () => {
    const check = at(2)
    check(0)
    expect([100_000, 100_000, 100_000].map(check)).toEqual([passes, passes, refused('more than 2 operations a second')])
  })

  test('of nothing lets nothing through', () => {
    expect(at(0)(1e6)).toEqual(refused('more than 0 operations a second'))
  })
})

test('the longest operation is the shorter of grant and profile', () => {
  const grant = { device: 'd', kind: 'spi', access: 'read' } as const
  expect(maxBytesOf({ ...grant, maxBytes: 8 }, specs.spi)).toBe(8)
  expect(maxBytesOf({ ...grant, maxBytes: 10_000 }, specs.spi)).toBe(64)
  expect(maxBytesOf(grant, specs.spi)).toBe(64)
})
