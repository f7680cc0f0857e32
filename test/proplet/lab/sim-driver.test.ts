import { describe, expect, onTestFinished, test } from 'vitest'
import { createSimDriver, fetchProfile } from '../../../proplet/hal/drivers/sim/index.ts'
import type { DeviceSpec, GpioSpec } from '../../../proplet/hal/profile.ts'
import { startLab } from '../../../proplet/lab/start.ts'
import { pinEvents } from '../../../shared/bus.ts'
import { realClock } from '../../../shared/clock.ts'
import { quiet } from '../../support/quiet.ts'
import { started, temporaryFolder } from './running.ts'
import { BENCH, read, write } from './support.ts'

const YAML = `${BENCH}
proplets:
  edge-1:
    temp: { part: chip, maxBytes: 64, timeoutMs: 50 }
    flash: { part: flash, mode: 3, hz: 5000000, lsbFirst: true }
    motor-1: { part: in-1, direction: output, activeLow: true, safe: high }
    estop: { part: in-0, direction: input, activeLow: true, pull: up, debounceMs: 0.5 }
    stick: { part: stick, serial: SN-7 }
`
const { signal } = new AbortController()
const READ = { op: 'transfer', target: 0x40, segments: [write(1), read(1)] } as const

async function bench() {
  const lab = await started({ yaml: YAML })
  const { devices } = await fetchProfile(lab.socket, 'edge-1')
  const open = async (name: string) => {
    const spec = devices.find((one) => one.name === name) as DeviceSpec
    const driver = createSimDriver(lab.socket, (spec.controller as { bus: string }).bus)
    onTestFinished(() => driver.close())
    return { device: await driver.open(spec), driver, spec }
  }
  return { ...lab, devices, open }
}

describe('the profile that a lab gives', () => {
  test('is one of device specifications, each with its controller', async () => {
    const { socket, devices } = await bench()
    const controller = (bus: string) => ({ driver: 'sim', socket, bus })
    expect(devices).toMatchObject([
      { name: 'temp', kind: 'i2c', controller: controller('i2c-0'), addresses: [0x40], maxBytes: 64, timeoutMs: 50 },
      { name: 'flash', kind: 'spi', controller: controller('spi-0:1'), mode: 3, hz: 5_000_000, lsbFirst: true },
      { name: 'motor-1', kind: 'gpio', controller: controller('gpio-0'), line: 1, direction: 'output', safe: 'high' },
      { name: 'estop', kind: 'gpio', line: 0, activeLow: true, pull: 'up', debounceUs: 500 },
      { name: 'stick', kind: 'usb', vendor: 0xcafe, product: 0x4002, serial: 'SN-7' },
    ])
  })

  test('says whose time it is, and is empty for a proplet that the lab does not know', async () => {
    const { socket } = await bench()
    expect(await fetchProfile(socket, 'edge-9')).toEqual({ devices: [], virtualTime: true })
  })

  test('nobody there is an error that names the socket', async () => {
    await expect(fetchProfile('/nowhere/lab.sock', 'edge-1')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'lab at /nowhere/lab.sock: cannot be reached: ENOENT',
    })
  })
})

describe('the simulated driver', () => {
  test('turns levels and edges round where a line is active low', async () => {
    const { open, lab } = await bench()
    const { device } = await open('motor-1')
    await device.run({ op: 'set', level: true }, signal)
    expect(lab.part('in-1').get('driven')).toBe('low')
    expect(await device.run({ op: 'get' }, signal)).toEqual({ level: true })
    const estop = await open('estop')
    const rising = estop.device.run({ op: 'wait', target: pinEvents.indexOf('rising') }, signal)
    expect(await estop.device.run({ op: 'get' }, signal)).toEqual({ level: false })
    lab.part('in-0').set('puts', 'low')
    lab.time.advance(500_000n)
    expect(await rising).toEqual({ level: true })
  })

  test('a bus that is not there, or of another kind, is NOT_FOUND with the name of the device', async () => {
    const { socket, devices } = await bench()
    const refused = (bus: string) => createSimDriver(socket, bus).open(devices[0] as DeviceSpec)
    await expect(refused('i2c-9')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/temp.*i2c-9/),
    })
    await expect(refused('gpio-0')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('a line of a name is NOT_FOUND: lines of a lab have numbers', async () => {
    const { socket, devices } = await bench()
    const spec = { ...(devices.find(({ name }) => name === 'estop') as GpioSpec), line: 'STOP' }
    await expect(createSimDriver(socket, 'gpio-0').open(spec)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('a signal that is aborted already never reaches the bus', async () => {
    const { open, lab } = await bench()
    const { device } = await open('temp')
    expect(await device.run(READ, AbortSignal.abort())).toEqual({ error: 'cancelled' })
    expect(lab.trace.wires()).toEqual([])
  })

  test('an operation that no frame holds is invalid, and the next one works', async () => {
    const { open } = await bench()
    const { device } = await open('temp')
    const segments = Array.from({ length: 40 }, () => write(...new Uint8Array(65_536)))
    expect(await device.run({ op: 'transfer', target: 0x40, segments }, signal)).toMatchObject({ error: 'invalid' })
    expect(await device.run({ op: 'transfer', target: -1 }, signal)).toMatchObject({ error: 'invalid' })
    expect((await device.run(READ, signal)).error).toBeUndefined()
  })

  test('a lab that goes is a device that is gone; one that comes back is found at the next operation', async () => {
    const dir = temporaryFolder()
    const { file } = await started({ yaml: YAML })
    const socket = `${dir}/lab.sock`
    const start = () => startLab({ file, socket, clock: realClock, log: quiet })
    const first = await start()
    const { devices } = await fetchProfile(socket, 'edge-1')
    const driver = createSimDriver(socket, 'gpio-0')
    onTestFinished(() => driver.close())
    const spec = devices.find(({ name }) => name === 'estop') as DeviceSpec
    const device = await driver.open(spec)
    const waiting = device.run({ op: 'wait', target: 0 }, signal)
    await device.run({ op: 'get' }, signal)
    await first.close()
    expect(await waiting).toMatchObject({ error: 'no-device' })
    expect(await device.run({ op: 'get' }, signal)).toMatchObject({ error: 'no-device' })
    const second = await start()
    expect(await device.run({ op: 'get' }, signal)).toEqual({ level: false })
    await second.close()
  })

  test('after close, its line is free for another', async () => {
    const { open } = await bench()
    const { device } = await open('motor-1')
    await device.run({ op: 'set', level: true }, signal)
    await device.close()
    const again = await open('motor-1')
    expect(await again.device.run({ op: 'get' }, signal)).toEqual({ level: true })
  })

  test('a delay is the lab’s own', async () => {
    const { open, lab } = await bench()
    const { device } = await open('temp')
    expect(await device.run({ op: 'delay', segments: [{ kind: 'delay', length: 7_000_000 }] }, signal)).toEqual({})
    expect(lab.time.now()).toBe(7_000_000n)
  })
})
