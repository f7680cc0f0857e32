import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PortDevice } from '../../../proplet/hal/port.ts'
import { poll } from '../../../proplet/runtime/hosts/preview2-io.ts'
import { type Rig, rig, type Subject } from './fixtures.ts'
import { type Bench, FakePort, granted, guestOf, hostOn, type Script, serve, thrown } from './hardware-fixtures.ts'

const pin = (rest: Partial<PortDevice>, name = 'pin') => granted(name, 'gpio', rest)
const high: Script = ({ op }) => (op === 'get' ? { level: true } : {})
const on = (device: PortDevice, script: Script = high) => {
  const port = new FakePort([device], script)
  return { port, host: hostOn(port) }
}
const words = (val: string) => ({ tag: 'other', val })

test.each([
  ['openOutput', pin({ direction: 'input' }), 'pin is an input, an output needed'],
  ['openStatefulOutput', pin({ direction: 'output', access: 'read' }), 'not granted: pin: writing is not granted'],
  ['openInput', pin({ direction: 'output' }), 'pin is an output, an input needed'],
  ['openInput', pin({ direction: 'both', access: 'write' }), 'not granted: pin: reading is not granted'],
  ['openInput', granted('pin', 'i2c'), 'pin is i2c, no gpio'],
])('%s refuses %j', (name, device, text) => {
  const { port, host } = on(device)
  expect(thrown(() => host.call(`wasi:gpio/digital#${name}`, 'pin'))).toEqual(words(text))
  expect(port.rows).toEqual([])
})

test('opening an output leaves it as it is', () => {
  const { port, host } = on(pin({ direction: 'output' }))
  host.call('wasi:gpio/digital#openOutput', 'pin')
  expect(port.rows).toEqual([])
})

test('an output that was set knows its level, whichever handle set it, until the next run', () => {
  const { port, host } = on(pin({ direction: 'output' }))
  const one = host.call('wasi:gpio/digital#openStatefulOutput', 'pin')
  const other = host.call('wasi:gpio/digital#openOutput', 'pin')
  other.setLow()
  expect(one.isSetHigh()).toBe(false)
  expect(port.operations.map(({ op }) => op)).toEqual(['set'])
  host.guest.devices.end({ keep: true })
  host.guest.devices.begin(port)
  expect(one.isSetHigh()).toBe(true)
  expect(port.operations.map(({ op }) => op)).toEqual(['set', 'get'])
})

test('an output whose level could not be set does not believe that it was', () => {
  const { host } = on(pin({ direction: 'output' }), ({ op }) => (op === 'set' ? { error: 'io' } : { level: false }))
  const output = host.call('wasi:gpio/digital#openStatefulOutput', 'pin')
  expect(thrown(() => output.setHigh())).toEqual(words('io'))
  expect(output.isSetHigh()).toBe(false)
})

test.each([
  ['startWaitHigh', 0],
  ['startWaitLow', 1],
  ['startWaitRisingEdge', 2],
  ['startWaitFallingEdge', 3],
  ['startWaitAnyEdge', 4],
])('%s waits for event %i, and finishes once', (name, target) => {
  const { port, host } = on(pin({ direction: 'input' }))
  const input = host.call('wasi:gpio/digital-async#openInputWait', 'pin')
  input[name]()
  expect(port.operations).toEqual([{ op: 'wait', target, timeoutMs: 0 }])
  const pollable = input.subscribe()
  expect(pollable.ready()).toBe(true)
  input.finishWait()
  expect(thrown(() => input.finishWait())).toEqual({ tag: 'not-in-progress' })
})

test('a pollable is ready when its wait has ended, and stays so', () => {
  let ended = false
  const { host } = on(pin({ direction: 'input' }), () => (ended ? { level: true } : undefined))
  const input = host.call('wasi:gpio/digital-async#openInputWait', 'pin')
  expect(input.subscribe().ready()).toBe(true)
  input.startWaitHigh()
  const pollable = input.subscribe()
  expect(pollable.ready()).toBe(false)
  ended = true
  expect([...poll(host.guest, [pollable])]).toEqual([0])
  input.finishWait()
  expect(pollable.ready()).toBe(true)
})

test('a wait is given up with its handle, and at the end of the run', () => {
  const { port, host } = on(pin({ direction: 'input' }), () => undefined)
  const input = host.call('wasi:gpio/digital-async#openInputWait', 'pin')
  input.startWaitHigh()
  input[Symbol.dispose]()
  expect(port.cancelled).toEqual(['pin'])
  const other = host.call('wasi:gpio/digital-async#openInputWait', 'pin')
  other.startWaitHigh()
  host.guest.devices.end({ keep: false })
  expect(port.cancelled).toEqual(['pin', 'pin'])
})

test('in virtual time it is the lab that waits, in steps that its operation holds', () => {
  const port = new FakePort([pin({})], () => ({}), true)
  const host = hostOn(port)
  host.call('samara:device/open#openDelay').delayNs(5)
  host.call('wasi:gpio/delay#delayMs', 6000)
  const lengths = port.operations.flatMap(({ segments = [] }) => segments.map((one) => 'length' in one && one.length))
  expect(lengths).toEqual([5, 0xffff_ffff, 6_000_000_000 - 0xffff_ffff])
})

test.each([
  ['delayNs', 400_000],
  ['delayUs', 400],
  ['delayMs', 1],
])('%s waits at least so long, without any device', (name, amount) => {
  const host = hostOn(new FakePort([]))
  const ns = amount * { delayNs: 1, delayUs: 1e3, delayMs: 1e6 }[name as 'delayNs']
  const from = performance.now()
  host.call(`wasi:gpio/delay#${name}`, amount)
  expect((performance.now() - from) * 1e6).toBeGreaterThanOrEqual(ns)
})

/** The shape of 2025, through a real component, jco's glue and the channels. */
let it: Rig
let pins: Subject
let bench: Bench
beforeAll(async () => {
  it = rig({ size: 1 })
  pins = await guestOf('pins')
  const devices = [
    pin({ direction: 'input', access: 'read', pull: 'up' }, 'button'),
    pin({ direction: 'output' }, 'relay'),
    pin({ direction: 'both' }, 'line'),
    granted('sensor', 'i2c'),
  ]
  bench = serve(devices, high)
})
afterAll(async () => {
  bench.close()
  await it.close()
})
const run = async (name: string, args: readonly unknown[]) => {
  bench.rows.length = 0
  return (await it.call(pins, { export: name, args: args as never, bus: bench.bus })).value
}
const levels = () => bench.rows.map(({ operation }) => operation.level)

/** Flags as bits, each in a flags value of its own or together: the proposal takes a list. */
const ACTIVE_HIGH = 1
const ACTIVE_LOW = 2
const PULL_UP = 4
const PULL_DOWN = 8

test.each([
  ['describe-in', ['button', []], [0, ['button', 0, 0, [0]]]],
  ['describe-in', ['button', [ACTIVE_LOW | PULL_UP]], [0, ['button', 0, 1, [0]]]],
  ['describe-both', ['line', [ACTIVE_LOW]], [0, ['line', 2, 1, null]]],
  ['describe-in', ['button', [PULL_DOWN]], [1, [5]]],
  ['describe-in', ['button', [ACTIVE_HIGH, ACTIVE_LOW]], [1, [5]]],
  ['describe-in', ['relay', []], [1, [3]]],
  ['describe-in', ['other', []], [1, [2]]],
  ['describe-in', ['sensor', []], [1, [5]]],
  ['open-analog', ['relay'], [1, [5]]],
  ['open-analog', ['other'], [1, [2]]],
])('2025: %s of %j', async (name, args, value) => {
  expect(await run(name, args)).toEqual(value)
})

test('2025: active-low turns a pin round once more', async () => {
  expect(await run('drive', ['relay', [ACTIVE_LOW], [0, 1]])).toEqual([0, null])
  expect(levels()).toEqual([false, true])
  expect(await run('read', ['button', [ACTIVE_LOW]])).toEqual([0, [1, false, true]])
  expect(await run('read', ['button', []])).toEqual([0, [0, true, false]])
  expect(await run('toggle', ['relay', []])).toEqual([0, null])
  expect(levels()).toEqual([undefined, false])
})

test('2025: waits for microseconds', async () => {
  const { runUs } = await it.call(pins, { export: 'wait', args: [2000], bus: bench.bus })
  expect(runUs).toBeGreaterThanOrEqual(2000)
})
