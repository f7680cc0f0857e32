import type { Answer, Segment } from '../../../../shared/bus.ts'
import type { Guest } from '../guest.ts'
import type { Device } from './devices.ts'
import { spiAnswer } from './errors.ts'

export type SpiOperation =
  | { readonly tag: 'read'; readonly val: bigint }
  | { readonly tag: 'write' | 'transfer'; readonly val: Uint8Array }
  | { readonly tag: 'delay-ns'; readonly val: number }
export type SpiResult =
  | { readonly tag: 'read' | 'transfer'; readonly val: Uint8Array }
  | { readonly tag: 'write' | 'delay' }

const OVERRUN: Answer = { error: 'overrun' }

/** `wasi:spi/spi.spi-device`: the chip stays selected over one transaction, delays included. */
export class SpiDevice {
  readonly #guest: Guest
  readonly #device: Device

  constructor(guest: Guest, device: Device) {
    this.#guest = guest
    this.#device = device
  }

  read(length: bigint): Uint8Array {
    return this.#one({ tag: 'read', val: length })
  }

  write(bytes: Uint8Array): void {
    this.#transfer([{ kind: 'write', bytes }])
  }

  transfer(bytes: Uint8Array): Uint8Array {
    return this.#one({ tag: 'transfer', val: bytes })
  }

  transaction(operations: readonly SpiOperation[]): SpiResult[] {
    if (operations.length === 0) return []
    const data = this.#transfer(operations.map((one) => segmentOf(this.#device, one)))
    let next = 0
    return operations.map((one) => {
      if (one.tag === 'write') return { tag: 'write' }
      if (one.tag === 'delay-ns') return { tag: 'delay' }
      return { tag: one.tag, val: data[next++] ?? new Uint8Array() }
    })
  }

  #one(operation: SpiOperation): Uint8Array {
    return this.#transfer([segmentOf(this.#device, operation)])[0] ?? new Uint8Array()
  }

  /** Bytes of each read and transfer. */
  #transfer(segments: readonly Segment[]): readonly Uint8Array[] {
    this.#guest.repay()
    const { data = [] } = spiAnswer(this.#device.call({ op: 'transfer', segments }))
    const wanted = segments.flatMap(wantedBytes)
    const whole = wanted.length === data.length && wanted.every((length, index) => data[index]?.length === length)
    if (!whole) spiAnswer(OVERRUN)
    return data
  }
}

function wantedBytes(segment: Segment): number[] {
  if (segment.kind === 'read') return [segment.length]
  return segment.kind === 'transfer' ? [segment.bytes.length] : []
}

function segmentOf(device: Device, operation: SpiOperation): Segment {
  switch (operation.tag) {
    case 'read':
      return readOf(device, operation.val)
    case 'delay-ns':
      return { kind: 'delay', length: operation.val }
    default:
      return { kind: operation.tag, bytes: operation.val }
  }
}

/** A u64 of the guest's becomes a number only below the cap. */
function readOf(device: Device, length: bigint): Segment {
  const { maxBytes } = device.spec
  if (length > maxBytes) spiAnswer(device.refuse(`read of ${length} bytes, at most ${maxBytes} are granted`))
  return { kind: 'read', length: Number(length) }
}

/** `wasi:spi/spi` */
export function spiInterface(guest: Guest) {
  const open = (name: string): SpiDevice => {
    guest.repay()
    const device = guest.devices.find(name)
    if (!device) throw { tag: 'other', val: `not granted: ${name}` }
    if (device.spec.kind !== 'spi') throw { tag: 'other', val: `${name} is ${device.spec.kind}, no spi` }
    return new SpiDevice(guest, device)
  }
  return { SpiDevice, open }
}
