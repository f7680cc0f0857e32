import { type Answer, MAX_SEGMENTS, MAX_TRANSFER_BYTES, type Operation, type Segment } from '../../../shared/bus.ts'
import { SamaraError } from '../../../shared/errors.ts'
import type { LabDevice } from '../../../shared/lab/index.ts'
import type { SpiModel } from '../part.ts'
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
  wait,
} from './bus.ts'

export type SpiPart = { readonly name: string; readonly model: SpiModel }

export interface SpiBus extends Bus {
  readonly kind: 'spi'
  /** Throws ALREADY_EXISTS where another part has this chip select. */
  attach(part: SpiPart, select: number): void
}

/** Nobody drives the line: it is pulled up, as on most boards. */
const FLOATING = 0xff

/** `spi-0:1` is chip select 1 of spi-0. */
export function splitPath(path: string): { readonly bus: string; readonly select: number } {
  const [bus = '', select = '0'] = path.split(':')
  return { bus, select: Number(select) }
}

export function createSpiBus(world: BusWorld): SpiBus {
  const parts = new Map<number, SpiPart>()
  const turn = new Turn()

  return {
    kind: 'spi',
    name: world.name,
    attach(part, select) {
      const there = parts.get(select)
      if (there)
        throw new SamaraError(
          'ALREADY_EXISTS',
          `${part.name}: ${there.name} is at chip select ${select} of ${world.name}`,
        )
      parts.set(select, part)
    },
    open(device): BusDevice {
      const { select } = splitPath(device.bus)
      const words = wordsOf(device)
      return {
        run(operation, signal) {
          if (operation.op === 'delay') return delay(world.time, operation, signal)
          if (operation.op !== 'transfer') return invalidOperation(`spi has no ${operation.op}`)
          if (!words) return failed('unsupported', `words of ${device.bitsPerWord} bits`)
          const part = parts.get(select)
          const where = { target: { bus: world.name, part: part?.name }, timeoutMs: device.timeoutMs, signal }
          const work = () => transfer(world, { device, select, part, words, operation, signal })
          return turn.take(signal, () => guarded(world, () => unlessHeld(world, where, work)))
        },
        close: () => undefined,
      }
    },
  }
}

type Job = {
  readonly device: LabDevice
  readonly select: number
  readonly part: SpiPart | undefined
  readonly words: Words
  readonly operation: Operation
  readonly signal: AbortSignal
}

function transfer(world: BusWorld, job: Job): Ran {
  const { segments = [] } = job.operation
  const wrong = check(segments, job.words.size)
  if (wrong) return invalidOperation(wrong)
  const fault = world.faults.strike({ bus: world.name, part: job.part?.name }, ['overrun', 'mode-fault'])
  if (fault) return failed(fault.kind as 'overrun' | 'mode-fault')
  const wire = world.trace.begin()
  wire.put(`CS${job.select} mode${job.device.mode ?? 0} [`)
  job.part?.model.select()
  const end = (answer: Answer): Answer => {
    wire.put(']')
    world.trace.end(world.name, wire)
    job.part?.model.deselect()
    return answer
  }
  const data: Uint8Array[] = []
  const ran = exchangeAll(world, job, wire, segments, data)
  return ran instanceof Promise ? ran.then(end) : end(ran)
}

/** Segments in order, the chip selected throughout; only a delay in real time makes it wait. */
function exchangeAll(world: BusWorld, job: Job, wire: Wire, segments: readonly Segment[], data: Uint8Array[]): Ran {
  for (const [at, segment] of segments.entries()) {
    if (segment.kind !== 'delay') {
      const came = exchange(world, job, wire, segment)
      if (segment.kind !== 'write') data.push(came)
      continue
    }
    wire.put(`~${segment.length}ns`)
    const waiting = wait(world.time, segment.length, job.signal)
    const rest = segments.slice(at + 1)
    if (waiting) return waiting.then((answer) => (answer.error ? answer : exchangeAll(world, job, wire, rest, data)))
  }
  return data.length > 0 ? { data } : {}
}

function exchange(world: BusWorld, { device, part, words }: Job, wire: Wire, segment: Segment): Uint8Array {
  const out = segment.kind === 'read' || segment.kind === 'delay' ? new Uint8Array(segment.length) : segment.bytes
  const came = new Uint8Array(out.length)
  for (let at = 0; at < out.length; at++) {
    const place = words.place(at)
    const mosi = words.onWire(out[place] as number)
    const miso = (part?.model.exchange(mosi) ?? FLOATING) & 0xff
    wire.put(`${hexByte(mosi)}/${hexByte(miso)}`)
    came[place] = words.onWire(miso)
    if (world.time.isVirtual) world.time.pass(8e9 / (device.hz ?? DEFAULT_HZ))
  }
  return came
}
const DEFAULT_HZ = 1_000_000

/** How bytes in memory become bytes on the wire. */
type Words = {
  readonly size: number
  /** Where in memory the nth byte of the wire is: words lie there with their low byte first. */
  place(at: number): number
  onWire(byte: number): number
}

function wordsOf({ bitsPerWord = 8, lsbFirst = false }: LabDevice): Words | undefined {
  if (bitsPerWord !== 8 && bitsPerWord !== 16 && bitsPerWord !== 32) return undefined
  const size = bitsPerWord / 8
  return {
    size,
    place: lsbFirst ? (at) => at : (at) => at - (at % size) + (size - 1 - (at % size)),
    onWire: lsbFirst ? reversed : (byte) => byte,
  }
}

/** A byte with its bits in the other order; wires are written down with the first bit left. */
function reversed(byte: number): number {
  let turned = 0
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) turned |= 0x80 >> bit
  return turned
}

function check(segments: readonly Segment[], wordBytes: number): string | undefined {
  if (segments.length === 0 || segments.length > MAX_SEGMENTS)
    return `${segments.length} segments, 1 to ${MAX_SEGMENTS} expected`
  for (const segment of segments) {
    if (segment.kind === 'delay') continue
    const length = segment.kind === 'read' ? segment.length : segment.bytes.length
    if (segment.kind === 'read' && length === 0) return 'a read of 0 bytes, 1 or more expected'
    if (length > MAX_TRANSFER_BYTES) return `${length} bytes, at most ${MAX_TRANSFER_BYTES} expected`
    if (length % wordBytes !== 0) return `${length} bytes are no whole words of ${wordBytes} bytes`
  }
  return undefined
}
