import {
  type Answer,
  type BusError,
  MAX_SEGMENTS,
  MAX_TRANSFER_BYTES,
  type Operation,
  type Segment,
} from '../../../shared/bus.ts'
import { SamaraError } from '../../../shared/errors.ts'
import type { FaultKind, LabDevice } from '../../../shared/lab/index.ts'
import type { I2cModel } from '../part.ts'
import { hexByte, type Wire } from '../trace.ts'
import {
  type Bus,
  type BusDevice,
  type BusWorld,
  delay,
  failed,
  guarded,
  invalidOperation,
  type Ran,
  Turn,
  unlessHeld,
} from './bus.ts'

const LARGEST_7_BIT = 0x7f
const LARGEST_10_BIT = 0x3ff
/** Both address spaces in one key. */
const TEN_BIT = 0x1_0000

export type I2cPart = { readonly name: string; readonly model: I2cModel }

export interface I2cBus extends Bus {
  readonly kind: 'i2c'
  /** Throws ALREADY_EXISTS where another part has this address. */
  attach(part: I2cPart, address: number, tenBit: boolean): void
}

export const isTenBit = (address: number, tenBit: boolean): boolean => tenBit || address > LARGEST_7_BIT
export const addressText = (address: number, tenBit: boolean): string =>
  address.toString(16).padStart(isTenBit(address, tenBit) ? 3 : 2, '0')

/** An i2c bus on the level of bytes and acknowledges. */
export function createI2cBus(world: BusWorld, { hz }: { readonly hz: number }): I2cBus {
  const parts = new Map<number, I2cPart>()
  const turn = new Turn()
  const bitNs = 1e9 / hz
  const keyOf = (address: number, tenBit: boolean) => address + (isTenBit(address, tenBit) ? TEN_BIT : 0)

  function transfer(device: LabDevice, { target = -1, segments = [] }: Operation, signal: AbortSignal): Ran {
    const wrong = check(target, segments)
    if (wrong) return invalidOperation(wrong)
    const tenBit = device.tenBit === true
    const part = parts.get(keyOf(target, tenBit))
    const where = { target: { bus: world.name, part: part?.name }, timeoutMs: device.timeoutMs, signal }
    return unlessHeld(world, where, () => {
      const fault = world.faults.strike(where.target, faultsFor(segments))?.kind
      return new Transfer(world, { part, bitNs, address: target, tenBit, fault }).run(segments)
    })
  }

  return {
    kind: 'i2c',
    name: world.name,
    attach(part, address, tenBit) {
      const there = parts.get(keyOf(address, tenBit))
      if (there)
        throw new SamaraError(
          'ALREADY_EXISTS',
          `${part.name}: ${there.name} is at 0x${addressText(address, tenBit)} of ${world.name}`,
        )
      parts.set(keyOf(address, tenBit), part)
    },
    open: (device): BusDevice => ({
      run(operation, signal) {
        if (operation.op === 'delay') return delay(world.time, operation, signal)
        if (operation.op !== 'transfer') return invalidOperation(`i2c has no ${operation.op}`)
        return turn.take(signal, () => guarded(world, () => transfer(device, operation, signal)))
      },
      close: () => undefined,
    }),
  }
}

function check(target: number, segments: readonly Segment[]): string | undefined {
  if (!(target >= 0 && target <= LARGEST_10_BIT)) return `address ${target} is not one of 0 to 0x3ff`
  if (segments.length === 0 || segments.length > MAX_SEGMENTS)
    return `${segments.length} segments, 1 to ${MAX_SEGMENTS} expected`
  for (const segment of segments) {
    if (segment.kind !== 'read' && segment.kind !== 'write') return `i2c has no segment of kind ${segment.kind}`
    if (segment.kind === 'read' && (segment.length === 0 || segment.length > MAX_TRANSFER_BYTES))
      return `a read of ${segment.length} bytes, 1 to ${MAX_TRANSFER_BYTES} expected`
  }
  return undefined
}

/** A fault of a byte that is written waits for a transfer that writes one. */
function faultsFor(segments: readonly Segment[]): readonly FaultKind[] {
  const writes = segments.some((segment) => segment.kind === 'write' && segment.bytes.length > 0)
  return writes ? ['nack', 'nack-data', 'arbitration-lost'] : ['nack', 'arbitration-lost']
}

type TransferOptions = {
  readonly part: I2cPart | undefined
  readonly bitNs: number
  readonly address: number
  readonly tenBit: boolean
  readonly fault: FaultKind | undefined
}

/** One transaction from start to stop. */
class Transfer {
  readonly #world: BusWorld
  readonly #options: TransferOptions
  readonly #wire: Wire
  /** Chips hear the stop only of what they were addressed for. */
  #isAddressed = false

  constructor(world: BusWorld, options: TransferOptions) {
    this.#world = world
    this.#options = options
    this.#wire = world.trace.begin()
  }

  run(segments: readonly Segment[]): Answer {
    const data: Uint8Array[] = []
    let before: Segment | undefined
    let error: BusError | undefined
    try {
      for (const [at, segment] of segments.entries()) {
        // Adjacent segments of one kind are one message on the wires.
        error = before?.kind === segment.kind ? undefined : this.#start(segment.kind === 'read', before !== undefined)
        error ??= this.#message(segment, segments[at + 1]?.kind, data)
        if (error) break
        before = segment
      }
    } finally {
      this.#stop(error)
    }
    return error ? failed(error) : data.length > 0 ? { data } : {}
  }

  #start(isRead: boolean, isRepeated: boolean): BusError | undefined {
    const { part, address, tenBit, fault } = this.#options
    const isLong = isTenBit(address, tenBit)
    this.#bits(1 + (isLong && !(isRead && isRepeated) ? 18 : 9))
    this.#wire.put(isRepeated ? 'Sr' : 'S')
    this.#wire.put(`${addressText(address, tenBit)}${isRead ? 'r' : 'w'}`)
    if (fault === 'arbitration-lost') return fault
    const acknowledged = fault !== 'nack' && part?.model.start(isRead ? 'read' : 'write') === true
    this.#wire.put(acknowledged ? 'A' : 'N')
    this.#isAddressed ||= acknowledged
    return acknowledged ? undefined : 'nack-address'
  }

  #message(segment: Segment, next: Segment['kind'] | undefined, data: Uint8Array[]): BusError | undefined {
    if (segment.kind === 'write') return this.#write(segment.bytes)
    if (segment.kind === 'read') data.push(this.#read(segment.length, next !== 'read'))
    return undefined
  }

  #write(bytes: Uint8Array): BusError | undefined {
    for (const byte of bytes) {
      this.#bits(9)
      const acknowledged = this.#options.fault !== 'nack-data' && this.#options.part?.model.write(byte) === true
      this.#wire.put(hexByte(byte))
      this.#wire.put(acknowledged ? 'A' : 'N')
      if (!acknowledged) return 'nack-data'
    }
    return undefined
  }

  /** The controller acknowledges all but the last byte of a message. */
  #read(length: number, isLast: boolean): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at++) {
      this.#bits(9)
      const byte = (this.#options.part?.model.read() ?? 0xff) & 0xff
      bytes[at] = byte
      this.#wire.put(hexByte(byte))
      this.#wire.put(isLast && at === length - 1 ? 'N' : 'A')
    }
    return bytes
  }

  #stop(error: BusError | undefined): void {
    const isOurs = error !== 'arbitration-lost'
    this.#wire.put(isOurs ? 'P' : '!arbitration-lost')
    this.#world.trace.end(this.#world.name, this.#wire)
    if (isOurs) this.#bits(1)
    if (this.#isAddressed) this.#options.part?.model.stop()
  }

  #bits(count: number): void {
    if (this.#world.time.isVirtual) this.#world.time.pass(count * this.#options.bitNs)
  }
}
