import type { ManifestImport, recipes } from '../documents/manifest.ts'
import { cFunctionOf } from '../wit/table.ts'
import type { CodeFeature } from './code.ts'
import { withoutVersion } from './component-types.ts'
import type { CoreDescription } from './core-module.ts'
import { exportKinds, readStart } from './core-parts.ts'
import type { CoreEdit } from './edit-core.ts'
import { compatible } from './lowered-names.ts'
import { type Shrunk, shrinkMemory } from './shrink.ts'

/** What a C proplet loads of a core module, or why it loads nothing of it. */
export type SmallImage =
  | (Omit<Shrunk, 'added'> & {
      readonly recipe: (typeof recipes)[number]
      readonly startMoved: boolean
    })
  | { readonly refused: readonly string[] }

/**
 * A start section would run while the module is instantiated, where no deadline reaches. In its place stands an export
 * that a C proplet calls first. [P-8.5]
 */
export const START_EXPORT = '_samara_start'

/** `imports` are those of its world: none where the module has no WIT. */
export function smallImage(bytes: Uint8Array, core: CoreDescription, imports: readonly ManifestImport[]): SmallImage {
  const edit = moveStart(bytes, core)
  const refused = [
    ...core.features.map((feature) => `its code uses ${FEATURES[feature]}`),
    ...refusedImports(core, imports),
    ...(typeof edit === 'string' ? [edit] : []),
  ]
  if (refused.length > 0 || typeof edit === 'string') return { refused }
  const { added, ...shrunk } = shrinkMemory(bytes, core, edit)
  return { ...shrunk, recipe: added ? 'shrunk-core' : 'stripped-core', startMoved: core.hasStart }
}

const FEATURES: Readonly<Record<CodeFeature, string>> = {
  simd: 'SIMD; compile with -mno-simd128 or -C target-feature=-simd128',
  threads: 'threads and atomics; compile with -mno-atomics or without -pthread',
  exceptions: 'exceptions; compile with -fno-exceptions',
  'tail-calls': 'tail calls; compile with -mno-tail-call',
  'function-references': 'typed function references (garbage-collected types)',
}

function moveStart(bytes: Uint8Array, { hasStart, exports }: CoreDescription): CoreEdit | string {
  if (!hasStart) return {}
  if (exports.some(({ name }) => name === START_EXPORT))
    return `it has a start section and an export ${START_EXPORT}, which takes its place; rename the export`
  const index = readStart(bytes) ?? 0
  return { dropStart: true, addExports: [{ name: START_EXPORT, kind: exportKinds.func, index }] }
}

function refusedImports(core: CoreDescription, imports: readonly ManifestImport[]): string[] {
  const lacking = new Set(imports.filter((one) => !cFunctionOf(one)).map(({ module }) => module))
  return [...[...lacking].map(notOnC), ...otherVersions(core, imports)]
}

const notOnC = (module: string): string => `they do not offer ${module}${hintFor(module)}`

function hintFor(module: string): string {
  if (/^wasi:(cli|clocks|random|io|filesystem|sockets)\//.test(module))
    return ' (WASI 0.2); build for wasm32-unknown-unknown without the standard library'
  if (module.startsWith('wasi:gpio/digital@')) return ' in this shape; use the one of 2026 (open-output, open-input)'
  return ''
}

/** A C proplet finds a host function by its name, the version in it. */
function otherVersions(core: CoreDescription, imports: readonly ManifestImport[]): string[] {
  const asked = new Set(core.imports.map(({ module }) => module))
  const rows = imports.flatMap((one) => {
    const found = cFunctionOf(one)
    const version = one.module.slice(withoutVersion(one.module).length + 1)
    if (!found || found.version === version) return []
    const name = found.version === '' ? found.module : `${found.module}@${found.version}`
    return asked.has(`cm32p2|${compatible(name)}`)
      ? []
      : [`they have ${name} under this version alone, not ${one.module}`]
  })
  return [...new Set(rows)]
}
