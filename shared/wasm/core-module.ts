import { type CodeFacts, readCode } from './code.ts'
import { type CoreType, FunctionTypes, type Limits, readGlobal, readMemory, readTable } from './core-types.ts'
import { ByteReader, layerOf, malformed, readSections, type Section } from './sections.ts'

/** What a core module says of itself, without compiling it. */

export type CoreImport = { readonly module: string; readonly name: string; readonly type: CoreType }
export type CoreExport = { readonly name: string; readonly type: CoreType }

export type CoreDescription = CodeFacts & {
  readonly imports: readonly CoreImport[]
  readonly exports: readonly CoreExport[]
  /** Its own memories and tables, imported ones are among the imports. */
  readonly memories: readonly Limits[]
  readonly tables: readonly Limits[]
  readonly hasStart: boolean
  readonly counts: Readonly<Record<'types' | 'functions' | 'globals' | 'elements' | 'data' | 'code', number>>
  readonly custom: readonly { readonly name: string; readonly sizeBytes: number }[]
  readonly hasComponentType: boolean
}

export const sectionIds = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const
type SectionName = keyof typeof sectionIds

/** The order that the specification asks for; ids 12 and 13 came later and stand in between. */
export const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11]

/** As V8 has them, or lower where a description would keep one object for each. */
const LIMITS = { functions: 1_000_000, imports: 10_000, exports: 10_000, parts: 1_000_000 }
const MAX_TABLES = 16

/** Throws INVALID_ARGUMENT for what is no core module and UNSUPPORTED, by name, for what goes past the limits here. */
export function describeCore(bytes: Uint8Array): CoreDescription {
  if (layerOf(bytes) !== 'core') throw malformed('is a component, a core module expected')
  const sections = readSections(bytes)
  checkOrder(sections)
  const open = (name: SectionName): ByteReader | undefined => {
    const section = sections.find(({ id }) => id === sectionIds[name])
    return section && new ByteReader(bytes, section.from, section.to)
  }
  const types = new FunctionTypes(open('type'))
  const imports = readImports(open('import'), types)
  const functions = readIndices(open('function'), LIMITS.functions)
  const tables = readLimits(open('table'), 'tables', readTable)
  const memories = readLimits(open('memory'), 'memories', readMemory)
  const custom = readCustom(bytes, sections)
  const spaces = { imports, functions, tables, memories, types }
  return {
    imports,
    exports: readExports(open('export'), spaces),
    memories,
    tables,
    hasStart: open('start') !== undefined,
    ...readCode(open('code')),
    counts: {
      types: types.count,
      functions: functions.length,
      globals: peekCount(open('global'), 'globals'),
      elements: peekCount(open('element'), 'element segments'),
      data: peekCount(open('data'), 'data segments'),
      code: sameCount(peekCount(open('code'), 'function bodies'), functions.length),
    },
    custom,
    hasComponentType: custom.some(({ name }) => name.startsWith('component-type')),
  }
}

function checkOrder(sections: readonly Section[]): void {
  let last = -1
  for (const { id, start } of sections) {
    if (id === sectionIds.custom) continue
    const rank = ORDER.indexOf(id)
    if (rank < 0) throw malformed(`section ${id} at byte ${start} is unknown`)
    if (rank <= last) throw malformed(`section ${id} at byte ${start} is double or out of order`)
    last = rank
  }
}

const peekCount = (reader: ByteReader | undefined, what: string): number => reader?.count(what, LIMITS.parts) ?? 0

function sameCount(bodies: number, functions: number): number {
  if (bodies !== functions) throw malformed(`${functions} functions, but ${bodies} bodies`)
  return bodies
}

function readIndices(reader: ByteReader | undefined, limit: number): Uint32Array {
  const indices = new Uint32Array(reader?.count('functions', limit) ?? 0)
  for (let i = 0; reader && i < indices.length; i++) indices[i] = reader.u32()
  reader?.finish('function section')
  return indices
}

function readLimits(reader: ByteReader | undefined, what: string, read: (reader: ByteReader) => Limits): Limits[] {
  const count = reader?.count(what, MAX_TABLES, 2) ?? 0
  const limits: Limits[] = []
  for (let i = 0; reader && i < count; i++) limits.push(read(reader))
  reader?.finish(`section of ${what}`)
  return limits
}

function readImports(reader: ByteReader | undefined, types: FunctionTypes): CoreImport[] {
  const count = reader?.count('imports', LIMITS.imports, 4) ?? 0
  const imports: CoreImport[] = []
  for (let i = 0; reader && i < count; i++)
    imports.push({ module: reader.name(), name: reader.name(), type: readImportType(reader, types) })
  reader?.finish('import section')
  return imports
}

function readImportType(reader: ByteReader, types: FunctionTypes): CoreType {
  const at = reader.at
  switch (reader.byte()) {
    case 0:
      return { kind: 'func', ...types.get(reader.u32()) }
    case 1:
      return { kind: 'table', limits: readTable(reader) }
    case 2:
      return { kind: 'memory', limits: readMemory(reader) }
    case 3:
      return readGlobal(reader)
    case 4:
      reader.byte()
      reader.u32()
      return { kind: 'tag' }
    default:
      throw malformed(`kind of import at byte ${at} is unknown`)
  }
}

type Spaces = {
  readonly imports: readonly CoreImport[]
  readonly functions: Uint32Array
  readonly tables: readonly Limits[]
  readonly memories: readonly Limits[]
  readonly types: FunctionTypes
}

function readExports(reader: ByteReader | undefined, spaces: Spaces): CoreExport[] {
  const count = reader?.count('exports', LIMITS.exports, 3) ?? 0
  const exports: CoreExport[] = []
  const names = new Set<string>()
  const typeAt = exportTypes(spaces)
  for (let i = 0; reader && i < count; i++) {
    const name = reader.name()
    if (names.has(name)) throw malformed(`export ${JSON.stringify(name)} is there twice`)
    names.add(name)
    exports.push({ name, type: typeAt(reader.byte(), reader.u32()) })
  }
  reader?.finish('export section')
  return exports
}

function exportTypes(spaces: Spaces): (kind: number, index: number) => CoreType {
  const imported = Map.groupBy(spaces.imports, ({ type }) => type.kind)
  const pick = (kind: CoreType['kind'], index: number, own: (index: number) => CoreType | undefined): CoreType => {
    const before = imported.get(kind) ?? []
    const type = index < before.length ? before[index]?.type : own(index - before.length)
    if (!type) throw malformed(`exported ${kind} ${index} does not exist`)
    return type
  }
  const limits = (kind: 'table' | 'memory', list: readonly Limits[], index: number): CoreType | undefined => {
    const found = list[index]
    return found && { kind, limits: found }
  }
  return (kind, index) => {
    if (kind === 0) return pick('func', index, (own) => functionType(spaces, own))
    if (kind === 1) return pick('table', index, (own) => limits('table', spaces.tables, own))
    if (kind === 2) return pick('memory', index, (own) => limits('memory', spaces.memories, own))
    if (kind === 3) return pick('global', index, () => ({ kind: 'global' }))
    if (kind === 4) return { kind: 'tag' }
    throw malformed(`export of kind ${kind} is unknown`)
  }
}

function functionType({ functions, types }: Spaces, index: number): CoreType | undefined {
  const type = functions[index]
  return type === undefined ? undefined : { kind: 'func', ...types.get(type) }
}

function readCustom(bytes: Uint8Array, sections: readonly Section[]): CoreDescription['custom'] {
  return sections
    .filter(({ id }) => id === sectionIds.custom)
    .map(({ start, from, to }) => ({ name: new ByteReader(bytes, from, to).name(), sizeBytes: to - start }))
}
