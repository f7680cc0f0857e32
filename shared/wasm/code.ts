import { type ByteReader, malformed } from './sections.ts'

/**
 * Walks function bodies to see what they use. It decodes instructions, because the byte of memory.grow is the byte of
 * an empty block type too; it does not validate them, the engine does.
 */

/** What not every engine has. */
export const codeFeatures = ['simd', 'threads', 'exceptions', 'tail-calls', 'function-references'] as const
export type CodeFeature = (typeof codeFeatures)[number]

export type CodeFacts = {
  /** Whether a memory.grow is there; also true where the code is too long or uses what is not known here. */
  readonly growsMemory: boolean
  /** The same of memory.size. */
  readonly readsMemorySize: boolean
  readonly features: readonly CodeFeature[]
}

/** More code than this is not walked on the manager's event loop. */
const MAX_SCANNED_BYTES = 16 * 1024 * 1024
const MAX_BODIES = 1_000_000

const MEMORY_SIZE = 0x3f
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

const featureOf = new Map<number, CodeFeature>([
  ...[0x06, 0x07, 0x08, 0x09, 0x0a, 0x18, 0x19, 0x1f].map((opcode) => [opcode, 'exceptions'] as const),
  ...[0x12, 0x13].map((opcode) => [opcode, 'tail-calls'] as const),
  ...[0x14, 0x15, 0xd3, 0xd4, 0xd5, 0xd6].map((opcode) => [opcode, 'function-references'] as const),
  [0xfd, 'simd'],
  [0xfe, 'threads'],
])

const UNKNOWN: CodeFacts = { growsMemory: true, readsMemorySize: true, features: [] }
const NOTHING: CodeFacts = { growsMemory: false, readsMemorySize: false, features: [] }

/** `reader` stands at the start of the code section. */
export function readCode(reader: ByteReader | undefined): CodeFacts {
  if (!reader) return NOTHING
  const seen = new Uint8Array(256)
  let known = reader.left <= MAX_SCANNED_BYTES
  for (const end of bodies(reader)) {
    if (known) known = walk(reader, end, (opcode) => (seen[opcode] = 1))
    reader.at = end
  }
  if (!known) return UNKNOWN
  return {
    growsMemory: seen[MEMORY_GROW] === 1,
    readsMemorySize: seen[MEMORY_SIZE] === 1,
    features: [...new Set([...featureOf].flatMap(([opcode, feature]) => (seen[opcode] ? [feature] : [])))],
  }
}

/** Ends of the function bodies; `reader` stands at the start of each, and has to be at its end for the next. */
export function* bodies(reader: ByteReader): Generator<number> {
  const count = reader.count('function bodies', MAX_BODIES, 3)
  for (let i = 0; i < count; i++) {
    const size = reader.u32()
    if (size > reader.left) throw malformed(`function body at byte ${reader.at} ends after the code section`)
    yield reader.at + size
  }
  reader.finish('code section')
}

/** Passes one body and shows each opcode with where its immediates start; false where one is not known. */
export function walk(reader: ByteReader, end: number, show: (opcode: number, at: number) => void): boolean {
  const groups = reader.u32()
  for (let i = 0; i < groups; i++) {
    if (reader.at >= end) throw malformed(`locals at byte ${reader.at} end after their function`)
    reader.u32()
    reader.skipLeb()
  }
  while (reader.at < end) if (!passInstruction(reader, show)) return false
  return true
}

/** Passes one instruction; false where it is not known. */
export function passInstruction(reader: ByteReader, show: (opcode: number, at: number) => void): boolean {
  const opcode = reader.byte()
  const what = immediates[opcode]
  show(opcode, reader.at)
  return what !== undefined && skip(reader, what)
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
