import { sectionIds } from './core-module.ts'
import { ByteReader, readSections } from './sections.ts'

const GLOBAL_NAMES = 7

/** Globals by the names that a debugger would show. No error: nothing that runs depends on the section. */
export function globalNames(bytes: Uint8Array): ReadonlyMap<string, number> {
  try {
    for (const { id, from, to } of readSections(bytes)) {
      const reader = new ByteReader(bytes, from, to)
      if (id === sectionIds.custom && reader.name() === 'name') return readNames(reader)
    }
  } catch {
    // A damaged section says nothing.
  }
  return new Map()
}

function readNames(reader: ByteReader): ReadonlyMap<string, number> {
  while (reader.left > 0) {
    const kind = reader.byte()
    const size = reader.u32()
    if (kind === GLOBAL_NAMES) return readMap(reader)
    reader.skip(size)
  }
  return new Map()
}

function readMap(reader: ByteReader): ReadonlyMap<string, number> {
  const count = reader.count('names', 1_000_000, 2)
  const names = new Map<string, number>()
  for (let i = 0; i < count; i++) {
    const index = reader.u32()
    names.set(reader.name(), index)
  }
  return names
}
