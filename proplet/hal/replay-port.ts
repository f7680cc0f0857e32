import { Buffer } from 'node:buffer'
import { type Answer, MAX_SEGMENTS, type Operation, type Segment } from '../../shared/bus.ts'
import type { TranscriptRow } from '../../shared/documents/transcript.ts'
import type { BusLoad, BusPort, PortDevice } from './port.ts'
import { capacityFor, encodeOperation } from './wire.ts'

/** What a replay is made of; `report` is where the agent reads how far it came, whatever became of the worker. */
export type ReplayLoad = {
  /** Row's device is an index into the devices of the load, or -1 where the run was not granted it. */
  readonly rows: readonly TranscriptRow[]
  /** Operations of the recorded run that were not kept. */
  readonly dropped: number
  readonly report: SharedArrayBuffer
}

const POSITION = 0
const LENGTH = 1
const REPORT_INTS = 2
const MAX_TEXT = 960

export const createReplayReport = (): SharedArrayBuffer => new SharedArrayBuffer(REPORT_INTS * 4 + MAX_TEXT)

/** How many recorded operations were asked for, and what differed if something did. */
export function readReplayReport(report: SharedArrayBuffer): { position: number; difference: string | undefined } {
  const header = new Int32Array(report, 0, REPORT_INTS)
  const length = Math.min(Math.max(0, Atomics.load(header, LENGTH)), MAX_TEXT)
  const text = Buffer.from(new Uint8Array(report, REPORT_INTS * 4, length).slice()).toString()
  return { position: Atomics.load(header, POSITION), difference: length > 0 ? text : undefined }
}

/**
 * Answers from a transcript in place of devices. The first operation that is not the recorded one ends the guest: what
 * it would be answered is known to nobody. [P-10.6]
 */
export const replayPort = (load: BusLoad): BusPort => new ReplayPort(load, load.replay as ReplayLoad)

class ReplayPort implements BusPort {
  readonly devices: readonly PortDevice[]
  readonly virtualTime: boolean
  readonly #replay: ReplayLoad
  readonly #header: Int32Array
  readonly #begun = new Map<number, Answer>()

  constructor(load: BusLoad, replay: ReplayLoad) {
    this.devices = load.devices
    this.virtualTime = load.virtualTime
    this.#replay = replay
    this.#header = new Int32Array(replay.report, 0, REPORT_INTS)
  }

  call(device: number, operation: Operation): Answer {
    if (this.#begun.has(device)) return { error: 'busy', detail: 'an operation of this device is under way' }
    return this.#next(device, operation)
  }

  begin(device: number, operation: Operation): void {
    if (!this.#begun.has(device)) this.#begun.set(device, this.#next(device, operation))
  }

  finish(device: number): Answer | undefined {
    const answer = this.#begun.get(device)
    this.#begun.delete(device)
    return answer ?? { error: 'invalid', detail: 'no operation of this device is under way' }
  }

  cancel(device: number): void {
    this.#begun.delete(device)
  }

  #next(device: number, operation: Operation): Answer {
    const of = this.devices[device]
    if (!of) throw new RangeError(`device ${device} of ${this.devices.length}`)
    // It never became a row when it was recorded either.
    if (encodeOperation(operation, new Uint8Array(capacityFor(of.maxBytes))) === undefined)
      return { error: 'not-granted', detail: 'longer than any operation of this device may be' }
    const { rows, dropped } = this.#replay
    const position = Atomics.load(this.#header, POSITION)
    const row = rows[position]
    const asked = `${of.name} ${operationText(operation)}`
    if (!row) throw this.#differs(position, asked, dropped > 0 ? `${dropped} operations that were not kept` : 'the end')
    const recorded = `${this.devices[row.device]?.name ?? 'another device'} ${operationText(operationOf(row))}`
    if (asked !== recorded || !sameBytes(operation, operationOf(row))) throw this.#differs(position, asked, recorded)
    Atomics.store(this.#header, POSITION, position + 1)
    return answerOf(row)
  }

  #differs(position: number, asked: string, recorded: string): Error {
    const text = `replay differs at operation ${position + 1}: ${asked} was asked for, the record has ${recorded}`
    const bytes = Buffer.from(text).subarray(0, MAX_TEXT)
    if (Atomics.load(this.#header, LENGTH) === 0) {
      new Uint8Array(this.#replay.report, REPORT_INTS * 4).set(bytes)
      Atomics.store(this.#header, LENGTH, bytes.length)
    }
    return new Error(text)
  }
}

/** What was asked for, out of a row. */
export const operationOf = (row: TranscriptRow): Operation => ({
  op: row.op,
  ...(row.target !== undefined && { target: row.target }),
  ...(row.timeoutMs !== undefined && { timeoutMs: row.timeoutMs }),
  ...(row.level !== undefined && { level: row.level }),
  ...(row.segments && { segments: row.segments.map(segmentOf) }),
})

const segmentOf = ({ kind, bytes, length }: NonNullable<TranscriptRow['segments']>[number]): Segment =>
  kind === 'write' || kind === 'transfer' ? { kind, bytes: bytes ?? new Uint8Array() } : { kind, length: length ?? 0 }

const answerOf = (row: TranscriptRow): Answer => ({
  ...(row.data && { data: row.data }),
  ...(row.answerLevel !== undefined && { level: row.answerLevel }),
  ...(row.error && { error: row.error }),
  ...(row.detail !== undefined && { detail: row.detail }),
})

/** Bytes that a text shows of one segment. */
const SHOWN = 16

/** `transfer 0x76 write d0 read 1`: in the order in which it goes over the bus. */
export function operationText(operation: Operation): string {
  const { op, target, level, timeoutMs, segments = [] } = operation
  return [
    op,
    target === undefined ? '' : `0x${target.toString(16)}`,
    level === undefined ? '' : level ? 'high' : 'low',
    ...segments.slice(0, MAX_SEGMENTS).map(segmentText),
    timeoutMs ? `for ${timeoutMs} ms` : '',
  ]
    .filter((part) => part !== '')
    .join(' ')
}

function segmentText(segment: Segment): string {
  if (segment.kind === 'read') return `read ${segment.length}`
  if (segment.kind === 'delay') return `delay ${segment.length} ns`
  const hex = Buffer.from(segment.bytes.subarray(0, SHOWN)).toString('hex')
  const more = segment.bytes.length > SHOWN ? `... of ${segment.bytes.length}` : ''
  return `${segment.kind} ${hex || 'nothing'}${more}`
}

/** The texts are equal already: only what they do not show is left to compare. */
function sameBytes(a: Operation, b: Operation): boolean {
  return (a.segments ?? []).every((segment, index) => {
    const other = b.segments?.[index]
    if (!('bytes' in segment) || !other || !('bytes' in other)) return true
    return Buffer.from(segment.bytes).equals(Buffer.from(other.bytes))
  })
}
