import type { BusError, Segment } from '../../shared/bus.ts'

/** Records of /dev/labbus: labbus/labbus.c says what they are. */

const REQUEST_BYTES = 20
const PART_BYTES = 20
const ANSWER_BYTES = 12
const KIND_I2C = 0
const READ = 1
const WRITE = 2
const TEN_BIT = 4
const CS_CHANGE = 8

export type Part = {
  readonly segment: Segment
  readonly address: number
  readonly tenBit: boolean
  /** Whether the chip is let go after it. */
  readonly csChange: boolean
  readonly hz: number
  readonly delayNs: number
  readonly bits: number
}
export type Request = {
  readonly id: number
  readonly kind: 'i2c' | 'spi'
  readonly bus: number
  readonly chip: number
  readonly mode: number
  readonly parts: readonly Part[]
}

export function requestOf(record: Buffer): Request {
  const count = record.readUInt16LE(10)
  let at = REQUEST_BYTES + count * PART_BYTES
  const parts = Array.from({ length: count }, (_, i) => {
    const head = record.subarray(REQUEST_BYTES + i * PART_BYTES)
    const writes = (head.readUInt16LE(6) & WRITE) !== 0
    const bytes = record.subarray(at, at + (writes ? head.readUInt32LE(0) : 0))
    at += bytes.length
    return partOf(head, bytes)
  })
  return {
    id: record.readUInt32LE(4),
    kind: record.readUInt8(8) === KIND_I2C ? 'i2c' : 'spi',
    bus: record.readUInt8(9),
    chip: record.readUInt32LE(12),
    mode: record.readUInt32LE(16),
    parts,
  }
}

function partOf(head: Buffer, bytes: Buffer): Part {
  const flags = head.readUInt16LE(6)
  return {
    segment: segmentOf(flags, head.readUInt32LE(0), bytes),
    address: head.readUInt16LE(4),
    tenBit: (flags & TEN_BIT) !== 0,
    csChange: (flags & CS_CHANGE) !== 0,
    hz: head.readUInt32LE(8),
    delayNs: head.readUInt32LE(12),
    bits: head.readUInt32LE(16),
  }
}

function segmentOf(flags: number, length: number, bytes: Buffer): Segment {
  if ((flags & WRITE) === 0) return { kind: 'read', length }
  return { kind: flags & READ ? 'transfer' : 'write', bytes: new Uint8Array(bytes) }
}

/** `errno` is 0 or positive; bytes go back only with 0. */
export function answerRecord(id: number, errno: number, data: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(ANSWER_BYTES)
  const bytes = errno === 0 ? data : []
  head.writeUInt32LE(ANSWER_BYTES + bytes.reduce((sum, each) => sum + each.length, 0), 0)
  head.writeUInt32LE(id, 4)
  head.writeInt32LE(-errno, 8)
  return Buffer.concat([head, ...bytes])
}

/** What a controller's driver answers for what happened on the wires. */
export const errnoOf: Readonly<Partial<Record<BusError, number>>> = {
  'nack-address': 6,
  'nack-data': 121,
  nack: 121,
  'arbitration-lost': 11,
  bus: 16,
  overrun: 75,
  timeout: 110,
  'no-device': 19,
  invalid: 22,
  unsupported: 95,
}
