import { readFileSync } from 'node:fs'
import type { UsbDevice } from 'usb/index.js'
import type { Answer, BusOperation, Operation, Segment } from '../../../../shared/bus.ts'
import type { Clock } from '../../../../shared/clock.ts'
import type { OpenDevice } from '../../driver.ts'
import type { UsbSpec } from '../../profile.ts'
import { type Endpoint, endpointsOf, settingsOf, splitDescriptors } from './usb-descriptors.ts'
import { usbFailed } from './usb-errors.ts'
import { type Setup, setupOf } from './usb-setup.ts'

const IN = 0x80
const NUMBER = 0x0f
/** As libusb numbers them. */
const speeds = ['unknown', 'low', 'full', 'high', 'super', 'superPlus']
/** A transfer that its own time limit did not end gets so much longer. */
const GRACE_MS = 250

type Options = { readonly spec: UsbSpec; readonly clock: Clock; readonly onClose: () => void }
type Does = (operation: Operation, signal: AbortSignal) => Promise<Answer>

/** One device of usbfs, opened. */
export class LinuxUsbDevice implements OpenDevice {
  readonly #native: UsbDevice
  readonly #options: Options
  /** Claimed interfaces and the setting that each has. */
  readonly #claimed = new Map<number, number>()
  /** Transfers that nobody waits for any more: they cannot be taken back, and end with their time limit. */
  readonly #abandoned = new Map<number, Promise<unknown>>()
  readonly #operations: Partial<Record<BusOperation, Does>>

  constructor(native: UsbDevice, options: Options) {
    this.#native = native
    this.#options = options
    this.#operations = {
      describe: async () => ({ data: [...this.#descriptors(), this.#place()] }),
      control: (operation, signal) => this.#control(operation, signal),
      bulk: (operation, signal) => this.#transfer('bulk', operation, signal),
      interrupt: (operation, signal) => this.#transfer('interrupt', operation, signal),
      claim: ({ target = -1 }) => this.#claim(target),
      release: ({ target = -1 }) => this.#release(target),
      alternate: ({ target = -1 }) => this.#alternate(target >> 8, target & 0xff),
      configure: ({ target = -1 }) => this.#configure(target),
      'clear-halt': ({ target = -1 }) => this.#clearHalt(target),
      reset: () => done(this.#native.reset()),
    }
  }

  async run(operation: Operation, signal: AbortSignal): Promise<Answer> {
    const does = this.#operations[operation.op]
    if (does === undefined) return wrong(`usb knows no ${operation.op}`)
    try {
      return await does(operation, signal)
    } catch (error) {
      return usbFailed(error)
    }
  }

  /** Interfaces first: the package keeps the device's file open for each of them. */
  async close(): Promise<void> {
    for (const number of [...this.#claimed.keys()]) await this.#release(number)
    await this.#native.close()
    this.#options.onClose()
  }

  #descriptors(): [device: Uint8Array, configuration: Uint8Array] {
    const { bus, address, ports } = this.#native
    const file = `/dev/bus/usb/${padded(Number(bus))}/${padded(address)}`
    const value = `/sys/bus/usb/devices/${Number(bus)}-${ports.join('.')}/bConfigurationValue`
    return splitDescriptors(readFileSync(file), Number(readFileSync(value, 'utf8')))
  }

  #place(): Uint8Array {
    const { bus, address, ports, speed } = this.#native
    return Uint8Array.of(Number(bus), address, ports.at(-1) ?? 0, Math.max(0, speeds.indexOf(speed ?? 'unknown')))
  }

  async #control({ segments = [], timeoutMs }: Operation, signal: AbortSignal): Promise<Answer> {
    const setup = setupOf(segments)
    if (typeof setup === 'string') return wrong(setup)
    const limitMs = timeoutMs || this.#options.spec.timeoutMs
    return this.#bounded(0, limitMs, signal, () =>
      setup.isIn ? this.#ask(setup, limitMs) : this.#tell(setup, limitMs),
    )
  }

  async #ask({ native, length }: Setup, limitMs: number): Promise<Answer> {
    const bytes = bytesOf(await this.#native.nativeControlTransferIn(native, limitMs, length))
    return length === 0 ? {} : { data: [bytes] }
  }

  async #tell({ native, data }: Setup, limitMs: number): Promise<Answer> {
    await this.#native.nativeControlTransferOut(native, limitMs, data)
    return {}
  }

  async #transfer(type: Endpoint['type'], operation: Operation, signal: AbortSignal): Promise<Answer> {
    const { target = -1, segments = [], timeoutMs } = operation
    const segment = segmentOf(target, segments)
    if (typeof segment === 'string') return wrong(segment)
    const endpoint = this.#endpoint(target)
    if (typeof endpoint === 'string') return wrong(endpoint)
    if (endpoint.type !== type) return wrong(`endpoint ${hex(target)} is of ${endpoint.type}, not of ${type}`)
    const limitMs = timeoutMs || this.#options.spec.timeoutMs
    return this.#bounded(target, limitMs, signal, () =>
      segment.kind === 'read'
        ? this.#in(endpoint, limitMs, segment.length)
        : this.#out(endpoint, limitMs, segment.bytes),
    )
  }

  /** Whole packets are asked for: what is more than was wanted is seen, and not cut off. */
  async #in({ address, packetBytes }: Endpoint, limitMs: number, length: number): Promise<Answer> {
    const room = Math.ceil(length / packetBytes) * packetBytes
    const bytes = bytesOf(await this.#native.nativeTransferIn(address & NUMBER, limitMs, room))
    if (bytes.length <= length) return { data: [bytes] }
    return { error: 'overflow', detail: `${bytes.length} bytes came, ${length} were asked for` }
  }

  async #out({ address }: Endpoint, limitMs: number, bytes: Uint8Array): Promise<Answer> {
    const count = await this.#native.nativeTransferOut(address & NUMBER, limitMs, bytes)
    if (count === bytes.length) return {}
    return { error: 'io', detail: `${count} of ${bytes.length} bytes went out` }
  }

  #endpoint(address: number): Endpoint | string {
    const [, configuration] = this.#descriptors()
    const all = endpointsOf(configuration).filter((endpoint) => endpoint.address === address)
    const [known] = all
    if (known === undefined) return `there is no endpoint ${hex(address)}`
    const found = all.find((endpoint) => this.#claimed.get(endpoint.interface) === endpoint.setting)
    return found ?? `interface ${known.interface} of endpoint ${hex(address)} is not claimed, or has another setting`
  }

  /** `work` with an end: its time limit, ours in case it has none, or the signal. */
  async #bounded(key: number, limitMs: number, signal: AbortSignal, work: () => Promise<Answer>): Promise<Answer> {
    await this.#abandoned.get(key)
    if (signal.aborted) return { error: 'cancelled' }
    const { promise: ended, resolve } = Promise.withResolvers<Answer>()
    const onAbort = () => resolve({ error: 'cancelled' })
    signal.addEventListener('abort', onAbort)
    const stopTimer = this.#options.clock.after(limitMs + GRACE_MS, () => resolve({ error: 'timeout' }))
    const working = work().catch(usbFailed)
    const answer = await Promise.race([working, ended])
    stopTimer()
    signal.removeEventListener('abort', onAbort)
    this.#abandoned.set(key, working)
    return answer
  }

  async #claim(number: number): Promise<Answer> {
    if (!this.#settings().some((one) => one.interface === number)) return wrong(`there is no interface ${number}`)
    if (this.#claimed.has(number)) return {}
    await this.#native.claimInterface(number)
    this.#claimed.set(number, 0)
    return {}
  }

  async #release(number: number): Promise<Answer> {
    if (!this.#claimed.delete(number)) return wrong(`interface ${number} is not claimed`)
    return done(this.#native.releaseInterface(number))
  }

  async #alternate(number: number, setting: number): Promise<Answer> {
    if (!this.#claimed.has(number)) return wrong(`interface ${number} is not claimed`)
    if (!this.#settings().some((one) => one.interface === number && one.setting === setting))
      return wrong(`interface ${number} has no setting ${setting}`)
    await this.#native.selectAlternateInterface(number, setting)
    this.#claimed.set(number, setting)
    return {}
  }

  #settings(): { interface: number; setting: number }[] {
    return settingsOf(this.#descriptors()[1])
  }

  async #configure(value: number): Promise<Answer> {
    if (value === 0) return { error: 'unsupported', detail: 'a device cannot be left without configuration' }
    if (value < 0 || value > 0xff) return wrong(`configuration ${value} is not 1 to 255`)
    if (this.#claimed.size > 0) return { error: 'busy', detail: 'an interface is claimed' }
    return done(this.#native.selectConfiguration(value))
  }

  async #clearHalt(address: number): Promise<Answer> {
    const endpoint = this.#endpoint(address)
    if (typeof endpoint === 'string') return wrong(endpoint)
    await this.#abandoned.get(address)
    return done(this.#native.clearHalt(address & IN ? 'in' : 'out', address & NUMBER))
  }
}

const wrong = (detail: string): Answer => ({ error: 'invalid', detail })
const hex = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`
const padded = (value: number): string => `${value}`.padStart(3, '0')
const bytesOf = (bytes: Uint8Array | null): Uint8Array => bytes ?? new Uint8Array()

async function done(work: Promise<void>): Promise<Answer> {
  await work
  return {}
}

type Moved = Extract<Segment, { kind: 'read' }> | (Extract<Segment, { bytes: Uint8Array }> & { readonly kind: 'write' })

function segmentOf(endpoint: number, segments: readonly Segment[]): Moved | string {
  const [segment, ...more] = segments
  const direction = endpoint & IN ? 'read' : 'write'
  if (segment?.kind !== direction || more.length > 0) return `endpoint ${hex(endpoint)} takes one ${direction}`
  return segment.kind === 'read' && segment.length === 0 ? 'a read of no bytes' : (segment as Moved)
}
