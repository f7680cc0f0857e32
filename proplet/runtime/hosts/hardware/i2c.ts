import type { Answer, Segment } from '../../../../shared/bus.ts'
import type { Guest } from '../guest.ts'
import type { Device } from './devices.ts'
import { i2cAnswer } from './errors.ts'

export type I2cOperation =
  | { readonly tag: 'read'; readonly val: bigint }
  | { readonly tag: 'write'; readonly val: Uint8Array }

const INVALID: Answer = { error: 'invalid' }
const OVERRUN: Answer = { error: 'overrun' }

/** `wasi:i2c/i2c.i2c`: the bus of one device; which addresses answer is the grant's business, checked where the bus is. */
export class I2c {
  readonly #guest: Guest
  readonly #device: Device

  constructor(guest: Guest, device: Device) {
    this.#guest = guest
    this.#device = device
  }

  transaction(address: number, operations: readonly I2cOperation[]): Uint8Array[] {
    if (operations.length === 0) return []
    const { segments, lengths } = merge(this.#device, operations)
    return divide(this.#transfer(address, segments), lengths)
  }

  read(address: number, length: bigint): Uint8Array {
    return only(this.#transfer(address, [readOf(this.#device, length)]))
  }

  write(address: number, bytes: Uint8Array): void {
    this.#transfer(address, [{ kind: 'write', bytes }])
  }

  writeRead(address: number, bytes: Uint8Array, length: bigint): Uint8Array {
    return only(this.#transfer(address, [{ kind: 'write', bytes }, readOf(this.#device, length)]))
  }

  /** Bytes of each read. */
  #transfer(target: number, segments: readonly Segment[]): readonly Uint8Array[] {
    this.#guest.repay()
    const { data = [] } = i2cAnswer(this.#device.call({ op: 'transfer', target, segments }))
    const reads = segments.filter((segment) => segment.kind === 'read')
    const whole = reads.length === data.length && reads.every(({ length }, index) => data[index]?.length === length)
    if (!whole) i2cAnswer(OVERRUN)
    return data
  }
}

const only = ([bytes]: readonly Uint8Array[]): Uint8Array => bytes ?? new Uint8Array()

/** A u64 of the guest's becomes a number only below the cap. */
function readOf(device: Device, length: bigint): Segment & { kind: 'read' } {
  if (length === 0n) i2cAnswer(INVALID)
  if (length > device.spec.maxBytes) i2cAnswer(tooLong(device, 'read', length))
  return { kind: 'read', length: Number(length) }
}

const tooLong = (device: Device, kind: string, length: bigint | number): Answer =>
  device.refuse(`${kind} of ${length} bytes, at most ${device.spec.maxBytes} are granted`)

type Merged = {
  readonly segments: readonly Segment[]
  /** Of each read segment the lengths of the reads that it is made of. */
  readonly lengths: readonly (readonly number[])[]
}

/** Adjacent operations of one kind are one message: a chip would take a second start for a new address. */
function merge(device: Device, operations: readonly I2cOperation[]): Merged {
  const segments: Segment[] = []
  const lengths: number[][] = []
  for (let from = 0; from < operations.length; ) {
    const to = endOfKind(operations, from)
    const run = operations.slice(from, to)
    if (run[0]?.tag === 'read')
      lengths.push(run.map((one) => (one.tag === 'read' ? readOf(device, one.val).length : 0)))
    segments.push(run[0]?.tag === 'read' ? joinedRead(device, lengths.at(-1) ?? []) : joinedWrite(device, run))
    from = to
  }
  return { segments, lengths }
}

function endOfKind(operations: readonly I2cOperation[], from: number): number {
  let to = from + 1
  while (to < operations.length && operations[to]?.tag === operations[from]?.tag) to++
  return to
}

function joinedRead(device: Device, lengths: readonly number[]): Segment {
  const length = lengths.reduce((sum, one) => sum + one, 0)
  if (length > device.spec.maxBytes) i2cAnswer(tooLong(device, 'read', length))
  return { kind: 'read', length }
}

function joinedWrite(device: Device, run: readonly I2cOperation[]): Segment {
  const parts = run.flatMap((one) => (one.tag === 'write' ? [one.val] : []))
  const [first] = parts
  if (first && parts.length === 1) return { kind: 'write', bytes: first }
  const length = parts.reduce((sum, one) => sum + one.length, 0)
  if (length > device.spec.maxBytes) i2cAnswer(tooLong(device, 'write', length))
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return { kind: 'write', bytes }
}

function divide(data: readonly Uint8Array[], lengths: readonly (readonly number[])[]): Uint8Array[] {
  return lengths.flatMap((parts, index) => {
    let at = 0
    return parts.map((length) => {
      at += length
      return data[index]?.subarray(at - length, at) ?? new Uint8Array()
    })
  })
}
