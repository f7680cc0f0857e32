import { describe, expect, test } from 'vitest'
import { TestClock } from '../../support/test-clock.ts'
import { BENCH, i2cDevice, labOf, read, run, transfer, write } from './support.ts'

const bench = async () => {
  const lab = await labOf(BENCH)
  return { lab, device: lab.open(i2cDevice()), chip: lab.part('chip') }
}

describe('an i2c bus of the lab', () => {
  test('shows a chip start, bytes, repeated start and stop, as its wires would', async () => {
    const { device, chip } = await bench()
    expect(await transfer(device, 0x40, write(0xd0, 0x01), read(2))).toEqual({ data: ['1011'] })
    expect(chip.get('notes')).toBe('start-write write-d0 write-1 start-read stop')
  })

  test('acknowledges all bytes that are read but the last of a message', async () => {
    const { lab, device } = await bench()
    await transfer(device, 0x40, write(0xd0), read(3))
    expect(lab.trace.wires('i2c-0')).toEqual(['S 40w A d0 A Sr 40r A 10 A 11 A 12 N P'])
  })

  test('makes one message of adjacent segments of one kind, and splits what was read', async () => {
    const { lab, device } = await bench()
    const answer = await transfer(device, 0x40, write(1), write(2), read(1), read(2))
    expect(answer).toEqual({ data: ['10', '1112'] })
    expect(lab.trace.wires()).toEqual(['S 40w A 01 A 02 A Sr 40r A 10 A 11 A 12 N P'])
  })

  test('an empty write probes an address', async () => {
    const { lab, device } = await bench()
    expect(await transfer(device, 0x40, write())).toEqual({})
    expect(await transfer(device, 0x41, write())).toEqual({ error: 'nack-address' })
    expect(lab.trace.wires()).toEqual(['S 40w A P', 'S 41w N P'])
  })

  test('a byte that is not acknowledged ends the transfer, and the chip sees the stop', async () => {
    const { lab, device, chip } = await bench()
    chip.set('deaf', 1)
    expect(await transfer(device, 0x40, write(1, 2, 3), read(1))).toEqual({ error: 'nack-data' })
    expect(lab.trace.wires()).toEqual(['S 40w A 01 A 02 N P'])
    expect(chip.get('notes')).toBe('start-write write-1 write-2 stop')
  })

  test('addresses above 0x7f are of 10 bits; lower ones where the device says so', async () => {
    const { lab, device } = await bench()
    expect(await transfer(device, 0x240, read(1))).toEqual({ data: ['10'] })
    const tenBit = lab.open(i2cDevice({ tenBit: true }))
    expect(await transfer(tenBit, 0x40, read(1))).toEqual({ error: 'nack-address' })
    expect(lab.trace.wires()).toEqual(['S 240r A 10 N P', 'S 040r N P'])
  })

  test.each([
    ['an address beyond 10 bits', { op: 'transfer', target: 0x400, segments: [read(1)] }],
    ['no address', { op: 'transfer', segments: [read(1)] }],
    ['no segments', { op: 'transfer', target: 0x40 }],
    ['a read of no bytes', { op: 'transfer', target: 0x40, segments: [write(1), read(0)] }],
    ['a read of more than a transfer holds', { op: 'transfer', target: 0x40, segments: [read(65_537)] }],
    ['a segment of SPI', { op: 'transfer', target: 0x40, segments: [{ kind: 'delay', length: 1 }] }],
    ['an operation of gpio', { op: 'get' }],
  ] as const)('%s is invalid, without traffic', async (_what, operation) => {
    const { lab, device } = await bench()
    expect(await run(device, operation)).toEqual({ error: 'invalid' })
    expect(lab.trace.wires()).toEqual([])
  })

  test('takes nine bits of time for a byte, where time is virtual', async () => {
    const { lab, device } = await bench()
    await transfer(device, 0x40, write(1), read(2))
    // Start, address and byte; start, address and two bytes; stop: 1 + 9 + 9 + 1 + 9 + 18 + 1 bits of 10 us.
    expect(lab.time.now()).toBe(480_000n)
  })

  test('a chip that throws is an error of one operation, and the next one works', async () => {
    const { device, chip } = await bench()
    chip.set('broken', true)
    expect(await transfer(device, 0x40, write(1))).toEqual({ error: 'io' })
    chip.set('broken', false)
    expect(await transfer(device, 0x40, write(1))).toEqual({})
  })
})

describe('faults on i2c', () => {
  test.each([
    ['nack', 'nack-address', 'S 40w N P'],
    ['nack-data', 'nack-data', 'S 40w A 01 N P'],
    ['arbitration-lost', 'arbitration-lost', 'S 40w !arbitration-lost'],
    ['timeout', 'timeout', '!timeout'],
    ['no-device', 'no-device', '!no-device'],
  ] as const)('%s strikes as often as was asked, and then no more', async (kind, error, wire) => {
    const { lab, device } = await bench()
    lab.addFault({ on: 'i2c-0', kind, count: 2 })
    expect(await transfer(device, 0x40, write(1))).toEqual({ error })
    expect(await transfer(device, 0x40, write(1))).toEqual({ error })
    expect(await transfer(device, 0x40, write(1))).toEqual({})
    expect(lab.trace.wires()).toEqual([wire, wire, 'S 40w A 01 A P'])
    expect(lab.faults.list()).toEqual([])
  })

  test('one of a part strikes that part alone, until it is cleared', async () => {
    const { lab, device } = await bench()
    const fault = lab.addFault({ on: 'chip', kind: 'nack' })
    for (let round = 0; round < 3; round++)
      expect(await transfer(device, 0x40, write(1))).toEqual({ error: 'nack-address' })
    expect(await transfer(device, 0x240, write(1))).toEqual({})
    expect(lab.faults.clear({ fault })).toBe(1)
    expect(await transfer(device, 0x40, write(1))).toEqual({})
  })

  test('one of data waits for a transfer that writes', async () => {
    const { lab, device } = await bench()
    lab.addFault({ on: 'chip', kind: 'nack-data', count: 1 })
    expect(await transfer(device, 0x40, read(1))).toEqual({ data: ['10'] })
    expect(await transfer(device, 0x40, write(1))).toEqual({ error: 'nack-data' })
  })

  test('a chip that lost the arbitration with its controller still sees nothing of the other one', async () => {
    const { lab, device, chip } = await bench()
    lab.addFault({ on: 'i2c-0', kind: 'arbitration-lost', count: 1 })
    await transfer(device, 0x40, write(1))
    expect(chip.get('notes')).toBe('')
  })

  test("a time limit that passes is the device's, in the lab's time", async () => {
    const { lab, device } = await bench()
    lab.addFault({ on: 'i2c-0', kind: 'timeout', count: 1 })
    await transfer(device, 0x40, write(1))
    expect(lab.time.now()).toBe(100_000_000n)
  })

  test('a stuck bus holds every operation, in order, until it is cleared', async () => {
    const { lab, device, chip } = await bench()
    lab.addFault({ on: 'i2c-0', kind: 'stuck' })
    const both = [transfer(device, 0x40, write(1)), transfer(device, 0x40, write(2))]
    expect(chip.get('notes')).toBe('')
    lab.faults.clear()
    expect(await Promise.all(both)).toEqual([{}, {}])
    expect(chip.get('notes')).toBe('start-write write-1 stop start-write write-2 stop')
  })

  test('a stuck bus lets go of an operation whose time is up, or whose task ended', async () => {
    const { lab, device } = await bench()
    lab.addFault({ on: 'i2c-0', kind: 'stuck' })
    const late = transfer(device, 0x40, write(1))
    lab.time.advance(100_000_000n)
    expect(await late).toEqual({ error: 'timeout' })
    const abort = new AbortController()
    const cancelled = run(device, { op: 'transfer', target: 0x40, segments: [write(1)] }, abort.signal)
    abort.abort()
    expect(await cancelled).toEqual({ error: 'cancelled' })
  })

  test('an operation that is given up while others are held is told so at once', async () => {
    const { lab, device, chip } = await bench()
    lab.addFault({ on: 'i2c-0', kind: 'stuck' })
    const first = transfer(device, 0x40, write(1))
    const abort = new AbortController()
    const second = run(device, { op: 'transfer', target: 0x40, segments: [write(2)] }, abort.signal)
    const third = transfer(device, 0x40, write(3))
    abort.abort()
    expect(await second).toEqual({ error: 'cancelled' })
    lab.faults.clear()
    expect(await Promise.all([first, third])).toEqual([{}, {}])
    expect(chip.get('notes')).toBe('start-write write-1 stop start-write write-3 stop')
  })

  test.each([
    [{ on: 'nowhere', kind: 'nack' }, /bus or part "nowhere" does not exist/],
    [{ on: 'spi-0', kind: 'nack' }, /fault on spi-0: nack is not one of timeout, stuck, overrun/],
    [{ on: 'i2c-0', kind: 'stuck', count: 3 }, /count: 3 is not left out/],
    [{ on: 'i2c-0', kind: 'nack', count: 0 }, /count: 0 is not at least 1/],
  ] as const)('%j is refused with what was expected', async (fault, message) => {
    const { lab } = await bench()
    expect(() => lab.addFault(fault)).toThrow(message)
  })

  test('faults are bounded', async () => {
    const { lab } = await bench()
    for (let count = 0; count < 64; count++) lab.addFault({ on: 'i2c-0', kind: 'nack' })
    expect(() => lab.addFault({ on: 'i2c-0', kind: 'nack' })).toThrow(/64 faults are active/)
  })
})

describe('an i2c bus in real time', () => {
  const real = BENCH.replace('time: virtual', 'time: real')

  test("a time limit is waited for on the lab's clock", async () => {
    const clock = new TestClock()
    const lab = await labOf(real, clock)
    lab.addFault({ on: 'i2c-0', kind: 'timeout', count: 1 })
    const answer = transfer(lab.open(i2cDevice()), 0x40, write(1))
    clock.advance(99)
    expect(clock.pending).toBe(1)
    clock.advance(1)
    expect(await answer).toEqual({ error: 'timeout' })
  })

  test('a transfer takes no time at all', async () => {
    const clock = new TestClock()
    const lab = await labOf(real, clock)
    await transfer(lab.open(i2cDevice()), 0x40, write(1), read(200))
    expect(lab.time.now()).toBe(0n)
  })
})
