import type { ManifestImport } from '../documents/manifest.ts'
import { SamaraError } from '../errors.ts'
import { shapeDifference } from './table.ts'

/** WASI 0.2 as far as proplets have it. Its interfaces are pinned by their version, not by us. */
const WASI = /^wasi:(cli|clocks|random|io|filesystem|sockets)\//

/** Differences that a message tells; the rest is counted. */
const MAX_TOLD = 4

/** Refuses host functions that no proplet offers, each with both shapes. [P-8.2] */
export function refuseUnoffered(imports: readonly ManifestImport[]): void {
  const differences = imports.filter(({ module }) => !WASI.test(module)).flatMap((one) => shapeDifference(one) ?? [])
  if (differences.length === 0) return
  const rest = differences.length - MAX_TOLD
  const told = differences.slice(0, MAX_TOLD).join('; ') + (rest > 0 ? `; and ${rest} more` : '')
  throw new SamaraError('UNSUPPORTED', `module: asks for host functions that are not offered: ${told}`, {
    field: 'imports',
  })
}
