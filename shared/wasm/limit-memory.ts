import { SamaraError } from '../errors.ts'
import { type CoreDescription, describeCore, sectionIds } from './core-module.ts'
import type { Limits } from './core-types.ts'
import { ByteReader, leb, readSections, type Section, unsupported } from './sections.ts'

export type MemoryLimits = {
  /** Pages of 64 KiB. */
  readonly maxPages: number
  /** Elements of all tables together. */
  readonly maxTableElements: number
  /**
   * The core modules of one component share a memory, which is capped where it is defined; everywhere else there is
   * nobody to cap it. @default 'refuse'
   */
  readonly importedMemory?: 'refuse' | 'accept'
}

/**
 * The same module with maxima that an engine holds: V8's own limits do not cover Wasm memory. A growth past them gives
 * the guest -1. Refuses a module that starts above them, and memories that the rewrite does not cover.
 */
export function limitMemory(bytes: Uint8Array, limits: MemoryLimits): Uint8Array {
  const description = describeCore(bytes)
  refuseUncovered(description, limits)
  const memories = description.memories.map((memory) => ({ ...memory, max: capPages(memory, limits.maxPages) }))
  const tables = capTables(description.tables, limits.maxTableElements)
  const replaced = new Map<number, readonly Limits[]>([
    [sectionIds.memory, memories],
    [sectionIds.table, tables],
  ])
  return rewrite(bytes, (section) => {
    const list = replaced.get(section.id)
    if (!list) return bytes.subarray(section.start, section.to)
    return encodeSection(
      section.id,
      section.id === sectionIds.table ? tableTypes(bytes, section) : list.map(() => []),
      list,
    )
  })
}

/** The same module without any custom section: nothing that runs is in them. */
export function stripCustomSections(bytes: Uint8Array): Uint8Array {
  return rewrite(bytes, (section) =>
    section.id === sectionIds.custom ? new Uint8Array() : bytes.subarray(section.start, section.to),
  )
}

function rewrite(bytes: Uint8Array, replace: (section: Section) => Uint8Array): Uint8Array {
  const parts = [bytes.subarray(0, 8), ...readSections(bytes).map(replace)]
  return new Uint8Array(Buffer.concat(parts))
}

/** Refuses, by name, the memories that the rewrite does not cover. */
export function refuseUncovered(
  { imports, memories }: CoreDescription,
  { importedMemory = 'refuse' }: Pick<MemoryLimits, 'importedMemory'>,
): void {
  const imported = imports.flatMap(({ module, name, type }) =>
    type.kind === 'memory' ? [{ module, name, limits: type.limits }] : [],
  )
  const all = [...memories, ...imported.map(({ limits }) => limits)]
  if (all.some(({ is64 }) => is64)) throw unsupported('has a memory64')
  if (all.some(({ shared }) => shared)) throw unsupported('has a shared memory')
  if (all.length > 1) throw unsupported(`has ${all.length} memories, at most 1 accepted`)
  const [first] = imported
  if (first && importedMemory === 'refuse')
    throw unsupported(`imports its memory from ${JSON.stringify(`${first.module}.${first.name}`)}`)
}

function capPages({ min, max = Number.POSITIVE_INFINITY }: Limits, cap: number): number {
  if (min > cap) throw refused(`memory starts with ${min} pages, at most ${cap} allowed`)
  return Math.min(max, cap)
}

/** What the minima leave of the cap is given out in order, so that all tables together stay below it. */
function capTables(tables: readonly Limits[], cap: number): Limits[] {
  if (tables.some(({ is64 }) => is64)) throw unsupported('has a table64')
  if (tables.some(({ shared }) => shared)) throw unsupported('has a shared table')
  const least = tables.reduce((sum, { min }) => sum + min, 0)
  if (least > cap) throw refused(`tables start with ${least} elements, at most ${cap} allowed`)
  let left = cap - least
  return tables.map((table) => {
    const max = Math.min(table.max ?? Number.POSITIVE_INFINITY, table.min + left)
    left -= max - table.min
    return { ...table, max }
  })
}

const refused = (message: string): SamaraError => new SamaraError('RESOURCE_EXHAUSTED', `module: ${message}`)

/** The element type that stands before the limits of each table. */
function tableTypes(bytes: Uint8Array, section: Section): number[][] {
  const reader = new ByteReader(bytes, section.from, section.to)
  const count = reader.u32()
  return Array.from({ length: count }, () => {
    const type = reader.byte()
    if (reader.byte() & 1) reader.u32()
    reader.u32()
    return [type]
  })
}

function encodeSection(id: number, prefixes: readonly (readonly number[])[], limits: readonly Limits[]): Uint8Array {
  const entries = limits.flatMap(({ min, max = min }, index) => [
    ...(prefixes[index] ?? []),
    1,
    ...leb(min),
    ...leb(max),
  ])
  const payload = [...leb(limits.length), ...entries]
  return Uint8Array.from([id, ...leb(payload.length), ...payload])
}
