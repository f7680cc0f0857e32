import type { UsbModel } from '../part.ts'
import {
  type Alternate,
  byteNs,
  type Configuration,
  type Endpoint,
  type Identity,
  readConfiguration,
  readDevice,
  speedOf,
  u16,
} from './usb-descriptors.ts'

/** Standard requests (USB 2.0, table 9-4). */
const REQUEST = {
  getStatus: 0,
  clearFeature: 1,
  setFeature: 3,
  getDescriptor: 6,
  getConfiguration: 8,
  setConfiguration: 9,
  getInterface: 10,
  setInterface: 11,
} as const
const DESCRIPTOR = { device: 1, configuration: 2 } as const
const ENDPOINT_HALT = 0
const RECIPIENT = { device: 0, interface: 1, endpoint: 2 } as const
const NOTHING = new Uint8Array()

export type UsbPart = { readonly name: string; readonly model: UsbModel; onStir(fn: () => void): () => void }

/** A USB device in its port: what of its state the host and the standard requests know. */
export class UsbPort {
  readonly part: UsbPart
  readonly number: number
  readonly identity: Identity
  readonly configuration: Configuration
  readonly speed: number
  readonly byteNs: number
  /** Interfaces that are claimed, and by whom. */
  readonly claims = new Map<number, object>()
  readonly halted = new Set<number>()
  readonly #waiting = new Set<() => void>()
  readonly #settings = new Map<number, number>()
  #value: number

  /** Throws an Error where the descriptors of the part are wrong. */
  constructor(part: UsbPart, number: number) {
    this.part = part
    this.number = number
    this.identity = readDevice(part.model.deviceDescriptor)
    this.configuration = readConfiguration(part.model.configuration)
    this.speed = speedOf(part.model.deviceDescriptor)
    this.byteNs = byteNs(this.speed)
    // As every system does with a device that is plugged in.
    this.#value = this.configuration.value
    part.onStir(() => this.stir())
  }

  /** Something happened: an IN endpoint that had nothing may have something now. */
  stir(): void {
    for (const fn of [...this.#waiting]) fn()
  }

  onStir(fn: () => void): () => void {
    this.#waiting.add(fn)
    return () => this.#waiting.delete(fn)
  }

  get value(): number {
    return this.#value
  }

  /** Configuration `value`, 0 for none; false where it has no such one. */
  configure(value: number): boolean {
    if (value !== 0 && value !== this.configuration.value) return false
    this.#value = value
    this.#settings.clear()
    this.halted.clear()
    return true
  }

  reset(): void {
    this.configure(this.configuration.value)
  }

  hasInterface = (number: number): boolean =>
    this.#value !== 0 && this.configuration.alternates.some((one) => one.interface === number)

  /** False where there is no such setting. */
  alternate(number: number, setting: number): boolean {
    const found = this.#find(number, setting)
    if (!found || this.#value === 0) return false
    this.#settings.set(number, setting)
    // Whoever sets an interface anew finds its endpoints working (USB 2.0, 9.4.10).
    for (const { address } of found.endpoints) this.halted.delete(address)
    return true
  }

  #find = (number: number, setting: number): Alternate | undefined =>
    this.configuration.alternates.find((one) => one.interface === number && one.setting === setting)

  /** The endpoint and its interface, where it is there in the settings of now. */
  endpoint(address: number): { readonly endpoint: Endpoint; readonly interface: number } | undefined {
    if (this.#value === 0) return undefined
    for (const one of this.configuration.alternates) {
      if ((this.#settings.get(one.interface) ?? 0) !== one.setting) continue
      const endpoint = one.endpoints.find((each) => each.address === address)
      if (endpoint) return { endpoint, interface: one.interface }
    }
    return undefined
  }

  /** Answers a request of endpoint 0; undefined is a stall. */
  control(setup: Uint8Array, data: Uint8Array): Uint8Array | undefined {
    const isStandard = ((setup[0] ?? 0) & 0x60) === 0
    const answer = isStandard ? this.#standard(setup) : 'unknown'
    return answer === 'unknown' ? this.part.model.control(setup, data) : answer
  }

  #standard(setup: Uint8Array): Uint8Array | undefined | 'unknown' {
    const request = setup[1]
    const value = u16(setup, 2)
    const index = u16(setup, 4)
    const recipient = (setup[0] ?? 0) & 0x1f
    if (request === REQUEST.getDescriptor) return this.#descriptor(value >> 8, value & 0xff)
    if (request === REQUEST.getConfiguration) return Uint8Array.of(this.#value)
    if (request === REQUEST.setConfiguration) return this.configure(value & 0xff) ? NOTHING : undefined
    if (request === REQUEST.getInterface)
      return this.hasInterface(index) ? Uint8Array.of(this.#settings.get(index) ?? 0) : undefined
    if (request === REQUEST.setInterface) return this.alternate(index, value) ? NOTHING : undefined
    if (request === REQUEST.getStatus) return this.#status(recipient, index)
    const isHalt = recipient === RECIPIENT.endpoint && value === ENDPOINT_HALT
    if (isHalt && request === REQUEST.clearFeature) return this.#halt(index, false)
    if (isHalt && request === REQUEST.setFeature) return this.#halt(index, true)
    return 'unknown'
  }

  #descriptor(type: number, index: number): Uint8Array | 'unknown' {
    const { deviceDescriptor, configuration } = this.part.model
    if (type === DESCRIPTOR.device) return deviceDescriptor
    // Texts are the part's own.
    return type === DESCRIPTOR.configuration && index === 0 ? configuration : 'unknown'
  }

  #status(recipient: number, index: number): Uint8Array | undefined {
    if (recipient !== RECIPIENT.endpoint) return Uint8Array.of(0, 0)
    if (index !== 0 && !this.endpoint(index)) return undefined
    return Uint8Array.of(this.halted.has(index) ? 1 : 0, 0)
  }

  #halt(address: number, isHalted: boolean): Uint8Array | undefined {
    if (!this.endpoint(address)) return undefined
    if (isHalted) this.halted.add(address)
    else this.halted.delete(address)
    return NOTHING
  }
}
