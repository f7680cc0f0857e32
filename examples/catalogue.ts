/** examples.json: what each committed module was built from, so that a stale one can be told. */

import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const examplesDir = import.meta.dirname
const catalogueFile = join(examplesDir, 'examples.json')

/** core: plain exports. command: WASI 0.1 with _start. lowered-core: a core with its component type embedded. */
export type Kind = 'core' | 'command' | 'component' | 'lowered-core'

/** Paths are relative to this folder, digests are SHA-256 in hex. */
export interface Entry {
  file: string
  kind: Kind
  sources: string[]
  sourceDigest: string
  digest: string
  size: number
}

/** Digest over path, length and bytes of each source, in the order given. */
export function sourceDigest(sources: string[]): string {
  const hash = createHash('sha256')
  for (const source of sources) {
    const bytes = readFileSync(join(examplesDir, source))
    hash.update(`${source} ${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}

export function readCatalogue(): Entry[] {
  return existsSync(catalogueFile) ? JSON.parse(readFileSync(catalogueFile, 'utf8')) : []
}

export function writeCatalogue(entries: Entry[]): void {
  const sorted = entries
    .filter((entry) => existsSync(join(examplesDir, entry.file)))
    .sort((a, b) => (a.file < b.file ? -1 : 1))
  writeFileSync(catalogueFile, `${JSON.stringify(sorted, null, 2)}\n`)
}
