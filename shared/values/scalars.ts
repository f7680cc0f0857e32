import { Float } from '../cbor.ts'
import { SamaraError } from '../errors.ts'
import { NAME_PATTERN, NAME_RULE } from '../ids.ts'
import { type Codec, isObject, onlyKey, type Place } from './codec.ts'

/** Rows of the table for types without parts. */

/** A row whose value is the same in JSON, CBOR and JavaScript. */
function plain<T extends boolean | string>(expected: string, is: (value: unknown) => value is T): Codec {
  const read = (value: unknown, place: Place): T => {
    if (!is(value)) throw place.wrong(value, expected)
    return value
  }
  return { fromJson: read, fromCbor: read, fromJs: read, toJson: (item) => item, toJs: (item) => item }
}

export const boolCodec = plain('true or false', (value): value is boolean => typeof value === 'boolean')

export const stringCodec = plain(
  'a string of Unicode scalar values',
  (value): value is string => typeof value === 'string' && value.isWellFormed(),
)

export const charCodec = plain(
  'a string of one Unicode scalar value',
  (value): value is string =>
    typeof value === 'string' &&
    value.isWellFormed() &&
    value.length > 0 &&
    value.length <= 2 &&
    [...value].length === 1,
)

export type IntKind = 's8' | 'u8' | 's16' | 'u16' | 's32' | 'u32' | 's64' | 'u64'

export function intRange(kind: IntKind): { least: bigint; most: bigint } {
  const bits = BigInt(kind.slice(1))
  return kind.startsWith('u')
    ? { least: 0n, most: (1n << bits) - 1n }
    : { least: -(1n << (bits - 1n)), most: (1n << (bits - 1n)) - 1n }
}

const DECIMAL = /^-?[0-9]{1,20}$/

/** An integer as an item has it: a number where that is exact, a bigint beyond. */
export const narrow = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value

export function intCodec(kind: IntKind, range = intRange(kind)): Codec {
  const isLong = kind.endsWith('64')
  const { least, most } = range
  const expected = `an integer from ${least} to ${most}`
  const read = (value: unknown, place: Place): number | bigint => {
    if (typeof value === 'bigint' && value >= least && value <= most) return narrow(value)
    // `+ 0` makes 0 of -0, which CBOR has no integer for.
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value + 0
    throw place.wrong(value, expected)
  }
  return {
    fromJson: (json, place) => {
      if (isLong && typeof json === 'string' && DECIMAL.test(json)) return read(BigInt(json), place)
      return read(typeof json === 'bigint' ? undefined : json, place)
    },
    toJson: (item) => (typeof item === 'bigint' ? `${item}` : item),
    fromCbor: read,
    fromJs: read,
    toJs: (item) => (isLong ? BigInt(item as number | bigint) : item),
  }
}

/** Numbers that JSON has no number for. `-0` is one because JSON.stringify writes it as 0. */
const NAMED_FLOATS = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
])

export function floatCodec(bits: 32 | 64): Codec {
  const expected = `a number that fits f${bits}, or one of ${[...NAMED_FLOATS.keys()].map((name) => `"${name}"`).join(', ')}`
  const read = (value: unknown, place: Place): Float => {
    const number = value instanceof Float ? value.value : typeof value === 'bigint' ? Number(value) : value
    if (typeof number !== 'number') throw place.wrong(value, expected)
    const rounded = bits === 32 ? Math.fround(number) : number
    if (!Number.isFinite(rounded) && Number.isFinite(number)) throw place.wrong(number, expected)
    // One NaN for all: a payload would make two encodings of one value.
    return new Float(Number.isNaN(rounded) ? Number.NaN : rounded, bits)
  }
  return {
    fromJson: (json, place) => {
      const named = typeof json === 'string' ? NAMED_FLOATS.get(json) : undefined
      return read(named ?? (typeof json === 'bigint' ? undefined : json), place)
    },
    toJson: (item) => floatToJson((item as Float).value, bits),
    fromCbor: read,
    fromJs: read,
    toJs: (item) => (item as Float).value,
  }
}

function floatToJson(value: number, bits: 32 | 64): number | string {
  if (!Number.isFinite(value) || Object.is(value, -0)) return Object.is(value, -0) ? '-0' : `${value}`
  return bits === 32 ? shortest32(value) : value
}

/** 0.1 and not 0.10000000149011612: the shortest decimal that reads back as the same f32. */
function shortest32(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value
}

const DEVICE_RULE = `{"device": name} with a name of ${NAME_RULE}`

/** Handles are named by the caller and resolved where the device is. */
export const handleCodec: Codec = {
  fromJson: (json, place) => {
    const name = onlyKey(json) === 'device' && isObject(json) ? json.device : undefined
    if (typeof name !== 'string' || !NAME_PATTERN.test(name)) throw place.wrong(json, DEVICE_RULE)
    return name
  },
  toJson: (item) => ({ device: item }),
  fromCbor: (item, place) => {
    if (typeof item !== 'string' || !NAME_PATTERN.test(item)) throw place.wrong(item, `a device name of ${NAME_RULE}`)
    return item
  },
  fromJs: () => {
    throw new SamaraError('UNSUPPORTED', 'a function cannot give a device back')
  },
  toJs: (item) => item,
}
