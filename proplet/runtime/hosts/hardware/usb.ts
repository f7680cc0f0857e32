import type { Operation } from '../../../../shared/bus.ts'
import type { Guest } from '../guest.ts'
import type { Device } from './devices.ts'
import { type UsbError, usbAnswer } from './errors.ts'
import {
  CONFIGURATION_BYTES,
  type ConfigurationDescriptor,
  type DeviceDescriptor,
  type DeviceLocation,
  readConfiguration,
  readDevice,
  readLocation,
} from './usb-descriptors.ts'
import {
  newTransfer,
  setupPacket,
  type Transfer,
  type TransferOptions,
  type TransferSetup,
  type TransferType,
} from './usb-transfer.ts'

/** `component:usb/device`, and `wasi:usb/device`, which is the same under another name. */

export type Description = {
  readonly descriptor: DeviceDescriptor
  readonly configuration: ConfigurationDescriptor | undefined
  readonly location: DeviceLocation
}

const NONE = new Uint8Array()
const fail = (error: UsbError): never => {
  throw error
}

/** Throws why it cannot be described: it is not plugged in, for one. */
export function describe(device: Device): Description {
  const [descriptor = NONE, configuration = NONE, location = NONE] =
    usbAnswer(device.call({ op: 'describe' })).data ?? []
  return {
    descriptor: readDevice(descriptor) ?? fail('io'),
    configuration: readConfiguration(configuration),
    location: readLocation(location),
  }
}

/** Undefined where it cannot be described. */
export function tryDescribe(device: Device): Description | undefined {
  try {
    return describe(device)
  } catch (error) {
    if (error instanceof Error) throw error
    return undefined
  }
}

export const usbDevices = (guest: Guest): readonly Device[] =>
  guest.devices.all.filter(({ spec }) => spec.kind === 'usb')

export class UsbDevice {
  readonly #guest: Guest
  readonly #device: Device

  constructor(guest: Guest, device: Device) {
    this.#guest = guest
    this.#device = device
  }

  open(): DeviceHandle {
    describe(this.#device)
    return new DeviceHandle(this.#guest, this.#device)
  }

  getConfigurationDescriptor(index: number): ConfigurationDescriptor {
    const { descriptor, configuration } = describe(this.#device)
    if (index >= descriptor.numConfigurations) fail('not-found')
    if (descriptor.numConfigurations === 1 && configuration) return configuration
    return configurationAt(this.#device, index)
  }

  getConfigurationDescriptorByValue(value: number): ConfigurationDescriptor {
    const { descriptor, configuration } = describe(this.#device)
    if (configuration?.configurationValue === value) return configuration
    for (let index = 0; index < descriptor.numConfigurations; index++) {
      const found = configurationAt(this.#device, index)
      if (found.configurationValue === value) return found
    }
    return fail('not-found')
  }

  getActiveConfigurationDescriptor(): ConfigurationDescriptor {
    return describe(this.#device).configuration ?? fail('not-found')
  }
}

const GET_DESCRIPTOR = 6
const FROM_DEVICE = 0x80
const TYPE_CONFIGURATION = 2

/** A configuration that is not the active one, asked of the device itself: its head first, which says how long it is. */
function configurationAt(device: Device, index: number): ConfigurationDescriptor {
  const head = readConfiguration(descriptorBytes(device, index, CONFIGURATION_BYTES)) ?? fail('io')
  if (head.totalLength > device.spec.maxBytes)
    usbAnswer(device.refuse(`descriptor of ${head.totalLength} bytes, at most ${device.spec.maxBytes} are granted`))
  return readConfiguration(descriptorBytes(device, index, head.totalLength)) ?? fail('io')
}

function descriptorBytes(device: Device, index: number, length: number): Uint8Array {
  const wValue = (TYPE_CONFIGURATION << 8) | index
  const setup = setupPacket({ bmRequestType: FROM_DEVICE, bRequest: GET_DESCRIPTOR, wValue, wIndex: 0 }, length)
  const segments = [
    { kind: 'write', bytes: setup },
    { kind: 'read', length },
  ] as const
  return usbAnswer(device.call({ op: 'control', segments })).data?.[0] ?? NONE
}

type ConfigValue = { readonly tag: 'unconfigured' } | { readonly tag: 'value'; readonly val: number }

export class DeviceHandle {
  readonly #guest: Guest
  readonly #device: Device
  /** Interfaces to give back with the handle. */
  readonly #claimed = new Set<number>()
  #closed = false

  constructor(guest: Guest, device: Device) {
    this.#guest = guest
    this.#device = device
  }

  getConfiguration(): number {
    this.#refuseClosed()
    return describe(this.#device).configuration?.configurationValue ?? 0
  }

  setConfiguration(config: ConfigValue): void {
    this.#call({ op: 'configure', target: config.tag === 'value' ? config.val : 0 })
  }

  claimInterface(number: number): void {
    this.#call({ op: 'claim', target: number })
    this.#claimed.add(number)
  }

  releaseInterface(number: number): void {
    this.#call({ op: 'release', target: number })
    this.#claimed.delete(number)
  }

  setInterfaceAltsetting(number: number, setting: number): void {
    this.#call({ op: 'alternate', target: number * 256 + setting })
  }

  clearHalt(endpoint: number): void {
    this.#call({ op: 'clear-halt', target: endpoint })
  }

  resetDevice(): void {
    this.#call({ op: 'reset' })
  }

  allocStreams(): void {
    fail('not-supported')
  }

  freeStreams(): void {
    fail('not-supported')
  }

  /** What the system's driver holds is taken from it by a claim, so to a guest none is ever in the way. */
  kernelDriverActive(): boolean {
    this.#refuseClosed()
    return false
  }

  detachKernelDriver(): void {
    fail('not-found')
  }

  attachKernelDriver(): void {
    fail('not-found')
  }

  newTransfer(type: TransferType, setup: TransferSetup, size: number, options: TransferOptions): Transfer {
    this.#refuseClosed()
    return newTransfer(this.#guest, this.#device, { type, setup, size, options })
  }

  /** Twice is as good as once: there is a drop after it. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#device.cancel()
    for (const number of this.#claimed) this.#device.call({ op: 'release', target: number })
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #call(operation: Operation): void {
    this.#refuseClosed()
    usbAnswer(this.#device.call(operation))
  }

  #refuseClosed(): void {
    if (this.#closed) fail('invalid-param')
  }
}

export const usbInterface = (guest: Guest) => ({
  UsbDevice,
  DeviceHandle,
  init: () => {},
  /** What was granted and is plugged in. */
  listDevices: () =>
    usbDevices(guest).flatMap((device) => {
      const found = tryDescribe(device)
      return found ? [[new UsbDevice(guest, device), found.descriptor, found.location]] : []
    }),
})
