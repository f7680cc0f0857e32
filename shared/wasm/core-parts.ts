import { passInstruction } from './code.ts'
import { sectionIds } from './core-module.ts'
import { ByteReader, malformed, readSections } from './sections.ts'

/** Globals, exports and data of a core module with their places, for those who change one. `describeCore` comes first. */

export type OwnGlobal = {
  /** In the index space that imported globals start. */
  readonly index: number
  readonly mutable: boolean
  /** Where it is an i32 that starts with a constant: that constant, unsigned. */
  readonly constant: number | undefined
}

export type ExportRow = { readonly name: string; readonly kind: number; readonly index: number }

export const exportKinds = { func: 0, table: 1, memory: 2, global: 3 } as const

export type DataSegment = {
  /** Undefined where only the running module knows. */
  readonly address: number | undefined
  readonly bytes: Uint8Array
}

type PartName = 'global' | 'export' | 'start' | 'code' | 'data'

export function open(bytes: Uint8Array, name: PartName): ByteReader | undefined {
  const section = readSections(bytes).find(({ id }) => id === sectionIds[name])
  return section && new ByteReader(bytes, section.from, section.to)
}

const listOf = <T>(reader: ByteReader | undefined, read: (reader: ByteReader, index: number) => T): T[] => {
  if (!reader) return []
  const count = reader.count('rows', 1_000_000, 2)
  return Array.from({ length: count }, (_, index) => read(reader, index))
}

export const readGlobals = (bytes: Uint8Array, imported: number): OwnGlobal[] =>
  listOf(open(bytes, 'global'), (reader, own) => {
    const type = readType(reader)
    const mutable = reader.byte() === 1
    const constant = readConstant(reader)
    return { index: imported + own, mutable, constant: type === I32 ? constant : undefined }
  })

export const readExportRows = (bytes: Uint8Array): ExportRow[] =>
  listOf(open(bytes, 'export'), (reader) => ({ name: reader.name(), kind: reader.byte(), index: reader.u32() }))

export const readStart = (bytes: Uint8Array): number | undefined => open(bytes, 'start')?.u32()

export const readData = (bytes: Uint8Array): DataSegment[] =>
  listOf(open(bytes, 'data'), (reader) => {
    const mode = reader.u32()
    if (mode > 2) throw malformed(`data segment of mode ${mode} is unknown`)
    if (mode === 2) reader.u32()
    const address = mode === 1 ? undefined : readConstant(reader)
    const size = reader.u32()
    const from = reader.at
    reader.skip(size)
    return { address, bytes: reader.bytes.subarray(from, reader.at) }
  })

const I32 = 0x7f
const I32_CONST = 0x41
const END = 0x0b

function readType(reader: ByteReader): number {
  const type = reader.byte()
  if (type === 0x63 || type === 0x64) reader.skipLeb()
  return type
}

/** Passes a constant expression; its value where it is one i32.const and nothing else. */
function readConstant(reader: ByteReader): number | undefined {
  const found: { opcode: number; at: number }[] = []
  do {
    if (!passInstruction(reader, (opcode, at) => found.push({ opcode, at })))
      throw malformed(`expression before byte ${reader.at} is not constant`)
  } while (found.at(-1)?.opcode !== END)
  const [first] = found
  if (found.length !== 2 || first?.opcode !== I32_CONST) return undefined
  return new ByteReader(reader.bytes, first.at, reader.end).s32() >>> 0
}
