/** Builds the drivers and says of what: `node test/proplet/lab/chips/drivers/build.ts`. Wants rustup's cargo. */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = import.meta.dirname
const target = join(folder, '../../../../../.cache/chip-drivers')
const sources = ['Cargo.toml', 'Cargo.lock', 'src/lib.rs', 'src/bytewise.rs']

const digestOf = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

export const sourcesDigest = (): string =>
  digestOf(...sources.flatMap((source) => [`${source}\n`, readFileSync(join(folder, source))]))

function build(): void {
  const args = ['build', '--release', '--locked', '--target', 'wasm32-unknown-unknown', '--target-dir', target]
  const { status } = spawnSync('cargo', args, { cwd: folder, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  const module = join(folder, 'chip-drivers.wasm')
  copyFileSync(join(target, 'wasm32-unknown-unknown/release/chip_drivers.wasm'), module)
  const built = { sources: sourcesDigest(), module: digestOf(readFileSync(module)) }
  writeFileSync(join(folder, 'built.json'), `${JSON.stringify(built, null, 2)}\n`)
}

if (import.meta.main) build()
