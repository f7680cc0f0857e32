import { expect, test } from 'vitest'
import { type BusError, busErrors } from '../../../shared/bus.ts'
import { FakePort, granted, hostOn, thrown } from './hardware-fixtures.ts'

/** What a guest hears of each error of a bus, by hand. */

const words = (val: string) => ({ tag: 'other', val })
const other = { tag: 'other' }
const fault = { tag: 'hardware-fault' }

type Row = { readonly i2c: unknown; readonly spi: unknown; readonly gpio2025: unknown; readonly usb: string }

const rows: Record<BusError, Row> = {
  'nack-address': {
    i2c: { tag: 'no-acknowledge', val: 'address' },
    spi: words('nack-address'),
    gpio2025: fault,
    usb: 'io',
  },
  'nack-data': { i2c: { tag: 'no-acknowledge', val: 'data' }, spi: words('nack-data'), gpio2025: fault, usb: 'io' },
  nack: { i2c: { tag: 'no-acknowledge', val: 'unknown' }, spi: words('nack'), gpio2025: fault, usb: 'io' },
  'arbitration-lost': {
    i2c: { tag: 'arbitration-loss' },
    spi: words('arbitration-lost'),
    gpio2025: fault,
    usb: 'io',
  },
  bus: { i2c: { tag: 'bus' }, spi: words('bus'), gpio2025: fault, usb: 'io' },
  overrun: { i2c: { tag: 'overrun' }, spi: { tag: 'overrun' }, gpio2025: fault, usb: 'overflow' },
  overflow: { i2c: { tag: 'overrun' }, spi: { tag: 'overrun' }, gpio2025: fault, usb: 'overflow' },
  timeout: { i2c: { tag: 'bus' }, spi: words('timeout'), gpio2025: words('timeout'), usb: 'timeout' },
  stall: { i2c: other, spi: words('stall'), gpio2025: fault, usb: 'pipe' },
  'no-device': { i2c: other, spi: words('no-device'), gpio2025: fault, usb: 'no-device' },
  busy: { i2c: other, spi: words('busy'), gpio2025: { tag: 'already-in-use' }, usb: 'busy' },
  access: { i2c: other, spi: words('access'), gpio2025: words('access'), usb: 'access' },
  'mode-fault': { i2c: other, spi: { tag: 'mode-fault' }, gpio2025: fault, usb: 'io' },
  'frame-format': { i2c: other, spi: { tag: 'frame-format' }, gpio2025: fault, usb: 'io' },
  'chip-select': { i2c: other, spi: { tag: 'chip-select-fault' }, gpio2025: fault, usb: 'io' },
  'not-granted': {
    i2c: other,
    spi: words('not granted: by nobody'),
    gpio2025: { tag: 'pin-not-allowed' },
    usb: 'access',
  },
  invalid: {
    i2c: other,
    spi: words('invalid'),
    gpio2025: { tag: 'operation-not-supported' },
    usb: 'invalid-param',
  },
  unsupported: {
    i2c: other,
    spi: words('unsupported'),
    gpio2025: { tag: 'operation-not-supported' },
    usb: 'not-supported',
  },
  cancelled: { i2c: other, spi: words('cancelled'), gpio2025: words('cancelled'), usb: 'interrupted' },
  io: { i2c: other, spi: words('io'), gpio2025: fault, usb: 'io' },
}

const devices = [
  granted('sensor', 'i2c'),
  granted('flash', 'spi'),
  granted('relay', 'gpio', { direction: 'both' }),
  granted('stick', 'usb'),
]
const description = [new Uint8Array(18), new Uint8Array(), new Uint8Array(4)]

/** A host whose every operation fails so; a USB device can still be found. */
const failing = (error: BusError) =>
  hostOn(
    new FakePort(devices, ({ op }) => (op === 'describe' ? { data: description } : { error, detail: 'by nobody' })),
  )

test.each(busErrors.map((error) => [error, rows[error]] as const))('%s of i2c', (error, { i2c }) => {
  const bus = failing(error).call('samara:device/open#openI2c', 'sensor')
  expect(thrown(() => bus.read(0x48, 1n))).toEqual(i2c)
})

test.each(busErrors.map((error) => [error, rows[error]] as const))('%s of spi', (error, { spi }) => {
  const chip = failing(error).call('wasi:spi/spi#open', 'flash')
  expect(thrown(() => chip.transfer(Uint8Array.of(1)))).toEqual(spi)
})

test.each(busErrors)('%s of gpio is other, with words', (error) => {
  const pin = failing(error).call('wasi:gpio/digital#openOutput', 'relay')
  const text = error === 'not-granted' ? 'not granted: by nobody' : error
  expect(thrown(() => pin.setHigh())).toEqual(words(text))
})

test.each(busErrors)('%s of a wait for a pin is other, with words', (error) => {
  const pin = failing(error).call('wasi:gpio/digital-async#openInputWait', 'relay')
  pin.startWaitHigh()
  const text = error === 'not-granted' ? 'not granted: by nobody' : error
  expect(thrown(() => pin.finishWait())).toEqual({ tag: 'other', val: words(text) })
})

test.each(busErrors.map((error) => [error, rows[error]] as const))('%s of gpio 2025', (error, { gpio2025 }) => {
  const pin = failing(error).call('samara:pins/open#getDigitalInOut', 'relay', [])
  expect(thrown(() => pin.setActive())).toEqual(gpio2025)
  expect(thrown(() => pin.read())).toEqual(gpio2025)
})

test.each(busErrors.map((error) => [error, rows[error]] as const))('%s of usb', (error, { usb }) => {
  const [[device]] = failing(error).call('component:usb/device#listDevices')
  expect(thrown(() => device.open().claimInterface(0))).toBe(usb)
})

test('an answer without the bytes that were asked for is no success', () => {
  const host = hostOn(new FakePort(devices, () => ({ data: [Uint8Array.of(1)] })))
  const bus = host.call('samara:device/open#openI2c', 'sensor')
  expect(thrown(() => bus.read(0x48, 2n))).toEqual({ tag: 'overrun' })
  const chip = host.call('wasi:spi/spi#open', 'flash')
  expect(thrown(() => chip.read(2n))).toEqual({ tag: 'overrun' })
})
