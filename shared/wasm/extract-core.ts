import type { ComponentDescription } from './component.ts'
import { type CoreDescription, type CoreImport, describeCore } from './core-module.ts'
import type { FunctionType } from './core-types.ts'
import { compatible, liftedNames, loweredImport } from './lowered-names.ts'
import { liftedType, loweredType, sameType } from './lowering.ts'

/**
 * Takes the core module back out of a component. Tools that wrap one leave it as it was and put small modules beside
 * it that only connect; a component that was made in another way is refused, because its core may mean something else.
 */

export type Extracted = { readonly bytes: Uint8Array; readonly core: CoreDescription } | { readonly refused: string }

/** Names that a reason tells; the rest is counted. */
const MAX_TOLD = 3

export function extractCore(component: ComponentDescription): Extracted {
  const modules = component.cores.map((bytes) => ({ bytes, core: describeCore(bytes) }))
  const withMemory = modules.filter(({ core }) => core.memories.length > 0)
  if (withMemory.length > 1)
    return {
      refused: `it is composed of ${withMemory.length} core modules with a memory each, as JavaScript with its engine is; upload one core module`,
    }
  const main = withMemory[0] ?? (modules.length === 1 ? modules[0] : undefined)
  if (!main) return { refused: 'no single core module is in it' }
  const refused = refusedImports(main.core, component) ?? refusedExports(main.core, component)
  return refused === undefined ? main : { refused }
}

function refusedImports({ imports }: CoreDescription, component: ComponentDescription): string | undefined {
  const wasi = imports.filter(({ module }) => /^wasi_snapshot|^__main_module__|^env$/.test(module))
  if (wasi.length > 0) return `its core imports ${told(wasi)} through an adapter; ${MEND_WASI}`
  const standard = imports.filter(({ module }) =>
    /^(cm32p2\|)?wasi:(cli|clocks|random|io|filesystem|sockets)\//.test(module),
  )
  if (standard.length > 0) return `its core imports ${told(standard)}; ${MEND_WASI}`
  const strange = imports.filter((one) => !isLowered(one, component))
  return strange.length > 0 ? `its core imports ${told(strange)}, which are no functions of its world` : undefined
}

const MEND_WASI = 'build for wasm32-unknown-unknown without the standard library'

const told = (imports: readonly CoreImport[]): string => {
  const names = imports.slice(0, MAX_TOLD).map(({ module, name }) => `${module} ${name}`)
  const rest = imports.length - names.length
  return names.join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

function isLowered({ module, name, type }: CoreImport, component: ComponentDescription): boolean {
  const lowered = loweredImport(module, name)
  if (!lowered || type.kind !== 'func') return false
  if (lowered.resourceDrop) return sameType(type, DROP_TYPE)
  const home = lowered.interface ?? '$root'
  const found = component.imports
    .find((one) => one.module === home || compatible(one.module) === home)
    ?.functions.find((one) => one.name === lowered.function)
  return found !== undefined && sameType(type, loweredType(found.signature))
}

const DROP_TYPE: FunctionType = { params: ['i32'], results: [] }

function refusedExports({ exports }: CoreDescription, component: ComponentDescription): string | undefined {
  const types = new Map(exports.map(({ name, type }) => [name, type]))
  const missing = component.exports.find((one) => {
    const names = liftedNames(one.interface === undefined ? one.name : `${one.interface}#${one.name}`)
    const type = names.map((name) => types.get(name)).find((found) => found !== undefined)
    return type?.kind !== 'func' || !sameType(type, liftedType(one.signature))
  })
  return missing && `its core does not export ${missing.name} under the name that tools give it`
}
