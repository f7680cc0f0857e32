import { type ByteReader, malformed } from './sections.ts'

/**
 * Walks function bodies to see whether one grows its memory. It decodes instructions, because the byte of memory.grow
 * is the byte of an empty block type too; it does not validate them, the engine does.
 */

/** More code than this is not walked on the manager's event loop; it counts as growing. */
const MAX_SCANNED_BYTES = 16 * 1024 * 1024
const MAX_BODIES = 1_000_000

const MEMORY_GROW = 0x40

/** What follows an opcode: so many LEB128 numbers, so many bytes, or a form of its own. */
type Immediates =
  | number
  | 'bytes4'
  | 'bytes8'
  | 'block'
  | 'branch-table'
  | 'types'
  | 'memory'
  | 'catches'
  | 'misc'
  | 'vector'
  | 'atomic'

const immediates: (Immediates | undefined)[] = []
const known = (from: number, to: number, what: Immediates): void => {
  for (let opcode = from; opcode <= to; opcode++) immediates[opcode] = what
}
known(0x00, 0x01, 0)
known(0x02, 0x04, 'block')
known(0x05, 0x05, 0)
known(0x06, 0x06, 'block')
known(0x07, 0x09, 1)
known(0x0a, 0x0b, 0)
known(0x0c, 0x0d, 1)
known(0x0e, 0x0e, 'branch-table')
known(0x0f, 0x0f, 0)
known(0x10, 0x10, 1)
known(0x11, 0x11, 2)
known(0x12, 0x12, 1)
known(0x13, 0x13, 2)
known(0x14, 0x15, 1)
known(0x18, 0x18, 1)
known(0x19, 0x1b, 0)
known(0x1c, 0x1c, 'types')
known(0x1f, 0x1f, 'catches')
known(0x20, 0x26, 1)
known(0x28, 0x3e, 'memory')
known(0x3f, 0x42, 1)
known(0x43, 0x43, 'bytes4')
known(0x44, 0x44, 'bytes8')
known(0x45, 0xc4, 0)
known(0xd0, 0xd0, 1)
known(0xd1, 0xd1, 0)
known(0xd2, 0xd2, 1)
known(0xd3, 0xd4, 0)
known(0xd5, 0xd6, 1)
known(0xfc, 0xfc, 'misc')
known(0xfd, 0xfd, 'vector')
known(0xfe, 0xfe, 'atomic')

/** Numbers after the second opcode of 0xfc: conversions, then bulk memory and tables. */
const miscNumbers = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1, undefined, 0, 0, 0, 0]

/** `reader` stands at the start of the code section. True as well where code is too long or unknown to be walked. */
export function codeGrowsMemory(reader: ByteReader | undefined): boolean {
  if (!reader) return false
  const bodies = reader.count('function bodies', MAX_BODIES, 3)
  const tooLong = reader.left > MAX_SCANNED_BYTES
  let grows = tooLong
  for (let i = 0; i < bodies; i++) {
    const size = reader.u32()
    const end = reader.at + size
    if (size > reader.left) throw malformed(`function body at byte ${reader.at} ends after the code section`)
    if (!grows) grows = bodyGrows(reader, end)
    reader.at = end
  }
  reader.finish('code section')
  return grows
}

function bodyGrows(reader: ByteReader, end: number): boolean {
  const groups = reader.u32()
  for (let i = 0; i < groups; i++) {
    if (reader.at >= end) throw malformed(`locals at byte ${reader.at} end after their function`)
    reader.u32()
    reader.skipLeb()
  }
  while (reader.at < end) {
    const opcode = reader.byte()
    const what = immediates[opcode]
    if (opcode === MEMORY_GROW || what === undefined || !skip(reader, what)) return true
  }
  return false
}

/** Passes the immediates; false where they are not known. */
function skip(reader: ByteReader, what: Immediates): boolean {
  switch (what) {
    case 'bytes4':
      reader.skip(4)
      return true
    case 'bytes8':
      reader.skip(8)
      return true
    case 'block':
      return skipBlockType(reader)
    case 'branch-table':
      return skipNumbers(reader, reader.count('branches', MAX_SCANNED_BYTES) + 1)
    case 'types':
      return skipNumbers(reader, reader.count('types', MAX_SCANNED_BYTES))
    case 'memory':
      return skipMemoryArgument(reader)
    case 'catches':
      return skipCatches(reader)
    case 'misc':
      return skipKnown(reader, miscNumbers[reader.u32()])
    case 'vector':
      return skipVector(reader)
    case 'atomic':
      return reader.u32() === 3 ? skipNumbers(reader, 1) : skipMemoryArgument(reader)
    default:
      return skipNumbers(reader, what)
  }
}

function skipNumbers(reader: ByteReader, count: number): true {
  for (let i = 0; i < count; i++) reader.skipLeb()
  return true
}

const skipKnown = (reader: ByteReader, count: number | undefined): boolean =>
  count !== undefined && skipNumbers(reader, count)

/** Typed references take a second number. */
function skipBlockType(reader: ByteReader): true {
  const first = reader.bytes[reader.at]
  return skipNumbers(reader, first === 0x63 || first === 0x64 ? 2 : 1)
}

/** Bit 6 of the alignment announces the number of a memory. */
function skipMemoryArgument(reader: ByteReader): true {
  const alignment = reader.u32()
  return skipNumbers(reader, alignment & 0x40 ? 2 : 1)
}

function skipCatches(reader: ByteReader): true {
  skipBlockType(reader)
  const count = reader.count('catches', MAX_SCANNED_BYTES, 2)
  for (let i = 0; i < count; i++) skipNumbers(reader, reader.byte() < 2 ? 2 : 1)
  return true
}

function skipVector(reader: ByteReader): true {
  const opcode = reader.u32()
  const lane = (opcode >= 21 && opcode <= 34) || (opcode >= 84 && opcode <= 91)
  if (opcode <= 11 || (opcode >= 84 && opcode <= 93)) skipMemoryArgument(reader)
  if (opcode === 12 || opcode === 13) reader.skip(16)
  if (lane) reader.skip(1)
  return true
}
