import { type Answer, MAX_TRANSFER_BYTES, type Operation, type Segment } from '../../../shared/bus.ts'
import { SamaraError } from '../../../shared/errors.ts'
import type { LabDevice } from '../../../shared/lab/index.ts'
import { pause } from '../time.ts'
import { hexByte, hexBytes } from '../trace.ts'
import {
  type Bus,
  type BusDevice,
  type BusWorld,
  delay,
  failed,
  guarded,
  invalidOperation,
  type Ran,
  unlessHeld,
} from './bus.ts'
import { u16 } from './usb-descriptors.ts'
import { type UsbPart, UsbPort } from './usb-port.ts'

export interface UsbBus extends Bus {
  readonly kind: 'usb'
  /** Throws an error that says what is wrong with its descriptors, or who is in this port. */
  attach(part: UsbPart, port: number): void
  /** What the part in this port calls itself. */
  identity(port: number): { readonly vendor: number; readonly product: number } | undefined
}

const SETUP_BYTES = 8
const IN = 0x80
/** US English: what every device has texts in. */
const ENGLISH = [0x09, 0x04] as const

export function createUsbBus(world: BusWorld, { number }: { readonly number: number }): UsbBus {
  const ports = new Map<number, UsbPort>()

  function find({ name, vendor, product, serial }: LabDevice): UsbPort {
    for (const port of ports.values()) {
      const { identity } = port
      if (identity.vendor !== vendor || identity.product !== product) continue
      if (serial === undefined || serialOf(port) === serial) return port
    }
    const wanted = `${hex4(vendor)}:${hex4(product)}${serial === undefined ? '' : ` with serial number ${serial}`}`
    throw new SamaraError('NOT_FOUND', `device ${name}: ${world.name} has no USB device ${wanted}`)
  }

  return {
    kind: 'usb',
    name: world.name,
    attach(part, at) {
      const there = ports.get(at)
      if (there)
        throw new SamaraError('ALREADY_EXISTS', `${part.name}: ${there.part.name} is in port ${at} of ${world.name}`)
      ports.set(at, new UsbPort(part, at))
    },
    identity: (at) => ports.get(at)?.identity,
    open: (device) => new UsbHandle(world, device, find(device), number),
  }
}

const hex4 = (value = 0): string => value.toString(16).padStart(4, '0')

function serialOf(port: UsbPort): string | undefined {
  const { serialIndex } = port.identity
  if (serialIndex === 0) return undefined
  const text = port.control(Uint8Array.of(0x80, 6, serialIndex, 3, ...ENGLISH, 255, 0), new Uint8Array())
  return text && Buffer.from(text.subarray(2)).toString('utf16le')
}

type Does = (operation: Operation, signal: AbortSignal) => Ran

/** One driver's hold of a device. */
class UsbHandle implements BusDevice {
  readonly #world: BusWorld
  readonly #device: LabDevice
  readonly #port: UsbPort
  readonly #busNumber: number
  readonly #operations: Partial<Record<Operation['op'], Does>>

  constructor(world: BusWorld, device: LabDevice, port: UsbPort, busNumber: number) {
    this.#world = world
    this.#device = device
    this.#port = port
    this.#busNumber = busNumber
    this.#operations = {
      describe: () => this.#describe(),
      control: (operation) => this.#control(operation),
      bulk: (operation, signal) => this.#transfer('bulk', operation, signal),
      interrupt: (operation, signal) => this.#transfer('interrupt', operation, signal),
      claim: ({ target = -1 }) => this.#claim(target),
      release: ({ target = -1 }) => this.#release(target),
      alternate: ({ target = -1 }) => this.#alternate(target >> 8, target & 0xff),
      configure: ({ target = -1 }) => this.#configure(target),
      'clear-halt': ({ target = -1 }) => this.#clearHalt(target),
      reset: () => this.#reset(),
    }
  }

  run(operation: Operation, signal: AbortSignal): Ran {
    if (operation.op === 'delay') return delay(this.#world.time, operation, signal)
    const does = this.#operations[operation.op]
    if (!does) return invalidOperation(`usb has no ${operation.op}`)
    const target = { bus: this.#world.name, part: this.#port.part.name }
    const where = { target, timeoutMs: operation.timeoutMs || this.#device.timeoutMs, signal }
    return guarded(this.#world, () => unlessHeld(this.#world, where, () => does(operation, signal)))
  }

  close(): void {
    for (const [number, holder] of this.#port.claims) if (holder === this) this.#port.claims.delete(number)
  }

  #note(text: string): void {
    const wire = this.#world.trace.begin()
    wire.put(text)
    this.#world.trace.end(this.#world.name, wire)
  }

  #takes(bytes: number): void {
    if (this.#world.time.isVirtual) this.#world.time.pass(bytes * this.#port.byteNs)
  }

  #describe(): Answer {
    const { part, value, number, speed } = this.#port
    const configuration = value === 0 ? new Uint8Array() : part.model.configuration
    return { data: [part.model.deviceDescriptor, configuration, Uint8Array.of(this.#busNumber, number, number, speed)] }
  }

  #control({ segments = [] }: Operation): Answer {
    const [setup, data, ...more] = segments
    if (setup?.kind !== 'write' || setup.bytes.length !== SETUP_BYTES || more.length > 0)
      return invalidOperation(`control has a write of ${SETUP_BYTES} bytes, then one read or write or nothing`)
    const isIn = ((setup.bytes[0] ?? 0) & IN) !== 0
    if (data && (isIn ? data.kind !== 'read' : data.kind !== 'write'))
      return invalidOperation(`the setup packet says ${isIn ? 'in' : 'out'}, the data is a ${data.kind}`)
    const length = data ? lengthOf(data) : 0
    if (length > 0xffff || u16(setup.bytes, 6) !== length)
      return invalidOperation(`wLength is ${u16(setup.bytes, 6)}, the data has ${length} bytes`)
    return this.#request(setup.bytes, data)
  }

  #request(setup: Uint8Array, data: Segment | undefined): Answer {
    const out = data?.kind === 'write' ? data.bytes : new Uint8Array()
    const isStalled = this.#world.faults.strike(this.#where(), ['stall']) !== undefined
    const answer = isStalled ? undefined : this.#port.control(setup, out)
    const came = data?.kind === 'read' ? answer?.subarray(0, data.length) : undefined
    this.#takes(SETUP_BYTES + out.length + (came?.length ?? 0))
    const shown = [`SETUP ${hexBytes(setup)}`, out.length > 0 && `OUT ${hexBytes(out)}`, came && `IN ${hexBytes(came)}`]
    this.#note([...shown, answer ? 'ACK' : 'STALL'].filter(Boolean).join(' '))
    if (!answer) return failed('stall')
    return came ? { data: [came] } : {}
  }

  #where() {
    return { bus: this.#world.name, part: this.#port.part.name }
  }

  #transfer(
    type: 'bulk' | 'interrupt',
    { target = -1, segments = [], timeoutMs }: Operation,
    signal: AbortSignal,
  ): Ran {
    const [segment, ...more] = segments
    const isIn = (target & IN) !== 0
    if (!segment || more.length > 0 || segment.kind !== (isIn ? 'read' : 'write'))
      return invalidOperation(`endpoint 0x${hexByte(target)} takes one ${isIn ? 'read' : 'write'}`)
    if (lengthOf(segment) > MAX_TRANSFER_BYTES) return invalidOperation(`at most ${MAX_TRANSFER_BYTES} bytes expected`)
    const found = this.#port.endpoint(target)
    if (found?.endpoint.type !== type) return invalidOperation(`there is no ${type} endpoint 0x${hexByte(target)}`)
    const holder = this.#port.claims.get(found.interface)
    if (holder !== this)
      return holder ? failed('busy') : invalidOperation(`interface ${found.interface} is not claimed`)
    if (this.#world.faults.strike(this.#where(), ['stall'])) this.#port.halted.add(target)
    if (this.#port.halted.has(target)) return this.#stalled(target)
    return segment.kind === 'read'
      ? this.#in(target, segment.length, timeoutMs || this.#device.timeoutMs, signal)
      : this.#out(target, (segment as { bytes: Uint8Array }).bytes)
  }

  #stalled(endpoint: number): Answer {
    this.#port.halted.add(endpoint)
    this.#note(`${endpoint & IN ? 'IN' : 'OUT'} ${hexByte(endpoint)} STALL`)
    return failed('stall')
  }

  #out(endpoint: number, bytes: Uint8Array): Answer {
    this.#takes(bytes.length)
    if (!this.#port.part.model.out(endpoint, bytes)) return this.#stalled(endpoint)
    this.#note(`OUT ${hexByte(endpoint)} ${hexBytes(bytes)}`.trimEnd())
    this.#port.stir()
    return {}
  }

  /** A device that has nothing yet says so, and is asked again until it has or the time is up. */
  #in(endpoint: number, length: number, timeoutMs: number, signal: AbortSignal): Ran {
    const came = this.#port.part.model.in(endpoint, length)
    if (came) return this.#received(endpoint, length, came)
    let late: Uint8Array | undefined
    const until = () => {
      late = this.#port.part.model.in(endpoint, length)
      return late !== undefined
    }
    const waited = pause(this.#world.time, {
      ns: timeoutMs * 1e6,
      signal,
      listen: (look) => this.#port.onStir(look),
      until,
    })
    return waited.then((why) => {
      if (why === 'done' && late) return this.#received(endpoint, length, late)
      this.#note(`IN ${hexByte(endpoint)} NAK`)
      return failed(why === 'late' ? 'timeout' : 'cancelled')
    })
  }

  #received(endpoint: number, length: number, bytes: Uint8Array): Answer {
    this.#takes(bytes.length)
    this.#note(`IN ${hexByte(endpoint)} ${hexBytes(bytes)}`.trimEnd())
    return bytes.length > length
      ? failed('overflow', `${bytes.length} bytes came, ${length} were asked for`)
      : { data: [bytes] }
  }

  #claim(number: number): Answer {
    if (!this.#port.hasInterface(number)) return invalidOperation(`there is no interface ${number}`)
    const holder = this.#port.claims.get(number)
    if (holder && holder !== this) return failed('busy', `interface ${number} is claimed by another`)
    this.#port.claims.set(number, this)
    return {}
  }

  #release(number: number): Answer {
    if (this.#port.claims.get(number) !== this) return invalidOperation(`interface ${number} is not claimed`)
    this.#port.claims.delete(number)
    return {}
  }

  #alternate(number: number, setting: number): Answer {
    if (this.#port.claims.get(number) !== this) return invalidOperation(`interface ${number} is not claimed`)
    if (!this.#port.alternate(number, setting)) return invalidOperation(`interface ${number} has no setting ${setting}`)
    this.#note(`SETUP 01 0b ${hexByte(setting)} 00 ${hexByte(number)} 00 00 00 ACK`)
    return {}
  }

  #configure(value: number): Answer {
    if (this.#port.claims.size > 0) return failed('busy', 'an interface is claimed')
    if (!this.#port.configure(value)) return invalidOperation(`there is no configuration ${value}`)
    this.#note(`SETUP 00 09 ${hexByte(value)} 00 00 00 00 00 ACK`)
    return {}
  }

  #clearHalt(endpoint: number): Answer {
    if (!this.#port.endpoint(endpoint)) return invalidOperation(`there is no endpoint 0x${hexByte(endpoint)}`)
    this.#port.halted.delete(endpoint)
    this.#note(`SETUP 02 01 00 00 ${hexByte(endpoint)} 00 00 00 ACK`)
    return {}
  }

  #reset(): Answer {
    this.#port.reset()
    this.#note('RESET')
    return {}
  }
}

const lengthOf = (segment: Segment): number =>
  segment.kind === 'read' || segment.kind === 'delay' ? segment.length : segment.bytes.length
