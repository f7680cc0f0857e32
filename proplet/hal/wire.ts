import { Buffer } from 'node:buffer'
import {
  type Answer,
  busErrors,
  busOperations,
  MAX_SEGMENTS,
  MAX_TRANSFER_BYTES,
  type Operation,
  type Segment,
  segmentKinds,
} from '../../shared/bus.ts'

/**
 * Operations and answers as bytes in shared memory. Little-endian; never leaves the process.
 *
 * | operation | | answer | |
 * | --- | --- | --- | --- |
 * | u8 | index of the operation | u8 | what is there, see below |
 * | u8 | what is there, see below | u8 | index of the error |
 * | u32 | target | u8 + (u32, bytes)* | data |
 * | u32 | timeoutMs | u16, bytes | detail |
 * | u8 + (u8, u32, bytes)* | segments; bytes of those that go out | | |
 */

const TARGET = 1
const TIMEOUT = 2
const LEVEL = 4
const HIGH = 8
const SEGMENTS = 16
const DATA = 32
const ERROR = 64
const DETAIL = 128

/** Characters of a detail; a transcript keeps no more. */
const MAX_DETAIL = 120
/** What an operation or an answer takes beside its bytes: 5 per segment and a detail are the most of it. */
const OVERHEAD = 1024

/** Bytes of shared memory in which every operation of a device fits, and its answer. */
export const capacityFor = (maxBytes: number): number =>
  OVERHEAD + Math.min(maxBytes * MAX_SEGMENTS, MAX_TRANSFER_BYTES)

/** Its size, or undefined where it does not fit. */
export function encodeOperation(operation: Operation, into: Uint8Array): number | undefined {
  const { op, target, timeoutMs, level, segments } = operation
  if (segments && segments.length > MAX_SEGMENTS) return undefined
  if (OVERHEAD + payloadOut(segments) > into.length) return undefined
  const writer = new Writer(into)
  writer.u8(busOperations.indexOf(op))
  writer.u8(
    (target === undefined ? 0 : TARGET) |
      (timeoutMs === undefined ? 0 : TIMEOUT) |
      (level === undefined ? 0 : LEVEL) |
      (level ? HIGH : 0) |
      (segments ? SEGMENTS : 0),
  )
  if (target !== undefined) writer.u32(target)
  if (timeoutMs !== undefined) writer.u32(timeoutMs)
  if (segments) {
    writer.u8(segments.length)
    for (const segment of segments) writeSegment(writer, segment)
  }
  return writer.at
}

function payloadOut(segments: readonly Segment[] = []): number {
  let out = 0
  for (const segment of segments) if ('bytes' in segment) out += segment.bytes.length
  return out
}

function writeSegment(writer: Writer, segment: Segment): void {
  writer.u8(segmentKinds.indexOf(segment.kind))
  if ('bytes' in segment) writer.sized(segment.bytes)
  else writer.u32(segment.length)
}

/** Believes nothing: throws where the bytes are no operation. Each byte is read once, so that a writer cannot change it between check and use. */
export function decodeOperation(bytes: Uint8Array): Operation {
  const reader = new Reader(bytes)
  const op = reader.name(busOperations)
  const has = reader.u8()
  const target = has & TARGET ? reader.u32() : undefined
  const timeoutMs = has & TIMEOUT ? reader.u32() : undefined
  return {
    op,
    ...(target !== undefined && { target }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(has & LEVEL && { level: (has & HIGH) !== 0 }),
    ...(has & SEGMENTS && { segments: readSegments(reader) }),
  }
}

function readSegments(reader: Reader): Segment[] {
  const count = reader.u8()
  if (count > MAX_SEGMENTS) throw new RangeError(`${count} segments`)
  const segments: Segment[] = []
  for (let index = 0; index < count; index++) {
    const kind = reader.name(segmentKinds)
    if (kind === 'write' || kind === 'transfer') segments.push({ kind, bytes: reader.sized() })
    else segments.push({ kind, length: reader.u32() })
  }
  return segments
}

/** Its size. An answer that does not fit becomes `overflow`: a driver gave more than was asked for. */
export function encodeAnswer(answer: Answer, into: Uint8Array): number {
  const { data, level, error } = answer
  const size = data?.reduce((sum, part) => sum + part.length, 0) ?? 0
  if (OVERHEAD + size > into.length || (data?.length ?? 0) > MAX_SEGMENTS)
    return encodeAnswer({ error: 'overflow', detail: `${size} bytes came` }, into)
  const detail = answer.detail === undefined ? undefined : Buffer.from(answer.detail.slice(0, MAX_DETAIL))
  const writer = new Writer(into)
  writer.u8(
    (level === undefined ? 0 : LEVEL) |
      (level ? HIGH : 0) |
      (data ? DATA : 0) |
      (error ? ERROR : 0) |
      (detail ? DETAIL : 0),
  )
  if (error) writer.u8(busErrors.indexOf(error))
  if (data) {
    writer.u8(data.length)
    for (const part of data) writer.sized(part)
  }
  if (detail) writer.sized(detail)
  return writer.at
}

export function decodeAnswer(bytes: Uint8Array): Answer {
  const reader = new Reader(bytes)
  const has = reader.u8()
  const error = has & ERROR ? reader.name(busErrors) : undefined
  const data = has & DATA ? Array.from({ length: reader.u8() }, () => reader.sized()) : undefined
  const detail = has & DETAIL ? Buffer.from(reader.sized()).toString() : undefined
  return {
    ...(data && { data }),
    ...(has & LEVEL && { level: (has & HIGH) !== 0 }),
    ...(error && { error }),
    ...(detail !== undefined && { detail }),
  }
}

class Writer {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  u8(value: number): void {
    this.#view.setUint8(this.at, value)
    this.at += 1
  }

  /** What does not fit is the largest that does, so that a check finds it too large. */
  u32(value: number): void {
    this.#view.setUint32(this.at, Math.min(value, 0xffff_ffff), true)
    this.at += 4
  }

  sized(bytes: Uint8Array): void {
    this.u32(bytes.length)
    this.#bytes.set(bytes, this.at)
    this.at += bytes.length
  }
}

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  u8(): number {
    return this.#view.getUint8(this.#at++)
  }

  u32(): number {
    const value = this.#view.getUint32(this.#at, true)
    this.#at += 4
    return value
  }

  name<T extends string>(names: readonly T[]): T {
    const name = names[this.u8()]
    if (name === undefined) throw new RangeError('a name that does not exist')
    return name
  }

  /** A copy, out of shared memory. */
  sized(): Uint8Array {
    const end = this.u32() + this.#at
    if (end > this.#bytes.length) throw new RangeError(`ends at ${end} of ${this.#bytes.length}`)
    const bytes = this.#bytes.slice(this.#at, end)
    this.#at = end
    return bytes
  }
}
