import { type Answer, type BusError, type DeviceKind, type Operation, pinEvents, type Segment } from './bus.ts'
import {
  flashCommands,
  isFlash,
  isMemory,
  memoryAddressBytes,
  type RegisterMap,
  registersOf,
} from './chip-registers.ts'

/** Bytes that a line shows; the rest is counted. */
const SHOWN_BYTES = 32
/** Registers that a line names; of more the first and the last. */
const NAMED_REGISTERS = 4

const hex = (value: number, digits = 2): string => value.toString(16).padStart(digits, '0')
const hash = (value: number, digits = 2): string => `0x${hex(value, digits)}`

function byteText(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, SHOWN_BYTES), (byte) => hex(byte)).join(' ')
  return bytes.length > SHOWN_BYTES ? `[${shown} +${bytes.length - SHOWN_BYTES}]` : `[${shown}]`
}

const errorWords: Partial<Record<BusError, string>> = {
  'nack-address': 'NACK (address)',
  'nack-data': 'NACK (data)',
  nack: 'NACK',
}

const failure = ({ error, detail }: Answer): string | undefined => {
  if (!error) return undefined
  const words = errorWords[error] ?? error
  return detail ? `${words}: ${detail}` : words
}

const join = (...parts: (string | undefined)[]): string => parts.filter((part) => part).join(' ')
/** The line, and what it means two blanks later. */
const explained = (line: string, meaning: string | undefined): string => (meaning ? `${line}  ${meaning}` : line)

/**
 * One operation in one line for people: `write 0x76 [f4 27] ACK  ctrl_meas=0x27`. Decoded where the chip is known and the
 * bytes say enough.
 */
export function describeOperation(
  kind: DeviceKind,
  chip: string | undefined,
  operation: Operation,
  answer: Answer,
): string {
  if (operation.op === 'delay') return describeDelay(operation)
  if (kind === 'i2c') return describeI2c(chip ?? '', operation, answer)
  if (kind === 'spi') return describeSpi(chip ?? '', operation, answer)
  return kind === 'gpio' ? describeGpio(operation, answer) : describeUsb(operation, answer)
}

const nanoseconds = (ns: number): string => {
  if (ns % 1_000_000 === 0) return `${ns / 1_000_000} ms`
  return ns % 1000 === 0 ? `${ns / 1000} us` : `${ns} ns`
}

const describeDelay = ({ segments = [] }: Operation): string => {
  const [segment] = segments
  return `delay ${nanoseconds(segment?.kind === 'delay' ? segment.length : 0)}`
}

// i2c

const i2cVerb = (segments: readonly Segment[]): string => {
  const kinds = segments.map(({ kind }) => kind).join(' ')
  if (kinds === 'write' || kinds === 'read') return kinds
  return kinds === 'write read' ? 'write-read' : 'transaction'
}

function describeI2c(chip: string, operation: Operation, answer: Answer): string {
  const { target = 0, segments = [] } = operation
  const verb = i2cVerb(segments)
  const failed = failure(answer)
  const parts = traffic(segments, answer)
  const line = join(verb, hash(target, target > 0x7f ? 3 : 2), parts.join(verb === 'write-read' ? '->' : ' '), failed)
  if (failed) return line
  const acknowledged = verb === 'write' ? `${line} ACK` : line
  return explained(acknowledged, decodeI2c(chip, segments, answer))
}

/** Each segment with what came back for it. */
function traffic(segments: readonly Segment[], { data = [], error }: Answer): string[] {
  let next = 0
  return segments.map((segment) => {
    if (segment.kind === 'delay') return `delay ${nanoseconds(segment.length)}`
    if (segment.kind === 'write') return byteText(segment.bytes)
    const back = error ? '' : ` ${byteText(data[next++] ?? new Uint8Array())}`
    return segment.kind === 'read' ? `${segment.length}${back}` : `${byteText(segment.bytes)}->${back.trim()}`
  })
}

function decodeI2c(chip: string, segments: readonly Segment[], { data = [] }: Answer): string | undefined {
  const [first, second, ...more] = segments
  if (first?.kind !== 'write' || more.length > 0) return undefined
  const [at, ...values] = first.bytes
  if (isMemory(chip)) return decodeMemory(chip, first.bytes, second !== undefined)
  const map = registersOf(chip)
  if (!map || at === undefined) return undefined
  if (second?.kind === 'read' && values.length === 0) return registerText(map, at, [...(data[0] ?? [])])
  return second ? undefined : writtenText(map, at, values)
}

function decodeMemory(chip: string, bytes: Uint8Array, isRead: boolean): string | undefined {
  const size = memoryAddressBytes(chip) ?? (isRead ? bytes.length : undefined)
  if (size === undefined || size === 0 || bytes.length < size) return undefined
  const address = bytes.subarray(0, size).reduce((sum, byte) => sum * 256 + byte, 0)
  return `at ${hash(address, size * 2)}`
}

function writtenText(map: RegisterMap, at: number, values: readonly number[]): string | undefined {
  if (values.length === 0) return map.names[at]
  if (!map.pairs) return registerText(map, at, values)
  const stream = [at, ...values]
  const pairs = Array.from({ length: stream.length >> 1 }, (_, index) => stream.slice(index * 2, index * 2 + 2))
  return join(...pairs.map(([register = 0, value = 0]) => registerText(map, register, [value])))
}

/** Values of consecutive registers, or of one of two bytes. */
function registerText(map: RegisterMap, at: number, values: readonly number[]): string | undefined {
  if (map.width === 2) return wordText(map, at, values)
  const named = values.map((value, index) => ({ name: map.names[at + index], value }))
  if (named.some(({ name }) => name === undefined)) return map.names[at]
  if (named.length > NAMED_REGISTERS) return `${named[0]?.name}..${named.at(-1)?.name}`
  return join(...named.map(({ name, value }) => `${name}=${hash(value)}`))
}

/** Thermometers: what is no configuration is degrees. */
function wordText(map: RegisterMap, at: number, values: readonly number[]): string | undefined {
  const name = map.names[at]
  const [high = 0, low = 0] = values
  if (!name) return undefined
  if (values.length < 2 || name.startsWith('conf')) return `${name}=0x${values.map((value) => hex(value)).join('')}`
  return `${name}=${(((high << 24) >> 16) + low) / 256} °C`
}

// spi

const spiVerb = (segments: readonly Segment[]): string =>
  segments.length === 1 ? (segments[0]?.kind ?? '') : 'transaction'

function describeSpi(chip: string, operation: Operation, answer: Answer): string {
  const { segments = [] } = operation
  const failed = failure(answer)
  const line = join(spiVerb(segments), traffic(segments, answer).join(' '), failed)
  return failed ? line : explained(line, decodeSpi(chip, segments, answer))
}

/** Both wires, byte by byte; what was not listened to is undefined. */
function wires(
  segments: readonly Segment[],
  data: readonly Uint8Array[],
): { out: number[]; back: (number | undefined)[] } {
  const out: number[] = []
  const back: (number | undefined)[] = []
  let next = 0
  for (const segment of segments) {
    if (segment.kind === 'delay') continue
    const sent = segment.kind === 'read' ? new Uint8Array(segment.length) : segment.bytes
    const came = segment.kind === 'write' ? undefined : data[next++]
    out.push(...sent)
    back.push(...Array.from(sent, (_, index) => came?.[index]))
  }
  return { out, back }
}

function decodeSpi(chip: string, segments: readonly Segment[], { data = [] }: Answer): string | undefined {
  const { out, back } = wires(segments, data)
  const [first, ...sent] = out
  if (first === undefined) return undefined
  if (isFlash(chip)) return decodeFlash(first, sent)
  const map = registersOf(chip)
  const command = map?.spi?.(first)
  if (!map || !command) return undefined
  if (!command.read) return writtenText(map, command.register, sent)
  const came = back.slice(1)
  if (came.length === 0 || came.some((byte) => byte === undefined)) return map.names[command.register]
  return registerText(map, command.register, came as number[])
}

function decodeFlash(opcode: number, sent: readonly number[]): string | undefined {
  const command = flashCommands[opcode]
  if (!command?.addressed || sent.length < 3) return command?.name
  const address = sent.slice(0, 3).reduce((sum, byte) => sum * 256 + byte, 0)
  return `${command.name} at ${hash(address, 6)}`
}

// gpio and usb

const levelText = (level: boolean | undefined): string | undefined =>
  level === undefined ? undefined : level ? 'high' : 'low'

function describeGpio({ op, target = 0, level, timeoutMs }: Operation, answer: Answer): string {
  const failed = failure(answer)
  if (op === 'set') return join('set', levelText(level), failed)
  const came = failed ?? levelText(answer.level)
  if (op !== 'wait') return join(op, came && `-> ${came}`)
  const limit = timeoutMs ? `for ${timeoutMs} ms` : undefined
  return join('wait', pinEvents[target], limit, came && `-> ${came}`)
}

const isIn = (endpoint: number): boolean => (endpoint & 0x80) !== 0

function describeUsb(operation: Operation, answer: Answer): string {
  const { op, target = 0, segments = [] } = operation
  const failed = failure(answer)
  if (op === 'control') return join(controlText(segments), failed ?? backText(answer))
  if (op === 'bulk' || op === 'interrupt') {
    const direction = isIn(target) ? 'in' : 'out'
    return join(op, direction, hash(target), traffic(segments, answer).join(' '), failed)
  }
  if (op === 'claim' || op === 'release') return join(op, `interface ${target}`, failed)
  if (op === 'alternate') return join('interface', String(target >> 8), `setting ${target & 0xff}`, failed)
  if (op === 'configure') return join(op, String(target), failed)
  return join(op, op === 'clear-halt' ? hash(target) : undefined, failed)
}

const backText = ({ data = [] }: Answer): string | undefined => (data[0] ? `-> ${byteText(data[0])}` : undefined)

/** The setup packet in its fields, and what goes out after it. */
function controlText([first, second]: readonly Segment[]): string {
  if (first?.kind !== 'write' || first.bytes.length !== 8) return 'control'
  const [type = 0, request = 0, valueLow = 0, valueHigh = 0, indexLow = 0, indexHigh = 0] = first.bytes
  const fields = `value ${hash(valueHigh * 256 + valueLow, 4)} index ${hash(indexHigh * 256 + indexLow, 4)}`
  const sent = second?.kind === 'write' ? byteText(second.bytes) : undefined
  return join('control', isIn(type) ? 'in' : 'out', `type ${hash(type)} request ${hash(request)}`, fields, sent)
}
