import assert from 'node:assert/strict'
import type { Answer } from '../../../shared/bus.ts'
import {
  type Case,
  failsWith,
  hexOf,
  type Opened,
  read,
  refusalOf,
  succeeds,
  type UsbHarness,
  usbSpec,
  withDevice,
  write,
} from './case.ts'

const open = (harness: UsbHarness, body: (device: Opened) => Promise<void>, changes = {}) =>
  withDevice(harness, usbSpec(harness, changes), body)

const bytesOf = ({ data = [], error, detail }: Answer): Uint8Array[] => {
  assert.equal(error, undefined, detail)
  return [...data]
}

/** Endpoint addresses are the controller's choice: found by their descriptors, bulk and of interface 0. */
async function endpointsOf(device: Opened): Promise<{ into: number; out: number }> {
  const [, configuration = new Uint8Array()] = bytesOf(await device.run({ op: 'describe' }))
  const bulk: number[] = []
  for (let at = 0; at < configuration.length; at += configuration[at] || configuration.length)
    if (configuration[at + 1] === 5 && configuration[at + 3] === 2) bulk.push(configuration[at + 2] ?? 0)
  const into = bulk.find((address) => address & 0x80)
  const out = bulk.find((address) => !(address & 0x80))
  assert.ok(into !== undefined && out !== undefined, 'a bulk endpoint each way')
  return { into, out }
}

const claimed = (harness: UsbHarness, body: (device: Opened, into: number, out: number) => Promise<void>) =>
  open(harness, async (device) => {
    succeeds(await device.run({ op: 'claim', target: 0 }))
    const { into, out } = await endpointsOf(device)
    await body(device, into, out)
  })

const bulkIn = (device: Opened, target: number, length: number, timeoutMs = 0) =>
  device.run({ op: 'bulk', target, segments: [read(length)], timeoutMs })
const bulkOut = (device: Opened, target: number, bytes: readonly number[]) =>
  device.run({ op: 'bulk', target, segments: [write(...bytes)] })

/** Of chip usb-loopback: vendor request 1 stores wValue, request 2 gives it back. */
const store = (value: number) => write(0x40, 1, value & 0xff, value >> 8, 0, 0, 0, 0)
const recall = write(0xc0, 2, 0, 0, 0, 0, 2, 0)
const unknown = write(0xc0, 0x77, 0, 0, 0, 0, 2, 0)

/** Every driver of usb does this, against a loopback device. */
export const usbCases: readonly Case<UsbHarness>[] = [
  {
    name: 'describes the device, its configuration and its place',
    run: (harness) =>
      open(harness, async (device) => {
        const answer = bytesOf(await device.run({ op: 'describe' }))
        const [about, configuration, place] = answer.map((bytes) => Buffer.from(bytes))
        assert.equal(about?.length, 18)
        assert.deepEqual([about?.readUInt16LE(8), about?.readUInt16LE(10)], [harness.vendor, harness.product])
        assert.equal(configuration?.[1], 2)
        assert.equal(configuration?.readUInt16LE(2), configuration?.length)
        assert.equal(place?.length, 4)
      }),
  },
  {
    name: 'does control transfers both ways',
    run: (harness) =>
      open(harness, async (device) => {
        succeeds(await device.run({ op: 'control', segments: [store(0x1234)] }))
        assert.deepEqual(hexOf(await device.run({ op: 'control', segments: [recall, read(2)] })), ['3412'])
      }),
  },
  {
    name: 'says that the device stalls a request it does not know, and goes on',
    run: (harness) =>
      open(harness, async (device) => {
        failsWith(await device.run({ op: 'control', segments: [unknown, read(2)] }), 'stall')
        succeeds(await device.run({ op: 'control', segments: [recall, read(2)] }))
      }),
  },
  {
    name: 'refuses a setup packet that does not fit its data',
    run: (harness) =>
      open(harness, async (device) => {
        failsWith(await device.run({ op: 'control', segments: [recall, write(1, 2)] }), 'invalid')
        failsWith(await device.run({ op: 'control', segments: [recall, read(3)] }), 'invalid')
        failsWith(await device.run({ op: 'control', segments: [write(1, 2, 3)] }), 'invalid')
      }),
  },
  {
    name: 'moves bulk data out and in',
    run: (harness) =>
      claimed(harness, async (device, into, out) => {
        succeeds(await bulkOut(device, out, [0xde, 0xad, 0xbe, 0xef]))
        assert.deepEqual(hexOf(await bulkIn(device, into, 64)), ['deadbeef'])
      }),
  },
  {
    name: 'moves more than one packet',
    run: (harness) =>
      claimed(harness, async (device, into, out) => {
        const sent = Array.from({ length: 2000 }, (_, i) => i & 0xff)
        succeeds(await bulkOut(device, out, sent))
        const [came] = bytesOf(await bulkIn(device, into, 4096))
        assert.deepEqual([...(came ?? [])], sent)
      }),
  },
  {
    name: 'refuses an interface that is not claimed, and one that was released',
    run: (harness) =>
      open(harness, async (device) => {
        const { into } = await endpointsOf(device)
        failsWith(await bulkIn(device, into, 64), 'invalid')
        succeeds(await device.run({ op: 'claim', target: 0 }))
        succeeds(await device.run({ op: 'release', target: 0 }))
        failsWith(await bulkIn(device, into, 64), 'invalid')
        failsWith(await device.run({ op: 'release', target: 0 }), 'invalid')
      }),
  },
  {
    name: 'an interface is claimed by one alone, and free again once it is closed',
    run: async (harness) => {
      await claimed(harness, () =>
        open(harness, async (other) => failsWith(await other.run({ op: 'claim', target: 0 }), 'busy')),
      )
      await claimed(harness, async () => {})
    },
  },
  {
    name: 'refuses interfaces, settings and endpoints that are not there',
    run: (harness) =>
      claimed(harness, async (device, into) => {
        failsWith(await device.run({ op: 'claim', target: 9 }), 'invalid')
        failsWith(await device.run({ op: 'alternate', target: 0x0009 }), 'invalid')
        failsWith(await bulkIn(device, 0x8f, 64), 'invalid')
        failsWith(await device.run({ op: 'interrupt', target: into, segments: [read(8)] }), 'invalid')
        failsWith(await device.run({ op: 'bulk', target: into, segments: [write(1)] }), 'invalid')
      }),
  },
  {
    name: 'takes the setting that an interface has',
    run: (harness) => claimed(harness, async (device) => succeeds(await device.run({ op: 'alternate', target: 0 }))),
  },
  {
    name: 'gives up after the time limit of the operation and, without one, of the device',
    run: (harness) =>
      claimed(harness, async (device, into) => {
        for (const [timeoutMs, least, most] of [
          [50, 45, 180],
          [0, 190, 1500],
        ] as const) {
          const began = performance.now()
          failsWith(await bulkIn(device, into, 64, timeoutMs), 'timeout')
          const tookMs = performance.now() - began
          assert.ok(tookMs >= least && tookMs < most, `${tookMs} ms, with a limit of ${timeoutMs || 200}`)
        }
      }),
  },
  {
    name: 'a transfer is cancelled by its signal, and the next one works',
    run: (harness) =>
      claimed(harness, async (device, into, out) => {
        const abort = new AbortController()
        const answer = device.run({ op: 'bulk', target: into, segments: [read(64)], timeoutMs: 1000 }, abort.signal)
        abort.abort()
        failsWith(await answer, 'cancelled')
        succeeds(await bulkOut(device, out, [7]))
        assert.deepEqual(hexOf(await bulkIn(device, into, 64)), ['07'])
      }),
  },
  {
    name: 'an endpoint that stalls stays halted until it is cleared',
    run: (harness) =>
      claimed(harness, async (device, into, out) => {
        await harness.fault('loop', 'stall', 1)
        failsWith(await bulkIn(device, into, 64), 'stall')
        failsWith(await bulkIn(device, into, 64), 'stall')
        succeeds(await device.run({ op: 'clear-halt', target: into }))
        succeeds(await bulkOut(device, out, [8]))
        assert.deepEqual(hexOf(await bulkIn(device, into, 64)), ['08'])
      }),
  },
  {
    name: 'says which device there is not',
    run: async (harness) => {
      const { code, message } = await refusalOf(harness, usbSpec(harness, { product: 0xffff }))
      assert.equal(code, 'NOT_FOUND')
      assert.match(message, /under-test.*ffff/)
    },
  },
  {
    name: 'refuses operations that usb does not know',
    run: (harness) => open(harness, async (device) => failsWith(await device.run({ op: 'transfer' }), 'invalid')),
  },
]
