/** A section of an object file that the linker has kept. */
export type Placed = { readonly section: string; readonly size: number; readonly file: string }

const ROW = /^ (\.\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+\.o)$/gm

/**
 * Reads the map that GNU ld writes; what was dropped stands before the memory map. Strings that were merged have their
 * old size there, and end where the next section begins.
 */
export function placedSections(map: string): Placed[] {
  const kept = map.slice(map.indexOf('Linker script and memory map'))
  // A long name of a section has a line of its own.
  const joined = kept.replace(/^( \.\S+)\n\s+(0x)/gm, '$1 $2')
  const rows = [...joined.matchAll(ROW)].map(([, section = '', at = '', size = '', file = '']) => ({
    ...{ section, file },
    ...{ at: Number.parseInt(at, 16), size: Number.parseInt(size, 16) },
  }))
  const placed = rows.filter(({ at, size }) => at > 0 && size > 0).sort((a, b) => a.at - b.at)
  return placed.map((row, index) => {
    const next = placed[index + 1]?.at ?? Number.POSITIVE_INFINITY
    return { section: row.section, file: row.file, size: Math.min(row.size, next - row.at) }
  })
}
