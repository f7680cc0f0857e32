import { expect, test } from 'vitest'
import type { Operation, Segment } from '../../../shared/bus.ts'
import { MAX_SEGMENTS } from '../../../shared/bus.ts'
import { FakePort, granted, hostOn, type Script, thrown } from './hardware-fixtures.ts'

const read = (val: bigint) => ({ tag: 'read', val })
const write = (...bytes: number[]) => ({ tag: 'write', val: Uint8Array.from(bytes) })
const segmentsOf = ({ segments = [] }: Operation): string =>
  segments.map((one) => (one.kind === 'read' ? `r${one.length}` : `w${'bytes' in one && [...one.bytes]}`)).join(' ')

/** Each byte is its place in the whole. */
const counting: Script = ({ segments = [] }) => {
  let next = 0
  const reads = segments.filter((one): one is Segment & { kind: 'read' } => one.kind === 'read')
  return { data: reads.map(({ length }) => Uint8Array.from({ length }, () => next++)) }
}

function i2c(maxBytes = 64, script = counting) {
  const port = new FakePort([granted('sensor', 'i2c', { maxBytes }), granted('flash', 'spi')], script)
  const host = hostOn(port)
  return { port, host, bus: host.call('samara:device/open#openI2c', 'sensor') }
}

test.each([
  ['one kind', [read(2n), read(1n)], 'r3', [[0, 1], [2]]],
  ['writes of which one is empty', [write(1), write(), write(2, 3)], 'w1,2,3', []],
  ['each side of a turn', [write(1), write(2), read(1n), read(2n), write(3)], 'w1,2 r3 w3', [[0], [1, 2]]],
  ['turns only', [read(1n), write(9), read(2n)], 'r1 w9 r2', [[0], [1, 2]]],
  ['an empty write alone', [write()], 'w', []],
])('merges adjacent operations: %s', (_, operations, segments, data) => {
  const { port, bus } = i2c()
  expect(bus.transaction(0x50, operations).map((one: Uint8Array) => [...one])).toEqual(data)
  expect(port.operations.map(segmentsOf)).toEqual([segments])
})

test('an empty transaction is nothing on the bus', () => {
  const { port, bus } = i2c()
  expect(bus.transaction(0x50, [])).toEqual([])
  expect(port.rows).toEqual([])
})

test.each([
  ['a read of no bytes', 0n],
  ['a read beyond the grant', 65n],
  ['a read of 2^64 - 1 bytes', 2n ** 64n - 1n],
])('%s never reaches the bus', (_, length) => {
  const { port, bus } = i2c()
  expect(thrown(() => bus.read(0x50, length))).toEqual({ tag: 'other' })
  expect(thrown(() => bus.writeRead(0x50, Uint8Array.of(0), length))).toEqual({ tag: 'other' })
  expect(thrown(() => bus.transaction(0x50, [write(1), read(length)]))).toEqual({ tag: 'other' })
  expect(port.rows).toEqual([])
})

test.each([
  ['reads', [read(40n), read(25n)]],
  ['writes', [write(...new Array(40).fill(1)), write(...new Array(25).fill(1))]],
])('%s that are too long together are refused and counted', (_, operations) => {
  const { port, host, bus } = i2c()
  expect(thrown(() => bus.transaction(0x50, operations))).toEqual({ tag: 'other' })
  expect(port.rows).toEqual([])
  expect(host.guest.devices.refusals?.count).toBe(1)
  expect(host.guest.devices.refusals?.first).toMatch(/^sensor: .* of 65 bytes, at most 64 are granted$/)
})

test('many operations of one kind are one segment, however many there are', () => {
  const { port, bus } = i2c(4096)
  const all = Array.from({ length: MAX_SEGMENTS * 10 }, () => read(1n))
  expect(bus.transaction(0x50, all)).toHaveLength(MAX_SEGMENTS * 10)
  expect(port.operations.map(segmentsOf)).toEqual([`r${MAX_SEGMENTS * 10}`])
})

test('opens by name what was granted, and nothing else', () => {
  const { host } = i2c()
  expect(thrown(() => host.call('samara:device/open#openI2c', 'other'))).toBe('not-granted')
  expect(thrown(() => host.call('samara:device/open#openI2c', 'flash'))).toBe('wrong-kind')
})

test('a handle of an earlier run is refused, whoever kept it', () => {
  const { port, host, bus } = i2c()
  host.guest.devices.end({ keep: false })
  host.guest.devices.begin(new FakePort([granted('sensor', 'i2c')], counting))
  expect(thrown(() => bus.read(0x50, 1n))).toEqual({ tag: 'other' })
  expect(port.rows).toEqual([])
})

test('a guest pays for each transfer alone, not for all of them together', () => {
  const { host, bus } = i2c()
  for (let call = 0; call < 3; call++) {
    host.guest.spend(600_000)
    bus.write(0x50, Uint8Array.of(1))
  }
})

test('no guest can change what the next one imports', () => {
  const { host } = i2c()
  for (const one of Object.values(host.interfaces))
    for (const value of Object.values(one)) {
      expect(Object.isFrozen(value)).toBe(true)
      const { prototype } = value as { prototype?: object }
      if (prototype) expect(Object.isFrozen(prototype)).toBe(true)
    }
})
