import type { DeviceKind } from '../../../../shared/bus.ts'
import type { Guest } from '../guest.ts'
import { Delay } from './delay.ts'
import type { Device } from './devices.ts'
import { InputPin, OutputPin, StatefulOutputPin } from './gpio.ts'
import { pinOf } from './gpio-2025.ts'
import { InputWaitPin } from './gpio-async.ts'
import { I2c } from './i2c.ts'
import { type Use, unfitFor } from './line.ts'
import { SpiDevice } from './spi.ts'
import { DeviceHandle, UsbDevice } from './usb.ts'

/** Devices that a caller names and a function takes as parameters. */

type Opener = {
  /** Any will do for a delay: the name only says that it was granted something. */
  readonly kind?: DeviceKind
  readonly use?: Use
  readonly make: (guest: Guest, device: Device) => object
}

const line = (use: Use, make: Opener['make']): Opener => ({ kind: 'gpio', use, make })
const usbDevice: Opener = { kind: 'usb', make: (guest, device) => new UsbDevice(guest, device) }
const usbHandle: Opener = { kind: 'usb', make: (guest, device) => new DeviceHandle(guest, device) }

/** By resource, as a signature spells it. [P-8.1] */
const openers = new Map<string, Opener>([
  ['wasi/i2c/i2c.i2c', { kind: 'i2c', make: (guest, device) => new I2c(guest, device) }],
  ['wasi/i2c/delay.delay', { make: (guest) => new Delay(guest) }],
  ['wasi/spi/spi.spi-device', { kind: 'spi', make: (guest, device) => new SpiDevice(guest, device) }],
  ['wasi/gpio/digital.output-pin', line('output', (_, device) => new OutputPin(device))],
  ['wasi/gpio/digital.stateful-output-pin', line('output', (_, device) => new StatefulOutputPin(device))],
  ['wasi/gpio/digital.input-pin', line('input', (_, device) => new InputPin(device))],
  ['wasi/gpio/digital-async.input-wait-pin', line('input', (guest, device) => new InputWaitPin(guest, device))],
  ['wasi/gpio/digital.digital-in-pin', line('input', (_, device) => pinOf(device, 'in'))],
  ['wasi/gpio/digital.digital-out-pin', line('output', (_, device) => pinOf(device, 'out'))],
  ['wasi/gpio/digital.digital-in-out-pin', line('both', (_, device) => pinOf(device, 'in-out'))],
  ['component/usb/device.usb-device', usbDevice],
  ['component/usb/device.device-handle', usbHandle],
  ['wasi/usb/device.usb-device', usbDevice],
  ['wasi/usb/device.device-handle', usbHandle],
])

export const handleResources: ReadonlySet<string> = new Set(openers.keys())

/**
 * jco keeps what is lent under a number of its own for as long as the instance lives, a new one for each call, unless it
 * has one already. These are above all that jco counts to, and below the bit that it marks owners with.
 */
const REP = Symbol.for('cabiRep')
const LENT_REPS = 1 << 29

/** A caller named a device that the function may not have. */
export class DeviceRefused extends Error {}

export type HandleWish = { readonly resource: string; readonly lent: boolean }

export function openHandle(guest: Guest, { resource, lent }: HandleWish, name: string): object {
  const opener = openers.get(resource)
  if (!opener) throw new Error(`no handle of ours is a ${resource}`)
  const device = guest.devices.find(name)
  if (!device) throw new DeviceRefused(`device ${name} is not granted`)
  const { kind } = device.spec
  if (opener.kind && kind !== opener.kind) throw new DeviceRefused(`device ${name} is ${kind}, ${opener.kind} expected`)
  const unfit = opener.use && unfitFor(device, opener.use)
  if (unfit?.why === 'not-granted') throw new DeviceRefused(`device ${name} is not granted as ${opener.use}`)
  if (unfit) throw new DeviceRefused(`device ${unfit.text}`)
  const handle = opener.make(guest, device)
  if (lent) Object.defineProperty(handle, REP, { value: LENT_REPS + guest.devices.all.indexOf(device) })
  return handle
}
