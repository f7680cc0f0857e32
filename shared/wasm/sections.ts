import { SamaraError } from '../errors.ts'

/**
 * The frame of a WebAssembly binary: magic, layer, sections. Core modules and components share it. What stands inside
 * a section comes from strangers, so every length is held against the bytes that are left before anything is made of it.
 */

export type Layer = 'core' | 'component'

export type Section = {
  readonly id: number
  /** Where its id stands. */
  readonly start: number
  /** Where its payload starts and ends. */
  readonly from: number
  readonly to: number
}

/** A name longer than this is refused: no toolchain writes one, and each is kept as a string. */
export const MAX_NAME_BYTES = 4096
/** Sections of one binary; toolchains write a few dozen, components a few hundred. */
const MAX_SECTIONS = 100_000

const MAGIC = [0x00, 0x61, 0x73, 0x6d]
const HEADER_BYTES = 8
const CORE_VERSION = 0x0000_0001
const COMPONENT_VERSION = 0x0001_000d

export const malformed = (message: string): SamaraError => new SamaraError('INVALID_ARGUMENT', `module: ${message}`)
export const unsupported = (message: string): SamaraError => new SamaraError('UNSUPPORTED', `module: ${message}`)

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Reads forward inside a range of bytes and never past its end. */
export class ByteReader {
  readonly bytes: Uint8Array
  readonly end: number
  at: number

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.bytes = bytes
    this.at = from
    this.end = to
  }

  get left(): number {
    return this.end - this.at
  }

  byte(): number {
    if (this.at >= this.end) throw malformed(`ends early at byte ${this.at}`)
    return this.bytes[this.at++] as number
  }

  skip(count: number): void {
    if (count > this.left) throw malformed(`${count} bytes wanted at byte ${this.at}, ${this.left} left`)
    this.at += count
  }

  /** Unsigned LEB128 of 32 bits: at most five bytes, and no bits beyond the 32nd. */
  u32(): number {
    const start = this.at
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      if (shift === 28 && byte > 0x0f) throw malformed(`number at byte ${start} is not 32 bits`)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw malformed(`number at byte ${start} is too long`)
  }

  /** Unsigned LEB128 of 64 bits as a double: exact up to 2^53, which is beyond every limit that it is held against. */
  u64(): number {
    const start = this.at
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte()
      if (shift === 63 && byte > 0x01) throw malformed(`number at byte ${start} is not 64 bits`)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw malformed(`number at byte ${start} is too long`)
  }

  /** Signed LEB128 of 32 bits. */
  s32(): number {
    const start = this.at
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return shift < 28 && byte & 0x40 ? value | (-1 << (shift + 7)) : value
    }
    throw malformed(`number at byte ${start} is too long`)
  }

  /** Passes a LEB128 number of any sign whose value does not matter. */
  skipLeb(): void {
    const start = this.at
    for (let i = 0; i < 10; i++) if (this.byte() < 0x80) return
    throw malformed(`number at byte ${start} is too long`)
  }

  /** Length of a list, where an element takes at least `leastBytes`: a count that cannot fit is refused unread. */
  count(what: string, limit: number, leastBytes = 1): number {
    const start = this.at
    const count = this.u32()
    if (count * leastBytes > this.left)
      throw malformed(`${count} ${what} at byte ${start} do not fit into the ${this.left} bytes left`)
    if (count > limit) throw unsupported(`${count} ${what}, at most ${limit} accepted`)
    return count
  }

  name(): string {
    const start = this.at
    const length = this.u32()
    const from = this.at
    this.skip(length)
    if (length > MAX_NAME_BYTES)
      throw unsupported(`name at byte ${start} has ${length} bytes, at most ${MAX_NAME_BYTES} accepted`)
    try {
      return utf8.decode(this.bytes.subarray(from, this.at))
    } catch {
      throw malformed(`name at byte ${start} is not UTF-8`)
    }
  }

  /** The range was announced with a length; bytes after the last element are as wrong as missing ones. */
  finish(what: string): void {
    if (this.left > 0) throw malformed(`${this.left} bytes after the end of the ${what}`)
  }
}

/** What the binary is, from its first eight bytes. */
export function layerOf(bytes: Uint8Array): Layer {
  if (bytes.length < HEADER_BYTES) throw malformed(`${bytes.length} bytes, not a WebAssembly binary`)
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) throw malformed(notWasm(bytes))
  const version = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true)
  if (version === CORE_VERSION) return 'core'
  if (version === COMPONENT_VERSION) return 'component'
  if (version >>> 16 === 1) throw unsupported(`component of binary version ${version & 0xffff}, 13 expected`)
  throw unsupported(`binary version ${version}, 1 expected`)
}

function notWasm(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 64)).toString('latin1').trimStart()
  if (start.startsWith('(module') || start.startsWith('(component') || start.startsWith(';;'))
    return 'is WebAssembly text; compile it to a binary first'
  return `starts with ${Buffer.from(bytes.subarray(0, 4)).toString('hex')}, a WebAssembly binary with 0061736d`
}

/** The sections in file order, each inside the file; what is in them is not read. */
export function readSections(bytes: Uint8Array): Section[] {
  const reader = new ByteReader(bytes, HEADER_BYTES)
  const sections: Section[] = []
  while (reader.left > 0) {
    const start = reader.at
    const id = reader.byte()
    const size = reader.u32()
    const from = reader.at
    if (size > reader.left) throw malformed(`section ${id} at byte ${start} has ${size} bytes, ${reader.left} left`)
    reader.skip(size)
    sections.push({ id, start, from, to: reader.at })
    if (sections.length > MAX_SECTIONS) throw unsupported(`more than ${MAX_SECTIONS} sections`)
  }
  return sections
}

/** Unsigned LEB128, shortest form. */
export function leb(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return bytes
}

/** Signed LEB128 of 32 bits, shortest form. */
export function signedLeb(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (;;) {
    const byte = rest & 0x7f
    rest >>= 7
    if (rest === (byte & 0x40 ? -1 : 0)) return [...bytes, byte]
    bytes.push(byte | 0x80)
  }
}
