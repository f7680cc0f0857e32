import { closeSync, readSync } from 'node:fs'
import { ioctl, ior, iowr, POLLFD_BYTES, POLLIN, poll } from './ioctl.ts'

/** <linux/gpio.h>, second version; every struct is of one size everywhere. */
const TYPE = '\xb4'
const NAME_BYTES = 32
const CHIP_BYTES = 68
const INFO_BYTES = 256
const CONFIG_BYTES = 272
const REQUEST_BYTES = 592
const VALUES_BYTES = 16
const EVENT_BYTES = 48
const GET_CHIPINFO = ior(TYPE, 0x01, CHIP_BYTES)
const GET_LINEINFO = iowr(TYPE, 0x05, INFO_BYTES)
const GET_LINE = iowr(TYPE, 0x07, REQUEST_BYTES)
const SET_CONFIG = iowr(TYPE, 0x0d, CONFIG_BYTES)
const GET_VALUES = iowr(TYPE, 0x0e, VALUES_BYTES)
const SET_VALUES = iowr(TYPE, 0x0f, VALUES_BYTES)

/** struct gpio_v2_line_request. */
const REQUEST_CONSUMER = 256
const REQUEST_CONFIG = 288
const REQUEST_LINES = 560
const REQUEST_FD = 588
/** struct gpio_v2_line_config, and its attributes of 24 bytes. */
const CONFIG_COUNT = 8
const CONFIG_ATTRIBUTES = 32
const ATTRIBUTE_BYTES = 24
const ATTRIBUTE_OUTPUT = 2
const ATTRIBUTE_DEBOUNCE = 3
/** struct gpio_v2_line_event. */
const EVENT_ID = 8
const RISING = 1
/** As many as the kernel keeps for one line. */
const MAX_EVENTS = 16

export const flags = {
  activeLow: 1 << 1,
  input: 1 << 2,
  output: 1 << 3,
  bothEdges: (1 << 4) | (1 << 5),
  pullUp: 1 << 8,
  pullDown: 1 << 9,
  pullNone: 1 << 10,
} as const

export type LineConfig = {
  readonly flags: number
  readonly debounceUs?: number | undefined
  /** Of an output: the level that it gets, before active-low. */
  readonly level?: boolean | undefined
}

export type LineInfo = { readonly name: string; readonly consumer: string }

/** How many lines a chip has, or a negative errno. */
export function lineCount(chip: number): number {
  const info = Buffer.alloc(CHIP_BYTES)
  const answer = ioctl(chip, GET_CHIPINFO, info)
  return answer < 0 ? answer : info.readUInt32LE(2 * NAME_BYTES)
}

export function lineInfo(chip: number, offset: number): LineInfo | undefined {
  const info = Buffer.alloc(INFO_BYTES)
  info.writeUInt32LE(offset, 2 * NAME_BYTES)
  if (ioctl(chip, GET_LINEINFO, info) < 0) return undefined
  return { name: textOf(info, 0), consumer: textOf(info, NAME_BYTES) }
}

function textOf(bytes: Buffer, at: number): string {
  const text = bytes.subarray(at, at + NAME_BYTES)
  return text.subarray(0, text.indexOf(0)).toString('utf8')
}

/** Takes one line; its descriptor, or a negative errno. */
export function requestLine(chip: number, offset: number, consumer: string, config: LineConfig): number {
  const request = Buffer.alloc(REQUEST_BYTES)
  request.writeUInt32LE(offset, 0)
  request.write(consumer.slice(0, NAME_BYTES - 1), REQUEST_CONSUMER)
  putConfig(request.subarray(REQUEST_CONFIG), config)
  request.writeUInt32LE(1, REQUEST_LINES)
  const answer = ioctl(chip, GET_LINE, request)
  return answer < 0 ? answer : request.readInt32LE(REQUEST_FD)
}

export function configureLine(line: number, config: LineConfig): number {
  const bytes = Buffer.alloc(CONFIG_BYTES)
  putConfig(bytes, config)
  return ioctl(line, SET_CONFIG, bytes)
}

function putConfig(to: Buffer, { flags: wanted, debounceUs = 0, level }: LineConfig): void {
  const attributes: [id: number, value: number][] = []
  if (debounceUs > 0) attributes.push([ATTRIBUTE_DEBOUNCE, debounceUs])
  if (level !== undefined) attributes.push([ATTRIBUTE_OUTPUT, level ? 1 : 0])
  to.writeBigUInt64LE(BigInt(wanted), 0)
  to.writeUInt32LE(attributes.length, CONFIG_COUNT)
  attributes.forEach(([id, value], i) => {
    const at = CONFIG_ATTRIBUTES + i * ATTRIBUTE_BYTES
    to.writeUInt32LE(id, at)
    to.writeBigUInt64LE(BigInt(value), at + 8)
    // Which of the request's lines it is for: the only one.
    to.writeBigUInt64LE(1n, at + 16)
  })
}

/** 0 or 1, or a negative errno. */
export function readLevel(line: number): number {
  const values = Buffer.alloc(VALUES_BYTES)
  values.writeUInt8(1, 8)
  const answer = ioctl(line, GET_VALUES, values)
  return answer < 0 ? answer : values.readUInt8(0) & 1
}

export function writeLevel(line: number, level: boolean): number {
  const values = Buffer.alloc(VALUES_BYTES)
  values.writeUInt8(level ? 1 : 0, 0)
  values.writeUInt8(1, 8)
  return ioctl(line, SET_VALUES, values)
}

/** The edges that wait to be read, oldest first: true is rising. Does not block; throws what the system throws. */
export function readEdges(line: number): boolean[] {
  if (!readable(line)) return []
  const bytes = Buffer.alloc(MAX_EVENTS * EVENT_BYTES)
  const count = readSync(line, bytes) / EVENT_BYTES
  return Array.from({ length: count }, (_, i) => bytes.readUInt32LE(i * EVENT_BYTES + EVENT_ID) === RISING)
}

function readable(line: number): boolean {
  const entry = Buffer.alloc(POLLFD_BYTES)
  entry.writeInt32LE(line, 0)
  entry.writeInt16LE(POLLIN, 4)
  return poll(entry, 0) > 0
}

export const releaseLine = (line: number): void => closeSync(line)
