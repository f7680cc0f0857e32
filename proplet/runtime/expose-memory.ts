import { describeCore, sectionIds } from '../../shared/wasm/core-module.ts'
import { ByteReader, leb, readSections } from '../../shared/wasm/sections.ts'
import { EXPOSED_MEMORY } from './memory-name.ts'

const KIND_MEMORY = 2
const HEADER_BYTES = 8
/** Sections that stand before the exports. */
const BEFORE_EXPORTS: readonly number[] = [
  sectionIds.type,
  sectionIds.import,
  sectionIds.function,
  sectionIds.table,
  sectionIds.memory,
  sectionIds.tag,
  sectionIds.global,
]

/**
 * The module with an export more: its own memory, so that the host can see how large it is. Nothing changes where it
 * has none, where it exports one as `memory`, or where it uses the name itself.
 */
export function exposeMemory(bytes: Uint8Array): Uint8Array {
  const module = describeCore(bytes)
  const [own] = module.memories
  const shown = module.exports.some(
    ({ name, type }) => name === EXPOSED_MEMORY || (name === 'memory' && type.kind === 'memory'),
  )
  if (!own || shown) return bytes
  const index = module.imports.filter(({ type }) => type.kind === 'memory').length
  const name = new TextEncoder().encode(EXPOSED_MEMORY)
  return withExport(bytes, [...leb(name.length), ...name, KIND_MEMORY, ...leb(index)])
}

function withExport(bytes: Uint8Array, entry: readonly number[]): Uint8Array {
  const sections = readSections(bytes)
  const existing = sections.find(({ id }) => id === sectionIds.export)
  if (!existing) {
    const at = sections.findLast(({ id }) => BEFORE_EXPORTS.includes(id))?.to ?? HEADER_BYTES
    return splice(bytes, at, at, section([1, ...entry]))
  }
  const reader = new ByteReader(bytes, existing.from, existing.to)
  const count = reader.u32()
  const entries = bytes.subarray(reader.at, existing.to)
  return splice(bytes, existing.start, existing.to, section([...leb(count + 1), ...entries, ...entry]))
}

const section = (payload: readonly number[]): Uint8Array =>
  Uint8Array.from([sectionIds.export, ...leb(payload.length), ...payload])

function splice(bytes: Uint8Array, from: number, to: number, middle: Uint8Array): Uint8Array {
  const result = new Uint8Array(from + middle.length + bytes.length - to)
  result.set(bytes.subarray(0, from))
  result.set(middle, from)
  result.set(bytes.subarray(to), from + middle.length)
  return result
}
