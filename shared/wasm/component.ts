import type { Signature } from '../signature.ts'
import { type Entity, openComponent } from './component-scope.ts'
import { type FunctionShape, signatureOf } from './component-types.ts'
import { layerOf, malformed, readSections, unsupported } from './sections.ts'

/** What a component says of itself: read from its types, because the WIT text that tools print leaves dependencies out. */

export type ComponentFunction = { readonly name: string; readonly signature: Signature }
export type ComponentDescription = {
  /** By interface as WIT spells it; functions that the world itself imports are those of `$root`. */
  readonly imports: readonly { readonly module: string; readonly functions: readonly ComponentFunction[] }[]
  readonly exports: readonly (ComponentFunction & { readonly interface?: string })[]
  /** Core modules inside it, those of nested components too. */
  readonly cores: readonly Uint8Array[]
}

/** Where wit-bindgen puts the functions that a world imports without an interface. */
export const ROOT_MODULE = '$root'

const CORE_MODULE = 1
const NESTED_COMPONENT = 4
const MAX_NESTING = 16
const MAX_CORES = 256

/** Throws INVALID_ARGUMENT for what is no component, UNSUPPORTED by name for what a function may not be. */
export function describeComponent(bytes: Uint8Array): ComponentDescription {
  if (layerOf(bytes) !== 'component') throw malformed('is a core module, a component expected')
  const { imports, exports } = openComponent(bytes)
  return {
    imports: importList(imports),
    exports: [...exports].flatMap(([name, entity]) => exported(name, entity)),
    cores: coresOf(bytes, 0),
  }
}

function importList(imports: ReadonlyMap<string, Entity>): ComponentDescription['imports'] {
  const root: ComponentFunction[] = []
  const list: { module: string; functions: ComponentFunction[] }[] = []
  for (const [name, entity] of imports) {
    if (entity.sort === 'func') root.push(described(name, entity.func, undefined))
    else if (entity.sort === 'instance') list.push({ module: name, functions: functionsOf(name, entity.exports) })
    else if (entity.sort !== 'type')
      throw unsupported(`component imports ${JSON.stringify(name)}, which is neither function, interface nor type`)
  }
  return root.length ? [{ module: ROOT_MODULE, functions: root }, ...list] : list
}

const described = (name: string, func: FunctionShape, home: string | undefined): ComponentFunction => ({
  name,
  signature: signatureOf(func, home),
})

const functionsOf = (home: string, exports: ReadonlyMap<string, Entity>): ComponentFunction[] =>
  [...exports].flatMap(([name, entity]) => (entity.sort === 'func' ? [described(name, entity.func, home)] : []))

function exported(name: string, entity: Entity): ComponentDescription['exports'] {
  if (entity.sort === 'func') return [described(name, entity.func, undefined)]
  if (entity.sort !== 'instance') return []
  return functionsOf(name, entity.exports).map((one) => ({ ...one, interface: name }))
}

function coresOf(bytes: Uint8Array, depth: number): Uint8Array[] {
  if (depth > MAX_NESTING) throw unsupported(`components nested deeper than ${MAX_NESTING}`)
  const cores = readSections(bytes).flatMap(({ id, from, to }) => {
    if (id === CORE_MODULE) return [bytes.subarray(from, to)]
    return id === NESTED_COMPONENT ? coresOf(bytes.subarray(from, to), depth + 1) : []
  })
  if (cores.length > MAX_CORES)
    throw unsupported(`component has ${cores.length} core modules, at most ${MAX_CORES} accepted`)
  return cores
}
