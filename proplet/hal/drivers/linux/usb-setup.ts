import type { USBControlTransferParameters } from 'usb/index.js'
import type { Segment } from '../../../../shared/bus.ts'

const SETUP_BYTES = 8
const IN = 0x80
/** USB 2.0, table 9-2. */
const types = ['standard', 'class', 'vendor'] as const
const recipients = ['device', 'interface', 'endpoint', 'other'] as const

export type Setup = {
  readonly isIn: boolean
  readonly native: USBControlTransferParameters
  readonly data: Uint8Array
  readonly length: number
}

/** The setup packet in the words of the package `usb`, or what is wrong with it. */
export function setupOf(segments: readonly Segment[]): Setup | string {
  const [first, second, ...more] = segments
  if (first?.kind !== 'write' || first.bytes.length !== SETUP_BYTES || more.length > 0)
    return `control takes a write of ${SETUP_BYTES} bytes, then one read or write or nothing`
  const bytes = Buffer.from(first.bytes)
  const kind = bytes.readUInt8(0)
  const isIn = (kind & IN) !== 0
  const data = dataOf(isIn, bytes.readUInt16LE(6), second)
  if (typeof data === 'string') return data
  const requestType = types[(kind >> 5) & 3]
  const recipient = recipients[kind & 0x1f]
  if (requestType === undefined || recipient === undefined) return `request type 0x${kind.toString(16)} is reserved`
  const native = {
    requestType,
    recipient,
    request: bytes.readUInt8(1),
    value: bytes.readUInt16LE(2),
    index: bytes.readUInt16LE(4),
  }
  return { isIn, native, ...data }
}

function dataOf(isIn: boolean, length: number, segment: Segment | undefined): string | Pick<Setup, 'data' | 'length'> {
  const data = segment !== undefined && 'bytes' in segment ? segment.bytes : new Uint8Array()
  if (segment !== undefined && segment.kind !== (isIn ? 'read' : 'write'))
    return `the setup packet says ${isIn ? 'in' : 'out'}, the data is a ${segment.kind}`
  const given = segment?.kind === 'read' ? segment.length : data.length
  return given === length ? { data, length } : `wLength is ${length}, the data has ${given} bytes`
}
