import type { ManifestExport } from '../../shared/documents/manifest.ts'
import { SamaraError, show } from '../../shared/errors.ts'
import { type Signature, signatureText, type WitType } from '../../shared/signature.ts'
import type { CoreDescription, CoreImport } from '../../shared/wasm/core-module.ts'
import type { FunctionType, ValueType } from '../../shared/wasm/core-types.ts'
import { refuseUncovered } from '../../shared/wasm/limit-memory.ts'
import { unsafeName } from '../../shared/wasm/names.ts'

/** What a core module is, and why not. */

export type CoreKind = 'core' | 'command' | 'lowered-core'

const PREVIEW1 = 'wasi_snapshot_preview1'
/** Imports that a message names; the rest is counted. */
const MAX_NAMED = 8

export const unsupported = (message: string): SamaraError => new SamaraError('UNSUPPORTED', `module: ${message}`)

/** Refuses what no proplet loads, whatever kind it is of. */
export function refuseUnsafe(core: CoreDescription, importedMemory: 'refuse' | 'accept'): void {
  const name = unsafeName(core)
  if (name !== undefined)
    throw unsupported(
      `name ${show(name)} has a quote, a backslash or a control character, which generated code could run`,
    )
  refuseUncovered(core, { importedMemory })
}

/** Throws UNSUPPORTED that names what stands in the way. */
export function kindOf(core: CoreDescription): CoreKind {
  const { imports, exports } = core
  const strange = imports.filter(({ module }) => module !== PREVIEW1)
  if (core.hasComponentType) return loweredKind(imports)
  if (strange.some(({ module }) => isWitLike(module)))
    throw unsupported(
      `imports WIT functions (${listed(strange)}), but its component-type section is missing; keep custom sections when stripping and do not run wasm-opt over it`,
    )
  if (strange.length) throw unsupported(`imports ${listed(strange)}, which no proplet provides`)
  if (exports.some(({ name, type }) => name === '_start' && type.kind === 'func')) return 'command'
  if (imports.length)
    throw unsupported(`imports ${listed(imports)}, but exports no _start; a WASI 0.1 module must be a command`)
  return 'core'
}

function loweredKind(imports: readonly CoreImport[]): CoreKind {
  const wasi = imports.filter(({ module }) => module === PREVIEW1)
  if (wasi.length)
    throw unsupported(
      `imports ${listed(wasi)} beside its WIT world; build it for a target without WASI 0.1, or wrap it into a component`,
    )
  return 'lowered-core'
}

const isWitLike = (module: string): boolean => module.includes(':') || module.startsWith('cm32p2') || module === '$root'

function listed(imports: readonly CoreImport[]): string {
  const names = imports.slice(0, MAX_NAMED).map(({ module, name }) => show(`${module}.${name}`))
  const rest = imports.length - names.length
  return names.join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

/** Functions that numbers can be handed to. A command has its entry alone: the rest needs what `_start` sets up. */
export function coreExports(core: CoreDescription, kind: 'core' | 'command'): ManifestExport[] {
  const callable = core.exports.flatMap(({ name, type }) => {
    const signature = type.kind === 'func' ? numericSignature(type) : undefined
    return signature && (kind === 'core' || name === '_start') ? [{ name, signature: signatureText(signature) }] : []
  })
  if (callable.length === 0) throw unsupported('exports no function that takes and gives i32, i64, f32 and f64 alone')
  return callable
}

const numbers: Partial<Record<ValueType, WitType>> = {
  i32: { kind: 's32' },
  i64: { kind: 's64' },
  f32: { kind: 'f32' },
  f64: { kind: 'f64' },
}

function numericSignature({ params, results }: FunctionType): Signature | undefined {
  const inputs = params.flatMap((type) => numbers[type] ?? [])
  const outputs = results.flatMap((type) => numbers[type] ?? [])
  if (inputs.length < params.length || outputs.length < results.length) return undefined
  const named = inputs.map((type, index) => ({ name: `p${index}`, type }))
  const [first] = outputs
  if (!first) return { params: named }
  return { params: named, result: outputs.length === 1 ? first : { kind: 'tuple', elements: outputs } }
}
