import { Decoder } from 'cbor-x'
import { SamaraError } from './errors.ts'

/**
 * One CBOR data item in JavaScript: integers are numbers where they are safe and bigints beyond,
 * maps are Map, byte strings are Uint8Array. [P-1.3]
 */
export type Item =
  | number
  | bigint
  | string
  | boolean
  | null
  | undefined
  | Uint8Array
  | Float
  | readonly Item[]
  | ReadonlyMap<number | string, Item>

/** A number that is written as a float of this width whatever its value, for `f32` and `f64`. */
export class Float {
  readonly value: number
  readonly bits: 32 | 64

  constructor(value: number, bits: 32 | 64) {
    this.value = value
    this.bits = bits
  }
}

export type Limits = {
  /** Bytes of the whole item. */
  readonly bytes: number
  /** Levels of arrays and maps. @default 40 */
  readonly depth?: number
}

const DEPTH = 40
/** What a decoder may make of one byte string or text: the size bound covers it, the count bounds objects. */
const MAX_ITEMS = 1_000_000

const malformed = (message: string): SamaraError => new SamaraError('INVALID_ARGUMENT', `cbor: ${message}`)

/**
 * Bytes to an item. Refuses what is larger than `limits.bytes` before it looks inside, and everything that is not
 * the one deterministic form: long integers, indefinite lengths, tags, duplicate or unsorted keys, bytes after the end.
 */
export function decodeItem(bytes: Uint8Array, limits: Limits): Item {
  if (bytes.length > limits.bytes)
    throw new SamaraError('TOO_LARGE', `cbor: ${bytes.length} bytes, at most ${limits.bytes} expected`)
  const scanner = new Scanner(bytes, limits.depth ?? DEPTH)
  scanner.item(0)
  if (scanner.at !== bytes.length) throw malformed(`${bytes.length - scanner.at} bytes after the end`)
  const item = decoder.decode(bytes) as Item
  return scanner.wide ? narrow(item) : item
}

/** cbor-x gives every integer of eight bytes as a bigint; those that are safe become numbers. */
function narrow(item: Item): Item {
  if (typeof item === 'bigint') return Number.isSafeInteger(Number(item)) ? Number(item) : item
  if (Array.isArray(item)) return item.map(narrow)
  if (item instanceof Map)
    return new Map([...item].map(([key, value]) => [narrow(key as Item) as number, narrow(value)]))
  return item
}

// cbor-x does not check strictness (it takes duplicate keys and long forms), so the scanner goes first.
const decoder = new Decoder({ mapsAsObjects: false, useRecords: false })

/** Walks the bytes of one item and refuses every form but the deterministic one (RFC 8949, 4.2.1). */
class Scanner {
  at = 0
  /** Whether an integer of eight bytes was met. */
  wide = false
  #items = 0
  readonly #bytes: Uint8Array
  readonly #depth: number

  constructor(bytes: Uint8Array, depth: number) {
    this.#bytes = bytes
    this.#depth = depth
  }

  item(depth: number): void {
    if (depth > this.#depth) throw malformed(`nested deeper than ${this.#depth}`)
    if (++this.#items > MAX_ITEMS) throw malformed(`more than ${MAX_ITEMS} items`)
    const start = this.at
    const initial = this.#byte()
    const major = initial >> 5
    if (major === 6) throw malformed(`tag at ${start}`)
    if (major === 7) return this.#simple(initial & 31, start)
    const argument = this.#argument(initial & 31, start)
    if (major === 2) this.#skip(argument, start)
    else if (major === 3) this.#text(argument, start)
    else if (major === 4) for (let i = 0; i < argument; i++) this.item(depth + 1)
    else if (major === 5) this.#map(argument, depth)
  }

  #byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw malformed('ends in the middle of an item')
    return byte
  }

  #argument(info: number, start: number): number {
    if (info < 24) return info
    if (info > 27) throw malformed(`indefinite length or reserved form at ${start}`)
    const size = 1 << (info - 24)
    if (size === 8) this.wide = true
    let value = 0
    for (let i = 0; i < size; i++) value = value * 256 + this.#byte()
    const least = size === 1 ? 24 : 2 ** (size * 4)
    if (value < least) throw malformed(`number at ${start} is longer than it needs to be`)
    return value
  }

  #skip(length: number, start: number): void {
    if (length > this.#bytes.length - this.at) throw malformed(`string at ${start} ends after the message`)
    this.at += length
  }

  #text(length: number, start: number): void {
    const from = this.at
    this.#skip(length, start)
    for (let i = from; i < this.at; i++) if ((this.#bytes[i] ?? 0) > 0x7f) return this.#utf8(from, start)
  }

  #utf8(from: number, start: number): void {
    try {
      utf8.decode(this.#bytes.subarray(from, this.at))
    } catch {
      throw malformed(`text at ${start} is not UTF-8`)
    }
  }

  #map(entries: number, depth: number): void {
    let previous: Uint8Array | undefined
    for (let i = 0; i < entries; i++) {
      const start = this.at
      const major = (this.#bytes[start] ?? 0) >> 5
      if (major !== 0 && major !== 3) throw malformed(`map key at ${start} is neither a number nor a text`)
      this.item(depth + 1)
      const key = this.#bytes.subarray(start, this.at)
      if (previous && Buffer.compare(previous, key) >= 0)
        throw malformed(`map key at ${start} is double or out of order`)
      previous = key
      this.item(depth + 1)
    }
  }

  #simple(info: number, start: number): void {
    if (info >= 20 && info <= 23) return
    if (info < 25 || info > 27) throw malformed(`simple value at ${start} is unknown`)
    this.#skip(1 << (info - 24), start)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * An item to its one deterministic form. Ours and not cbor-x's: that one writes whole numbers of type f64 as integers,
 * integers above 2^32 as floats and map headers longer than needed.
 */
export function encodeItem(item: Item): Buffer {
  const writer = new Writer()
  writer.item(item)
  return writer.done()
}

class Writer {
  #buffer = Buffer.allocUnsafe(512)
  #at = 0

  done(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#at))
  }

  item(item: Item): void {
    if (typeof item === 'number') return this.#integer(item)
    if (typeof item === 'string') return this.#string(item)
    if (typeof item === 'boolean') return this.#put(item ? 0xf5 : 0xf4)
    if (typeof item === 'bigint') return this.#bigint(item)
    if (item === null) return this.#put(0xf6)
    if (item === undefined) return this.#put(0xf7)
    if (item instanceof Uint8Array) return this.#bytes(item)
    if (item instanceof Float) return this.#float(item)
    if (item instanceof Map) return this.#map(item)
    this.#head(4, (item as readonly Item[]).length)
    for (const element of item as readonly Item[]) this.item(element)
  }

  #reserve(size: number): number {
    const at = this.#at
    const needed = at + size
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
      this.#buffer.copy(larger, 0, 0, at)
      this.#buffer = larger
    }
    this.#at = needed
    return at
  }

  #put(byte: number): void {
    const at = this.#reserve(1)
    this.#buffer[at] = byte
  }

  #head(major: number, argument: number): void {
    const type = major << 5
    if (argument < 24) return this.#put(type | argument)
    const size = argument < 0x100 ? 1 : argument < 0x1_0000 ? 2 : argument < 0x1_0000_0000 ? 4 : 8
    const at = this.#reserve(1 + size)
    this.#buffer[at] = type | (24 + Math.log2(size))
    if (size === 8) this.#buffer.writeBigUInt64BE(BigInt(argument), at + 1)
    else this.#buffer.writeUIntBE(argument, at + 1, size)
  }

  #integer(value: number): void {
    if (!Number.isSafeInteger(value)) throw malformed(`${value} is not an integer; wrap it in Float`)
    if (value >= 0) this.#head(0, value)
    else this.#head(1, -1 - value)
  }

  #bigint(value: bigint): void {
    const argument = value >= 0n ? value : -1n - value
    if (argument <= BigInt(Number.MAX_SAFE_INTEGER)) return this.#head(value >= 0n ? 0 : 1, Number(argument))
    const at = this.#reserve(9)
    this.#buffer[at] = value >= 0n ? 0x1b : 0x3b
    this.#buffer.writeBigUInt64BE(argument, at + 1)
  }

  #string(value: string): void {
    const length = Buffer.byteLength(value)
    this.#head(3, length)
    // The place first: reserving may replace the buffer.
    const at = this.#reserve(length)
    this.#buffer.write(value, at, 'utf8')
  }

  #bytes(value: Uint8Array): void {
    this.#head(2, value.length)
    const at = this.#reserve(value.length)
    this.#buffer.set(value, at)
  }

  #float(value: Float): void {
    const at = this.#reserve(1 + value.bits / 8)
    this.#buffer[at] = value.bits === 32 ? 0xfa : 0xfb
    if (value.bits === 32) this.#buffer.writeFloatBE(value.value, at + 1)
    else this.#buffer.writeDoubleBE(value.value, at + 1)
  }

  #map(map: ReadonlyMap<number | string, Item>): void {
    this.#head(5, map.size)
    const rows = [...map].map(([key, value]) => ({ key: encodeKey(key), value }))
    rows.sort((a, b) => Buffer.compare(a.key, b.key))
    for (const { key, value } of rows) {
      const at = this.#reserve(key.length)
      this.#buffer.set(key, at)
      this.item(value)
    }
  }
}

const smallKeys = Array.from({ length: 24 }, (_, key) => Buffer.from([key]))

function encodeKey(key: number | string): Buffer {
  if (typeof key === 'number' && key >= 0 && key < 24) return smallKeys[key] ?? Buffer.from([key])
  return encodeItem(key)
}
