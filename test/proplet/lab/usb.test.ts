import { describe, expect, test } from 'vitest'
import type { BusDevice } from '../../../proplet/lab/buses/bus.ts'
import { BENCH, exchange, labOf, read, run, usbDevice, write } from './support.ts'

const bench = async () => {
  const lab = await labOf(BENCH)
  return { lab, device: lab.open(usbDevice()), stick: lab.part('stick') }
}
const claimed = async () => {
  const all = await bench()
  await run(all.device, { op: 'claim', target: 0 })
  return all
}
const control = (device: BusDevice, setup: number[], ...data: ReturnType<typeof read>[]) =>
  run(device, { op: 'control', segments: [write(...setup), ...data] })
const interrupt = (device: BusDevice, length = 64, timeoutMs = 0) =>
  run(device, { op: 'interrupt', target: 0x81, segments: [read(length)], timeoutMs })

describe('a USB device of the lab', () => {
  test('is found by what it says it is, its serial number too', async () => {
    const { lab } = await bench()
    lab.open(usbDevice({ serial: 'SN-7' }))
    expect(() => lab.open(usbDevice({ serial: 'SN-8' }))).toThrow(
      /usb-0 has no USB device cafe:4002 with serial number SN-8/,
    )
    expect(() => lab.open(usbDevice({ product: 1 }))).toThrow(/usb-0 has no USB device cafe:0001/)
  })

  test('is described: device, configuration, and bus, address, port, speed', async () => {
    const { device } = await bench()
    const { data = [] } = await run(device, { op: 'describe' })
    expect(data.map((hex) => hex.length / 2)).toEqual([18, 48, 4])
    expect(data[2]).toBe('04020202')
  })
})

describe('requests that every USB device knows', () => {
  test.each([
    ['GET_DESCRIPTOR device, cut to what was asked for', [0x80, 6, 0, 1, 0, 0, 8, 0], 8, '1201100100000040'],
    ['GET_DESCRIPTOR configuration', [0x80, 6, 0, 2, 0, 0, 4, 0], 4, '09023000'],
    ['GET_DESCRIPTOR of a text, which is the part’s own', [0x80, 6, 1, 3, 9, 4, 64, 0], 64, '0a0353004e002d003700'],
    ['GET_CONFIGURATION', [0x80, 8, 0, 0, 0, 0, 1, 0], 1, '01'],
    ['GET_INTERFACE', [0x81, 10, 0, 0, 0, 0, 1, 0], 1, '00'],
    ['GET_STATUS of an endpoint', [0x82, 0, 0, 0, 0x81, 0, 2, 0], 2, '0000'],
  ])('%s', async (_name, setup, length, hex) => {
    const { device } = await bench()
    expect(await control(device, setup, read(length))).toEqual({ data: [hex] })
  })

  test('SET_CONFIGURATION 0 takes the endpoints away, 1 gives them back, 2 stalls', async () => {
    const { device, stick } = await claimed()
    expect(await control(device, [0, 9, 2, 0, 0, 0, 0, 0])).toEqual({ error: 'stall' })
    await control(device, [0, 9, 0, 0, 0, 0, 0, 0])
    expect(await control(device, [0x80, 8, 0, 0, 0, 0, 1, 0], read(1))).toEqual({ data: ['00'] })
    expect((await run(device, { op: 'describe' })).data?.[1]).toBe('')
    expect(await interrupt(device)).toEqual({ error: 'invalid' })
    await control(device, [0, 9, 1, 0, 0, 0, 0, 0])
    stick.set('tick', 4)
    expect(await interrupt(device)).toEqual({ data: ['040203'] })
  })

  test('SET_FEATURE halts an endpoint, CLEAR_FEATURE lets it go', async () => {
    const { device } = await claimed()
    await control(device, [2, 3, 0, 0, 0x81, 0, 0, 0])
    expect(await interrupt(device)).toEqual({ error: 'stall' })
    expect(await control(device, [0x82, 0, 0, 0, 0x81, 0, 2, 0], read(2))).toEqual({ data: ['0100'] })
    await control(device, [2, 1, 0, 0, 0x81, 0, 0, 0])
    expect(await control(device, [0x82, 0, 0, 0, 0x81, 0, 2, 0], read(2))).toEqual({ data: ['0000'] })
  })

  test('SET_INTERFACE changes the endpoints there are', async () => {
    const { device } = await claimed()
    const out = { op: 'bulk', target: 2, segments: [write(1)] } as const
    expect(await run(device, out)).toEqual({ error: 'invalid' })
    expect(await control(device, [1, 11, 1, 0, 0, 0, 0, 0])).toEqual({})
    expect(await run(device, out)).toEqual({})
    expect(await control(device, [1, 11, 7, 0, 0, 0, 0, 0])).toEqual({ error: 'stall' })
  })

  test('one that nobody knows stalls', async () => {
    const { lab, device } = await bench()
    expect(await control(device, [0xc0, 0x55, 0, 0, 0, 0, 1, 0], read(1))).toEqual({ error: 'stall' })
    expect(lab.trace.wires()).toEqual(['SETUP c0 55 00 00 00 00 01 00 STALL'])
  })

  test.each([
    ['seven bytes of setup', [write(1, 2, 3, 4, 5, 6, 7)]],
    ['data against the direction', [write(0x80, 6, 0, 1, 0, 0, 1, 0), write(1)]],
    ['a length that is not the one of the setup packet', [write(0x80, 6, 0, 1, 0, 0, 18, 0), read(9)]],
    ['a transfer of SPI', [exchange(0x80, 6, 0, 1, 0, 0, 0, 0)]],
  ])('%s is invalid', async (_what, segments) => {
    const { device } = await bench()
    expect(await run(device, { op: 'control', segments })).toEqual({ error: 'invalid' })
  })
})

describe('endpoints', () => {
  test('an IN endpoint waits until the device has something', async () => {
    const { lab, device, stick } = await claimed()
    const answer = interrupt(device, 64, 1000)
    lab.time.advance(29_999_999n)
    stick.set('refuses', false)
    lab.time.advance(1n)
    expect(await answer).toEqual({ data: ['010203'] })
    expect(lab.trace.wires().at(-1)).toBe('IN 81 01 02 03')
  })

  test('a property that changes can be what it waits for', async () => {
    const { device, stick } = await claimed()
    const answer = interrupt(device, 64, 1000)
    stick.set('tick', 9)
    expect(await answer).toEqual({ data: ['090203'] })
  })

  test("gives up after its time, or after the device's where it has none", async () => {
    const { lab, device } = await claimed()
    const own = interrupt(device, 64, 20)
    lab.time.advance(20_000_000n)
    expect(await own).toEqual({ error: 'timeout' })
    lab.time.advance(20_000_000n)
    await interrupt(device)
    const devices = interrupt(device)
    lab.time.advance(99_000_000n)
    lab.time.advance(1_000_000n)
    expect(await devices).toEqual({ error: 'timeout' })
  })

  test('a device that sends more than was asked for overflows', async () => {
    const { device, stick } = await claimed()
    stick.set('tick', 5)
    expect(await interrupt(device, 2)).toEqual({ error: 'overflow' })
  })

  test('one that halts stays halted until it is cleared, reset or set anew', async () => {
    const { device, stick } = await claimed()
    await run(device, { op: 'alternate', target: 1 })
    const out = () => run(device, { op: 'bulk', target: 2, segments: [write(1)] })
    for (const mend of [
      { op: 'clear-halt', target: 2 },
      { op: 'alternate', target: 1 },
    ] as const) {
      stick.set('refuses', true)
      expect(await out()).toEqual({ error: 'stall' })
      stick.set('refuses', false)
      expect(await out()).toEqual({ error: 'stall' })
      await run(device, mend)
      expect(await out()).toEqual({})
    }
  })

  test('are of a type, a direction and an interface that is claimed', async () => {
    const { lab, device } = await bench()
    expect(await interrupt(device)).toEqual({ error: 'invalid' })
    await run(device, { op: 'claim', target: 0 })
    expect(await run(device, { op: 'bulk', target: 0x81, segments: [read(1)] })).toEqual({ error: 'invalid' })
    expect(await run(device, { op: 'interrupt', target: 0x81, segments: [write(1)] })).toEqual({ error: 'invalid' })
    expect(await interrupt(lab.open(usbDevice()))).toEqual({ error: 'busy' })
  })
})

describe('interfaces', () => {
  test('are claimed by one, and given back by release and close', async () => {
    const { lab, device } = await claimed()
    const other = lab.open(usbDevice())
    expect(await run(other, { op: 'claim', target: 0 })).toEqual({ error: 'busy' })
    expect(await run(other, { op: 'configure', target: 0 })).toEqual({ error: 'busy' })
    expect(await run(device, { op: 'release', target: 0 })).toEqual({})
    expect(await run(other, { op: 'claim', target: 0 })).toEqual({})
    other.close()
    expect(await run(device, { op: 'claim', target: 0 })).toEqual({})
  })

  test.each([
    { op: 'claim', target: 1 },
    { op: 'release', target: 1 },
    { op: 'alternate', target: 5 },
    { op: 'configure', target: 2 },
    { op: 'clear-halt', target: 0x8f },
    { op: 'get' },
  ] as const)('%j is invalid', async (operation) => {
    const { device } = await bench()
    expect(await run(device, operation)).toEqual({ error: 'invalid' })
  })

  test('a device that is pulled out is gone for every operation, until it is back', async () => {
    const { lab, device } = await claimed()
    lab.addFault({ on: 'stick', kind: 'no-device' })
    expect(await run(device, { op: 'describe' })).toEqual({ error: 'no-device' })
    expect(await interrupt(device)).toEqual({ error: 'no-device' })
    lab.faults.clear()
    expect((await run(device, { op: 'describe' })).error).toBeUndefined()
  })
})
