import { MAX_TYPE_DEPTH, type PrimitiveKind, type Signature, type WitType } from '../signature.ts'
import { type ByteReader, malformed, unsupported } from './sections.ts'

/** Types of the component language as they stand in a binary. */

/** Parts of one signature. Types in a binary are a graph, and a small graph can unfold into an endless tree. */
const MAX_PARTS = 4096

/** Unfolds shapes to a signature as seen from one interface: a resource of another one is named with its interface. */
export class Unfold {
  #parts = 0
  #depth = 0
  readonly #home: string | undefined

  constructor(home: string | undefined) {
    this.#home = home
  }

  type(shape: Shape): WitType {
    if (++this.#parts > MAX_PARTS) throw unsupported(`a signature has more than ${MAX_PARTS} parts`)
    if (++this.#depth > MAX_TYPE_DEPTH) throw unsupported(`a type is deeper than ${MAX_TYPE_DEPTH} levels`)
    const type = shape(this)
    this.#depth--
    return type
  }

  resource({ name, home }: Resource): string {
    if (name === undefined) return '_'
    return home === undefined || home === this.#home ? name : `${withoutVersion(home).replace(':', '/')}.${name}`
  }
}

export const withoutVersion = (name: string): string => name.replace(/@[^/#]*$/, '')

/** A value type that is unfolded when a function that uses it is described. */
export type Shape = (unfold: Unfold) => WitType
/** Named by the export or import that makes it visible, which may come after its uses. */
export type Resource = { name?: string; home?: string | undefined }
export type FunctionShape = {
  readonly params: readonly { readonly name: string; readonly shape: Shape }[]
  readonly result?: Shape
}

/** A definition in the type index space. Types of instances and components are ranges that are read where they are used. */
export type TypeDef =
  | { readonly kind: 'value'; readonly shape: Shape }
  | { readonly kind: 'func'; readonly func: FunctionShape }
  | { readonly kind: 'resource'; readonly resource: Resource }
  | { readonly kind: 'instance' | 'component'; readonly from: number }

/** Finds a definition by its index in the scope that is being read. */
export type Lookup = (index: number) => TypeDef

export function signatureOf(func: FunctionShape, home: string | undefined): Signature {
  const unfold = new Unfold(home)
  const params = func.params.map(({ name, shape }) => ({ name, type: unfold.type(shape) }))
  return func.result ? { params, result: unfold.type(func.result) } : { params }
}

const primitives = new Map<number, PrimitiveKind>([
  [0x7f, 'bool'],
  [0x7e, 's8'],
  [0x7d, 'u8'],
  [0x7c, 's16'],
  [0x7b, 'u16'],
  [0x7a, 's32'],
  [0x79, 'u32'],
  [0x78, 's64'],
  [0x77, 'u64'],
  [0x76, 'f32'],
  [0x75, 'f64'],
  [0x74, 'char'],
  [0x73, 'string'],
])

const future = new Map([
  [0x67, 'lists of fixed length'],
  [0x66, 'stream (WASI 0.3)'],
  [0x65, 'future (WASI 0.3)'],
  [0x64, 'error-context (WASI 0.3)'],
  [0x63, 'map'],
  [0x43, 'async functions (WASI 0.3)'],
  [0x3e, 'resources with an async destructor (WASI 0.3)'],
])

/** Parts of one definition; the specification sets no limit, generated code stays far below. */
const MAX_LIST = 10_000

const listOf = <T>(reader: ByteReader, what: string, read: () => T): T[] =>
  Array.from({ length: reader.count(what, MAX_LIST) }, read)

export function readFunction(reader: ByteReader, lookup: Lookup): FunctionShape {
  const params = listOf(reader, 'parameters', () => ({ name: reader.name(), shape: readShape(reader, lookup) }))
  const at = reader.at
  const form = reader.byte()
  if (form === 0) return { params, result: readShape(reader, lookup) }
  if (form === 1 && reader.byte() === 0) return { params }
  throw unsupported(`function type at byte ${at} has named results`)
}

/** A type where one is used: a primitive, or the index of a definition. */
function readShape(reader: ByteReader, lookup: Lookup): Shape {
  const at = reader.at
  const kind = primitives.get(reader.byte())
  if (kind) return () => ({ kind })
  reader.at = at
  return shapeOf(reader, lookup)
}

function shapeOf(reader: ByteReader, lookup: Lookup): Shape {
  const at = reader.at
  const first = reader.bytes[at] ?? 0
  // A signed number: what is below 0x40 is an index, whatever it would be as the code of a type.
  if (first >= 0x40) refuseFuture(first)
  const found = lookup(reader.u32())
  if (found.kind !== 'value') throw malformed(`type at byte ${at} is a ${found.kind}, a value type expected`)
  return found.shape
}

function readMaybe(reader: ByteReader, lookup: Lookup): Shape | undefined {
  const present = reader.byte()
  if (present > 1) throw malformed(`option at byte ${reader.at - 1} is neither there nor not`)
  return present ? readShape(reader, lookup) : undefined
}

export function refuseFuture(code: number): void {
  const name = future.get(code)
  if (name) throw unsupported(`component uses ${name}`)
}

/** Definition of a value type, of which `code` is the first byte. */
export function readValueDefinition(code: number, reader: ByteReader, lookup: Lookup): Shape {
  const one = (): Shape => readShape(reader, lookup)
  const names = (): string[] => listOf(reader, 'names', () => reader.name())
  const kind = primitives.get(code)
  if (kind) return () => ({ kind })
  refuseFuture(code)
  switch (code) {
    case 0x72:
      return recordShape(listOf(reader, 'fields', () => ({ name: reader.name(), shape: one() })))
    case 0x71:
      return variantShape(listOf(reader, 'cases', () => readCase(reader, lookup)))
    case 0x70: {
      const element = one()
      return (unfold) => ({ kind: 'list', element: unfold.type(element) })
    }
    case 0x6f: {
      const elements = listOf(reader, 'elements', one)
      return (unfold) => ({ kind: 'tuple', elements: elements.map((element) => unfold.type(element)) })
    }
    case 0x6e: {
      const flags = names()
      return () => ({ kind: 'flags', names: flags })
    }
    case 0x6d: {
      const cases = names()
      return () => ({ kind: 'enum', names: cases })
    }
    case 0x6b: {
      const some = one()
      return (unfold) => ({ kind: 'option', some: unfold.type(some) })
    }
    case 0x6a:
      return resultShape(readMaybe(reader, lookup), readMaybe(reader, lookup))
    case 0x69:
      return handleShape('own', reader, lookup)
    case 0x68:
      return handleShape('borrow', reader, lookup)
    default:
      throw malformed(`type 0x${code.toString(16)} before byte ${reader.at} is unknown`)
  }
}

type Part = { readonly name: string; readonly shape: Shape }
type Case = { readonly name: string; readonly shape?: Shape }

const recordShape =
  (fields: readonly Part[]): Shape =>
  (unfold) => ({ kind: 'record', fields: fields.map(({ name, shape }) => ({ name, type: unfold.type(shape) })) })

const variantShape =
  (cases: readonly Case[]): Shape =>
  (unfold) => ({
    kind: 'variant',
    cases: cases.map(({ name, shape }) => (shape ? { name, type: unfold.type(shape) } : { name })),
  })

const resultShape =
  (ok: Shape | undefined, err: Shape | undefined): Shape =>
  (unfold) => ({ kind: 'result', ...(ok && { ok: unfold.type(ok) }), ...(err && { err: unfold.type(err) }) })

function readCase(reader: ByteReader, lookup: Lookup): Case {
  const name = reader.name()
  const shape = readMaybe(reader, lookup)
  if (reader.byte() !== 0) throw unsupported(`case ${name} refines another one`)
  return shape ? { name, shape } : { name }
}

function handleShape(kind: 'own' | 'borrow', reader: ByteReader, lookup: Lookup): Shape {
  const found = lookup(reader.u32())
  if (found.kind !== 'resource') throw malformed(`${kind} of a ${found.kind}, a resource expected`)
  const { resource } = found
  return (unfold) => ({ kind, resource: unfold.resource(resource) })
}
