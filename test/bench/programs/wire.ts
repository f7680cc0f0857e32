/** As much of MQTT 3.1.1 as a simulated agent needs: thousands of them share a process. */

export type Will = { readonly topic: string; readonly payload: Uint8Array }
export type Identity = {
  readonly id: string
  readonly password: string
  readonly will: Will
  readonly keepaliveS: number
}

const CONNECT = 0x10
const PUBLISH = 0x30
const PUBACK = 0x40
const SUBSCRIBE = 0x82
const PINGREQ = 0xc0
/** User name, password, will at QoS 1, clean session. */
const FLAGS = 0x80 | 0x40 | 0x08 | 0x04 | 0x02

export const ping: Buffer = Buffer.from([PINGREQ, 0])

export const connect = ({ id, password, will, keepaliveS }: Identity): Buffer =>
  packet(CONNECT, [
    ...[text('MQTT'), Buffer.from([4, FLAGS]), number(keepaliveS)],
    ...[text(id), text(will.topic), sized(will.payload), text(id), text(password)],
  ])

export const subscribe = (filters: readonly string[]): Buffer =>
  packet(SUBSCRIBE, [number(1), ...filters.flatMap((filter) => [text(filter), Buffer.from([1])])])

/** At QoS 1 where there is a message id. */
export const publish = (topic: string, payload: Uint8Array, messageId?: number): Buffer =>
  messageId === undefined
    ? packet(PUBLISH, [text(topic), payload])
    : packet(PUBLISH | 2, [text(topic), number(messageId), payload])

export const puback = (messageId: number): Buffer => packet(PUBACK, [number(messageId)])

export type Packet = {
  readonly type: 'connack' | 'publish' | 'other'
  readonly ok: boolean
  readonly messageId?: number
}

/** The whole packets of `bytes`, and what is left of it. */
export function readPackets(bytes: Buffer): { readonly packets: readonly Packet[]; readonly rest: Buffer } {
  const packets: Packet[] = []
  let at = 0
  for (;;) {
    const head = lengthAt(bytes, at + 1)
    if (!head || bytes.length < head.end + head.length) return { packets, rest: bytes.subarray(at) }
    packets.push(read(bytes[at] ?? 0, bytes.subarray(head.end, head.end + head.length)))
    at = head.end + head.length
  }
}

function read(first: number, body: Buffer): Packet {
  if (first === 0x20) return { type: 'connack', ok: body[1] === 0 }
  if (first >> 4 !== 3) return { type: 'other', ok: true }
  const qos = (first >> 1) & 3
  return { type: 'publish', ok: true, ...(qos > 0 && { messageId: body.readUInt16BE(2 + body.readUInt16BE(0)) }) }
}

function lengthAt(bytes: Buffer, from: number): { length: number; end: number } | undefined {
  let length = 0
  for (let shift = 0, at = from; at < bytes.length; shift += 7, at++) {
    const byte = bytes[at] ?? 0
    length |= (byte & 0x7f) << shift
    if (byte < 0x80) return { length, end: at + 1 }
  }
  return undefined
}

function packet(first: number, parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const head = [first]
  let rest = body.length
  do {
    head.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>>= 7
  } while (rest > 0)
  return Buffer.concat([Buffer.from(head), body])
}

const number = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff])
const sized = (bytes: Uint8Array): Buffer => Buffer.concat([number(bytes.length), bytes])
const text = (value: string): Buffer => sized(Buffer.from(value))
