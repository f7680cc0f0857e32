/** Builds the guests and says of what: `node test/contract/guests/build.ts`. The compiler comes from npm. */

import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildGuest } from '../../../cli/build/guest.ts'

const folder = import.meta.dirname
export const guestNames: readonly string[] = ['buses', 'programs', 'loopback', 'waits']

const read = (file: string): Buffer => readFileSync(join(folder, file))

export type Built = Readonly<Record<string, { readonly sources: string; readonly module: string }>>

/** Digests of the sources of each guest and of its module, as they are now. The SDK's headers are its own business. */
export function digests(): Built {
  const of = (...parts: Uint8Array[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex')
  return Object.fromEntries(
    guestNames.map((name) => [
      name,
      { sources: of(read(`${name}.c`), read(`${name}.wit`)), module: of(read(`${name}.wasm`)) },
    ]),
  )
}

async function build(): Promise<void> {
  const tools = { cacheDir: join(folder, '../../../.cache'), env: process.env, note: console.log }
  for (const name of guestNames) {
    const { bytes } = await buildGuest({ source: join(folder, `${name}.c`) }, tools)
    writeFileSync(join(folder, `${name}.wasm`), bytes)
  }
  writeFileSync(join(folder, 'built.json'), `${JSON.stringify(digests(), null, 2)}\n`)
}

if (import.meta.main) await build()
