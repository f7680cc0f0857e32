import {
  type FunctionShape,
  type Lookup,
  type Resource,
  readFunction,
  readValueDefinition,
  type TypeDef,
} from './component-types.ts'
import { ByteReader, layerOf, malformed, readSections, unsupported } from './sections.ts'

/**
 * Evaluates the definitions of a component as far as types go. A nested component and the type of an instance are read
 * anew at each use, because a resource is another one at each; the budget bounds what that may cost.
 */

/** Something with an index or a name. What has no part in a signature is only counted. */
export type Entity =
  | { readonly sort: 'func'; readonly func: FunctionShape }
  | { readonly sort: 'type'; readonly type: TypeIn }
  | { readonly sort: 'instance'; readonly exports: ReadonlyMap<string, Entity> }
  | { readonly sort: 'component'; readonly bytes: Uint8Array; readonly scope: Scope }
  | { readonly sort: 'other' }

/** A definition, and where its range is to be read. */
type TypeIn = { readonly def: TypeDef; readonly scope: Scope }
type Sort = Entity['sort']

const MAX_DEFINITIONS = 200_000
const MAX_NESTING = 32

class Budget {
  #left = MAX_DEFINITIONS
  spend(): void {
    if (--this.#left < 0) throw unsupported(`component has more than ${MAX_DEFINITIONS} definitions`)
  }
}

class Scope {
  readonly spaces: Record<Sort, Entity[]> = { func: [], type: [], instance: [], component: [], other: [] }
  readonly exports = new Map<string, Entity>()
  readonly imports = new Map<string, Entity>()
  readonly parent: Scope | undefined
  readonly bytes: Uint8Array
  readonly budget: Budget
  readonly depth: number
  /** Interface whose resources are declared here. */
  readonly home: string | undefined

  constructor(bytes: Uint8Array, parent: Scope | undefined, home?: string) {
    this.bytes = bytes
    this.parent = parent
    this.budget = parent?.budget ?? new Budget()
    this.depth = (parent?.depth ?? 0) + 1
    this.home = home
    if (this.depth > MAX_NESTING) throw unsupported(`component nested deeper than ${MAX_NESTING}`)
  }

  add(entity: Entity): void {
    this.budget.spend()
    this.spaces[entity.sort].push(entity)
  }

  get<S extends Sort>(sort: S, index: number): Extract<Entity, { sort: S }> {
    const entity = this.spaces[sort][index]
    if (!entity) throw malformed(`${sort} ${index} does not exist`)
    return entity as Extract<Entity, { sort: S }>
  }

  outer(count: number): Scope {
    let scope: Scope | undefined = this
    for (let i = 0; i < count; i++) scope = scope?.parent
    if (!scope) throw malformed(`alias of scope ${count} outside of the component`)
    return scope
  }

  get lookup(): Lookup {
    return (index) => this.get('type', index).type.def
  }
}

export type { Scope }

/** Imports and exports of the outermost component. */
export function openComponent(bytes: Uint8Array): Pick<Scope, 'imports' | 'exports'> {
  const scope = new Scope(bytes, undefined)
  readComponent(scope, undefined)
  return scope
}

type Arguments = ReadonlyMap<string, Entity>

const readers: Readonly<Record<number, (reader: ByteReader, scope: Scope, given: Arguments | undefined) => void>> = {
  4: (reader, scope) => scope.add({ sort: 'component', bytes: reader.bytes.subarray(reader.at, reader.end), scope }),
  5: each('instances', readInstance),
  6: each('aliases', readAlias),
  7: each('types', readType),
  8: each('canonical functions', readCanonical),
  10: each('imports', readImport),
  11: each('exports', readExport),
}

type Read = (reader: ByteReader, scope: Scope, given: Arguments | undefined) => void

function each(what: string, read: Read): Read {
  return (reader, scope, given) => {
    const count = reader.count(what, MAX_DEFINITIONS)
    for (let i = 0; i < count; i++) read(reader, scope, given)
    reader.finish(`section of ${what}`)
  }
}

function readComponent(scope: Scope, given: Arguments | undefined): void {
  if (layerOf(scope.bytes) !== 'component') throw malformed('a nested component is none')
  for (const { id, from, to } of readSections(scope.bytes))
    readers[id]?.(new ByteReader(scope.bytes, from, to), scope, given)
}

/** Import and export names; the forms differ in attributes that do not change the name. */
function readName(reader: ByteReader): string {
  const at = reader.at
  const form = reader.byte()
  if (form > 1) throw unsupported(`name at byte ${at} has form ${form}`)
  return reader.name()
}

const sorts: Readonly<Record<number, Sort>> = { 1: 'func', 2: 'other', 3: 'type', 4: 'component', 5: 'instance' }

/** `core` sorts take a second byte and live in index spaces of their own. */
function readSort(reader: ByteReader): { sort: Sort; core: boolean } {
  const at = reader.at
  const code = reader.byte()
  if (code === 0) {
    reader.byte()
    return { sort: 'other', core: true }
  }
  const sort = sorts[code]
  if (!sort) throw malformed(`sort ${code} at byte ${at} is unknown`)
  return { sort, core: false }
}

function readEntity(reader: ByteReader, scope: Scope): Entity {
  const { sort, core } = readSort(reader)
  const index = reader.u32()
  return core || sort === 'other' ? { sort: 'other' } : scope.get(sort, index)
}

function readInstance(reader: ByteReader, scope: Scope): void {
  const form = reader.byte()
  if (form === 0) {
    const component = scope.get('component', reader.u32())
    const inner = new Scope(component.bytes, component.scope)
    readComponent(
      inner,
      readArguments(reader, scope, () => reader.name()),
    )
    scope.add({ sort: 'instance', exports: inner.exports })
  } else if (form === 1) scope.add({ sort: 'instance', exports: readArguments(reader, scope, () => readName(reader)) })
  else throw malformed(`instance of form ${form} is unknown`)
}

function readArguments(reader: ByteReader, scope: Scope, readKey: () => string): Map<string, Entity> {
  const entities = new Map<string, Entity>()
  const count = reader.count('arguments', MAX_DEFINITIONS, 3)
  for (let i = 0; i < count; i++) {
    const name = readKey()
    entities.set(name, readEntity(reader, scope))
  }
  return entities
}

function readAlias(reader: ByteReader, scope: Scope): void {
  const { sort, core } = readSort(reader)
  const target = reader.byte()
  if (target === 2) {
    const outer = scope.outer(reader.u32())
    const index = reader.u32()
    if (!core && sort !== 'other') scope.add(outer.get(sort, index))
    return
  }
  if (target > 2) throw malformed(`alias target ${target} is unknown`)
  const instance = reader.u32()
  const name = reader.name()
  if (core || target === 1) return
  const entity = scope.get('instance', instance).exports.get(name)
  if (entity?.sort !== sort) throw malformed(`instance ${instance} exports no ${sort} ${JSON.stringify(name)}`)
  scope.add(entity)
}

function readType(reader: ByteReader, scope: Scope): void {
  scope.add({ sort: 'type', type: { def: readDefinition(reader, scope), scope } })
}

function readDefinition(reader: ByteReader, scope: Scope): TypeDef {
  const code = reader.byte()
  switch (code) {
    case 0x40:
      return { kind: 'func', func: readFunction(reader, scope.lookup) }
    case 0x41:
    case 0x42: {
      const from = reader.at
      // Read once to find its end; what it defines is dropped and read again at each use.
      readDeclarations(reader, new Scope(scope.bytes, scope))
      return { kind: code === 0x41 ? 'component' : 'instance', from }
    }
    case 0x3f:
      reader.byte()
      if (reader.byte() === 1) reader.u32()
      return { kind: 'resource', resource: {} }
    default:
      return { kind: 'value', shape: readValueDefinition(code, reader, scope.lookup) }
  }
}

/** The parts of the type of an instance or a component. */
function readDeclarations(reader: ByteReader, scope: Scope): void {
  const count = reader.count('declarations', MAX_DEFINITIONS)
  for (let i = 0; i < count; i++) {
    const form = reader.byte()
    if (form === 1) readType(reader, scope)
    else if (form === 2) readAlias(reader, scope)
    else if (form === 3) declare(reader, scope, scope.imports)
    else if (form === 4) declare(reader, scope, scope.exports)
    else throw unsupported(`declaration of form ${form} in a type`)
  }
}

function declare(reader: ByteReader, scope: Scope, names: Map<string, Entity>): void {
  const name = readName(reader)
  const entity = readDescribed(reader, scope, name)
  names.set(name, entity)
  scope.add(entity)
}

/** What an import or an export declaration describes, made anew: a fresh resource, a fresh instance. */
function readDescribed(reader: ByteReader, scope: Scope, name: string): Entity {
  const at = reader.at
  switch (reader.byte()) {
    case 0:
      reader.byte()
      reader.u32()
      return { sort: 'other' }
    case 1: {
      const { def } = scope.get('type', reader.u32()).type
      if (def.kind !== 'func')
        throw malformed(`${JSON.stringify(name)} is described by a ${def.kind}, a function type expected`)
      return { sort: 'func', func: def.func }
    }
    case 3:
      return readTypeBound(reader, scope, name)
    case 4:
      reader.u32()
      return { sort: 'other' }
    case 5:
      return instanceOf(scope.get('type', reader.u32()).type, name)
    default:
      throw unsupported(`description at byte ${at} of ${JSON.stringify(name)}`)
  }
}

function readTypeBound(reader: ByteReader, scope: Scope, name: string): Entity {
  if (reader.byte() === 0) return scope.get('type', reader.u32())
  return { sort: 'type', type: { def: { kind: 'resource', resource: { name, home: scope.home } }, scope } }
}

function instanceOf({ def, scope }: TypeIn, name: string): Entity {
  if (def.kind !== 'instance')
    throw malformed(`${JSON.stringify(name)} is described by a ${def.kind}, an instance type expected`)
  const inner = new Scope(scope.bytes, scope, name)
  readDeclarations(new ByteReader(scope.bytes, def.from), inner)
  return { sort: 'instance', exports: inner.exports }
}

function readImport(reader: ByteReader, scope: Scope, given: Arguments | undefined): void {
  const name = readName(reader)
  const described = readDescribed(reader, scope, name)
  const entity = given?.get(name) ?? described
  scope.imports.set(name, entity)
  // Core modules have an index space of their own.
  if (described.sort !== 'other') scope.add(entity)
}

function readExport(reader: ByteReader, scope: Scope): void {
  const name = readName(reader)
  const entity = readEntity(reader, scope)
  if (reader.byte() === 1) readDescribed(reader, scope, name)
  nameResource(entity, name)
  scope.exports.set(name, entity)
  if (entity.sort !== 'other') scope.add(entity)
}

/** A resource that the component defines has no name before something exports it. */
function nameResource(entity: Entity, name: string): void {
  if (entity.sort !== 'type' || entity.type.def.kind !== 'resource') return
  const resource: Resource = entity.type.def.resource
  resource.name ??= name
}

function readCanonical(reader: ByteReader, scope: Scope): void {
  const at = reader.at
  const code = reader.byte()
  if (code === 0) {
    reader.byte()
    reader.u32()
    readOptions(reader)
    const { def } = scope.get('type', reader.u32()).type
    if (def.kind !== 'func') throw malformed(`lift at byte ${at} to a ${def.kind}, a function type expected`)
    scope.add({ sort: 'func', func: def.func })
  } else if (code === 1) {
    reader.byte()
    reader.u32()
    readOptions(reader)
  } else if (code >= 2 && code <= 4) reader.u32()
  else throw unsupported(`component uses canonical function 0x${code.toString(16)} (async, WASI 0.3)`)
}

function readOptions(reader: ByteReader): void {
  const count = reader.count('options', 16)
  for (let i = 0; i < count; i++) {
    const option = reader.byte()
    if (option >= 3 && option <= 5) reader.u32()
    else if (option > 5) throw unsupported('component uses async functions (WASI 0.3)')
  }
}
