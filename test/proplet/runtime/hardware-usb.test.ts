import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Answer, Operation } from '../../../shared/bus.ts'
import { type Rig, rig, type Subject } from './fixtures.ts'
import { type Bench, FakePort, granted, guestOf, hostOn, type Script, serve, thrown } from './hardware-fixtures.ts'

/** USB 2.0 chapter 9 by hand: a loopback device with one interface of two bulk endpoints, an HID one with a report between. */
const device = Uint8Array.of(18, 1, 0x00, 0x02, 0xff, 0x01, 0x02, 64, 0xfe, 0xca, 0x02, 0x40, 0x10, 0x01, 1, 2, 3, 1)
const configuration = Uint8Array.of(
  ...[9, 2, 57, 0, 2, 1, 4, 0x80, 50],
  ...[9, 4, 0, 0, 2, 0xff, 0x05, 0x06, 7],
  ...[7, 5, 0x81, 2, 0x00, 0x02, 0],
  ...[7, 5, 0x02, 2, 0x40, 0x00, 0],
  ...[9, 4, 1, 0, 1, 3, 0, 0, 0],
  ...[9, 0x21, 0x11, 1, 0, 1, 0x22, 63, 0],
  ...[7, 5, 0x83, 3, 8, 0, 10],
)
const location = Uint8Array.of(1, 5, 2, 3)
const description: Answer = { data: [device, configuration, location] }
const describes: Script = ({ op }) => (op === 'describe' ? description : {})

const stick = granted('stick', 'usb', { maxBytes: 512 })
const list = (host: ReturnType<typeof hostOn>) => host.call('component:usb/device#listDevices')

test('lists what was granted and is plugged in, with its descriptor and place', () => {
  const gone: Script = ({ op }, name) => (name === 'gone' ? { error: 'no-device' } : describes({ op }, name))
  const devices = [granted('sensor', 'i2c'), granted('gone', 'usb'), stick]
  const found = list(hostOn(new FakePort(devices, gone)))
  expect(found).toHaveLength(1)
  expect(found[0].slice(1)).toEqual([
    {
      length: 18,
      descriptorType: 1,
      usbVersionBcd: 0x0200,
      deviceClass: 0xff,
      deviceSubclass: 1,
      deviceProtocol: 2,
      maxPacketSize0: 64,
      vendorId: 0xcafe,
      productId: 0x4002,
      deviceVersionBcd: 0x0110,
      manufacturerIndex: 1,
      productIndex: 2,
      serialNumberIndex: 3,
      numConfigurations: 1,
    },
    { busNumber: 1, deviceAddress: 5, portNumber: 2, speed: 'high' },
  ])
})

test('reads the active configuration and skips what stands between its parts', () => {
  const [[found]] = list(hostOn(new FakePort([stick], describes)))
  const { interfaces, ...head } = found.getActiveConfigurationDescriptor()
  expect(head).toEqual({
    length: 9,
    descriptorType: 2,
    totalLength: 57,
    configurationValue: 1,
    configurationIndex: 4,
    attributes: 0x80,
    maxPower: 50,
  })
  const shown = interfaces.map((one: { interfaceNumber: number; endpoints: { endpointAddress: number }[] }) => [
    one.interfaceNumber,
    one.endpoints.map(({ endpointAddress }) => endpointAddress),
  ])
  expect(shown).toEqual([
    [0, [0x81, 0x02]],
    [1, [0x83]],
  ])
  expect(interfaces[0].endpoints[0]).toEqual({
    length: 7,
    descriptorType: 5,
    endpointAddress: 0x81,
    attributes: 2,
    maxPacketSize: 512,
    interval: 0,
    refresh: 0,
    synchAddress: 0,
  })
})

test.each([
  ['ends in the middle of a part', configuration.subarray(0, 20), 1],
  ['has a part of no length', Uint8Array.of(...configuration.subarray(0, 18), 0, 0, 7, 5), 1],
  ['is shorter than its head', configuration.subarray(0, 8), undefined],
])('a configuration that %s is no trap', (_, bytes, interfaces) => {
  const [[found]] = list(hostOn(new FakePort([stick], () => ({ data: [device, bytes, location] }))))
  if (interfaces === undefined) expect(thrown(() => found.getActiveConfigurationDescriptor())).toBe('not-found')
  else expect(found.getActiveConfigurationDescriptor().interfaces).toHaveLength(interfaces)
})

test('asks the device for a configuration that is not the active one', () => {
  const second = Uint8Array.of(9, 2, 9, 0, 0, 7, 0, 0x80, 50)
  const port = new FakePort([stick], ({ op, segments = [] }) => {
    if (op === 'describe') return { data: [Uint8Array.of(...device.subarray(0, 17), 2), configuration, location] }
    const asked = segments[0] && 'bytes' in segments[0] ? segments[0].bytes[2] : undefined
    return { data: [asked === 1 ? second : configuration.subarray(0, 9)] }
  })
  const [[found]] = list(hostOn(port))
  expect(found.getConfigurationDescriptorByValue(7).configurationValue).toBe(7)
  expect(thrown(() => found.getConfigurationDescriptorByValue(9))).toBe('not-found')
  expect(thrown(() => found.getConfigurationDescriptor(2))).toBe('not-found')
  const [control] = port.operations.filter(({ op }) => op === 'control')
  expect(control?.segments).toEqual([
    { kind: 'write', bytes: Uint8Array.of(0x80, 6, 0, 2, 0, 0, 9, 0) },
    { kind: 'read', length: 9 },
  ])
})

const setup = { bmRequestType: 0xc0, bRequest: 1, wValue: 0x0203, wIndex: 0x0405 }
const options = { endpoint: 0x81, timeoutMs: 0, streamId: 0, isoPackets: 0 }

function handle(script: Script = describes, device = stick) {
  const port = new FakePort([device], script)
  const host = hostOn(port)
  const [[found]] = list(host)
  const opened = found.open()
  port.rows.length = 0
  return { port, host, opened }
}

test.each<[string, unknown[], Uint8Array, Operation]>([
  [
    'a control read',
    ['control', setup, 4, { ...options, timeoutMs: 250 }],
    Uint8Array.of(),
    {
      op: 'control',
      timeoutMs: 250,
      segments: [
        { kind: 'write', bytes: Uint8Array.of(0xc0, 1, 3, 2, 5, 4, 4, 0) },
        { kind: 'read', length: 4 },
      ],
    },
  ],
  [
    'a control write',
    ['control', { ...setup, bmRequestType: 0x40 }, 2, options],
    Uint8Array.of(8, 9),
    {
      op: 'control',
      segments: [
        { kind: 'write', bytes: Uint8Array.of(0x40, 1, 3, 2, 5, 4, 2, 0) },
        { kind: 'write', bytes: Uint8Array.of(8, 9) },
      ],
    },
  ],
  [
    'a control transfer without data',
    ['control', { ...setup, bmRequestType: 0x40 }, 0, options],
    Uint8Array.of(),
    { op: 'control', segments: [{ kind: 'write', bytes: Uint8Array.of(0x40, 1, 3, 2, 5, 4, 0, 0) }] },
  ],
  [
    'a bulk read',
    ['bulk', setup, 512, options],
    Uint8Array.of(),
    { op: 'bulk', target: 0x81, segments: [{ kind: 'read', length: 512 }] },
  ],
  [
    'an interrupt write',
    ['interrupt', setup, 0, { ...options, endpoint: 2 }],
    Uint8Array.of(7),
    { op: 'interrupt', target: 2, segments: [{ kind: 'write', bytes: Uint8Array.of(7) }] },
  ],
])('submits %s', (_, args, data, operation) => {
  const { port, opened } = handle()
  opened.newTransfer(...args).submitTransfer(data)
  expect(port.operations).toEqual([operation])
})

test.each([
  ['isochronous', options],
  ['bulk', { ...options, streamId: 1 }],
])('does not support %s transfers with %j', (type, given) => {
  expect(thrown(() => handle().opened.newTransfer(type, setup, 8, given))).toBe('not-supported')
})

test('refuses a transfer beyond the grant before it allocates anything', () => {
  const { port, host, opened } = handle()
  const transfer = opened.newTransfer('bulk', setup, 0xffff_ffff, options)
  expect(thrown(() => transfer.submitTransfer(Uint8Array.of()))).toBe('access')
  expect(port.rows).toEqual([])
  expect(host.guest.devices.refusals?.count).toBe(1)
})

test('a transfer is submitted once at a time, and cancelled only while it is under way', () => {
  const { port, host, opened } = handle(({ op }) => (op === 'bulk' ? undefined : description))
  const transfer = opened.newTransfer('bulk', setup, 8, options)
  const wait = () => host.call('component:usb/transfers#awaitTransfer', transfer)
  expect(thrown(() => transfer.cancelTransfer())).toBe('not-found')
  expect(thrown(wait)).toBe('not-found')
  transfer.submitTransfer(Uint8Array.of())
  expect(thrown(() => transfer.submitTransfer(Uint8Array.of()))).toBe('busy')
  expect(thrown(() => opened.newTransfer('bulk', setup, 8, options).submitTransfer(Uint8Array.of()))).toBe('busy')
  expect(thrown(() => opened.clearHalt(0x81))).toBe('busy')
  transfer.cancelTransfer()
  expect(port.cancelled).toEqual(['stick'])
  expect(thrown(() => transfer.cancelTransfer())).toBe('not-found')
  expect(thrown(wait)).toBe('interrupted')
})

test('a transfer that is dropped is cancelled', () => {
  const { port, opened } = handle(({ op }) => (op === 'bulk' ? undefined : description))
  const transfer = opened.newTransfer('bulk', setup, 8, options)
  transfer.submitTransfer(Uint8Array.of())
  transfer[Symbol.dispose]()
  expect(port.cancelled).toEqual(['stick'])
})

test('a handle gives its interfaces back when it is closed or dropped, once', () => {
  const { port, opened } = handle()
  opened.claimInterface(0)
  opened.claimInterface(1)
  opened.releaseInterface(0)
  opened.close()
  opened[Symbol.dispose]()
  expect(port.operations.map(({ op, target }) => [op, target])).toEqual([
    ['claim', 0],
    ['claim', 1],
    ['release', 0],
    ['release', 1],
  ])
  expect(thrown(() => opened.claimInterface(0))).toBe('invalid-param')
})

test('hotplug tells what arrived and what left since the guest last looked', () => {
  const here = new Set(['stick'])
  const place = { address: 5 }
  const script: Script = (_, name) =>
    here.has(name) ? { data: [device, configuration, Uint8Array.of(1, place.address, 2, 3)] } : { error: 'no-device' }
  const host = hostOn(new FakePort([stick, granted('other', 'usb')], script))
  const poll = () => host.call('wasi:usb/usb-hotplug#pollEvents').map((row: unknown[]) => row.slice(0, 2))
  const info = (address: number) => ({ bus: 1, address, vendor: 0xcafe, product: 0x4002 })
  const arrived = { arrived: true, left: false }
  const left = { arrived: false, left: true }
  expect(poll()).toEqual([])
  host.call('wasi:usb/usb-hotplug#enableHotplug')
  expect(poll()).toEqual([])
  here.add('other')
  expect(poll()).toEqual([[arrived, info(5)]])
  place.address = 6
  here.delete('other')
  expect(poll()).toEqual([
    [left, info(5)],
    [left, info(5)],
    [arrived, info(6)],
  ])
  expect(poll()).toEqual([])
})

/** The same through a real component, jco's glue and the channels. */
let it: Rig
let loopback: Subject
let bench: Bench
beforeAll(async () => {
  it = rig({ size: 1 })
  loopback = await guestOf('loopback')
  bench = serve([stick], ({ op, segments = [] }) => {
    if (op === 'describe') return description
    if (op !== 'bulk' && op !== 'control') return { error: op === 'reset' ? 'access' : undefined }
    return segments.at(-1)?.kind === 'read' ? { data: [Uint8Array.of(4, 5, 6)] } : undefined
  })
})
afterAll(async () => {
  bench.close()
  await it.close()
})
const run = (name: string, args: readonly unknown[] = []) =>
  it.call(loopback, { export: name, args: args as never, bus: bench.bus })
const wireSetup = [0, 0, 0, 0]
const wireOptions = (endpoint: number) => [endpoint, 0, 0, 0]

test('a component lists, describes and reads a device', async () => {
  expect((await run('devices')).value).toMatchObject([0, [[{ 8: 0x4002 }, [1, 5, 2, 3]]]])
  expect((await run('configuration')).value).toMatchObject([0, { 2: 57, 3: { length: 2 } }])
  const read = await run('transfer', [1, wireSetup, 8, wireOptions(0x81), Uint8Array.of()])
  expect(read.value).toEqual([0, Uint8Array.of(4, 5, 6)])
})

test('a component cancels what it submitted', async () => {
  expect((await run('cancel', [wireOptions(2), Uint8Array.of(1)])).value).toEqual([1, 9])
})

test('a component has an error for each thing that we cannot do', async () => {
  const { value } = await run('manage', [0, 1, 0x81, [1, 1]])
  expect(value).toEqual([
    ['alloc-streams', 11],
    ['free-streams', 11],
    ['detach-kernel-driver', 4],
    ['attach-kernel-driver', 4],
    ['reset-device', 2],
    ['after close', 1],
  ])
})

test('a component polls for events', async () => {
  expect((await run('events')).value).toEqual([0, []])
})

test.each(['lend', 'lend-device'])('%s takes a usb device as parameter', async (name) => {
  const { outcome } = await run(name, name === 'lend' ? ['stick', 0x81] : ['stick'])
  expect(outcome).toBe('completed')
})
