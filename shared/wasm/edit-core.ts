import { ORDER, sectionIds } from './core-module.ts'
import { type ExportRow, exportKinds, readExportRows } from './core-parts.ts'
import { ByteReader, leb, readSections, signedLeb } from './sections.ts'

export type CoreEdit = {
  /** Constants of i32 that come after the globals that are there. */
  readonly addGlobals?: readonly number[]
  readonly addExports?: readonly ExportRow[]
  readonly dropExports?: readonly string[]
  readonly dropStart?: boolean
}

type Part = { readonly id: number; readonly bytes: Uint8Array }

/** The same module without custom sections and with these changes. Its code stays as it is, byte by byte. */
export function editCore(bytes: Uint8Array, edit: CoreEdit): Uint8Array {
  const kept = readSections(bytes)
    .filter(({ id }) => id !== sectionIds.custom && !(edit.dropStart && id === sectionIds.start))
    .map(({ id, from, to }): Part => ({ id, bytes: bytes.subarray(from, to) }))
  const withGlobals = edit.addGlobals?.length ? extended(kept, sectionIds.global, edit.addGlobals.map(constant)) : kept
  const parts = edit.addExports?.length || edit.dropExports?.length ? exporting(withGlobals, bytes, edit) : withGlobals
  const sections = parts.flatMap((part) => [Uint8Array.from([part.id, ...leb(part.bytes.length)]), part.bytes])
  return new Uint8Array(Buffer.concat([bytes.subarray(0, 8), ...sections]))
}

/** Immutable: type, mutability, initialiser. */
const constant = (value: number): Uint8Array => Uint8Array.from([0x7f, 0, 0x41, ...signedLeb(value | 0), 0x0b])

/** A section of rows with more of them at its end; made where there is none. */
function extended(parts: readonly Part[], id: number, rows: readonly Uint8Array[]): Part[] {
  const old = parts.find((part) => part.id === id)?.bytes ?? Uint8Array.from([0])
  const reader = new ByteReader(old)
  const count = Buffer.from(leb(reader.u32() + rows.length))
  const bytes = Buffer.concat([count, old.subarray(reader.at), ...rows])
  return inOrder([...parts.filter((part) => part.id !== id), { id, bytes }])
}

function exporting(parts: readonly Part[], bytes: Uint8Array, { addExports = [], dropExports = [] }: CoreEdit): Part[] {
  const rows = [...readExportRows(bytes).filter(({ name }) => !dropExports.includes(name)), ...addExports]
  const section = Buffer.concat([Buffer.from(leb(rows.length)), ...rows.map(exportBytes)])
  return inOrder([...parts.filter(({ id }) => id !== sectionIds.export), { id: sectionIds.export, bytes: section }])
}

function exportBytes({ name, kind, index }: ExportRow): Uint8Array {
  const text = Buffer.from(name)
  return Buffer.concat([Buffer.from(leb(text.length)), text, Buffer.from([kind, ...leb(index)])])
}

const inOrder = (parts: readonly Part[]): Part[] =>
  parts.toSorted((one, other) => ORDER.indexOf(one.id) - ORDER.indexOf(other.id))

export const globalExport = (name: string, index: number): ExportRow => ({ name, kind: exportKinds.global, index })
