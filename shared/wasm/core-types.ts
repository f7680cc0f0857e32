import { ByteReader, malformed, unsupported } from './sections.ts'

/** Types of the core language as they stand in a binary. */

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'funcref' | 'externref' | 'exnref'

export type Limits = {
  readonly min: number
  readonly max?: number
  readonly shared: boolean
  readonly is64: boolean
}

export type FunctionType = { readonly params: readonly ValueType[]; readonly results: readonly ValueType[] }

export type CoreType =
  | ({ readonly kind: 'func' } & FunctionType)
  | { readonly kind: 'table'; readonly limits: Limits }
  | { readonly kind: 'memory'; readonly limits: Limits }
  /** Without its type where the module defines it itself: its initialiser stands in the way. */
  | { readonly kind: 'global'; readonly type?: ValueType }
  | { readonly kind: 'tag' }

/** As V8 has them. */
const MAX_TYPES = 1_000_000
const MAX_PARAMS = 1000

const valueTypes = new Map<number, ValueType>([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
  [0x70, 'funcref'],
  [0x6f, 'externref'],
  [0x69, 'exnref'],
])

function readValueType(reader: ByteReader): ValueType {
  const at = reader.at
  const code = reader.byte()
  const type = valueTypes.get(code)
  if (type) return type
  if (code >= 0x60 && code < 0x78)
    throw unsupported(`reference type 0x${code.toString(16)} at byte ${at} (garbage-collected types)`)
  throw malformed(`value type 0x${code.toString(16)} at byte ${at} is unknown`)
}

/** Function types by index. Only the places are kept; few types are ever asked for. */
export class FunctionTypes {
  readonly count: number
  readonly #starts: Uint32Array
  readonly #reader: ByteReader | undefined

  constructor(reader: ByteReader | undefined) {
    this.#reader = reader
    this.count = reader?.count('types', MAX_TYPES, 3) ?? 0
    this.#starts = new Uint32Array(this.count)
    for (let i = 0; reader && i < this.count; i++) {
      this.#starts[i] = reader.at
      readFunctionType(reader)
    }
    reader?.finish('type section')
  }

  get(index: number): FunctionType {
    const start = this.#starts[index]
    if (start === undefined || !this.#reader) throw malformed(`type ${index} does not exist`)
    return readFunctionType(new ByteReader(this.#reader.bytes, start, this.#reader.end))
  }
}

function readFunctionType(reader: ByteReader): FunctionType {
  const at = reader.at
  const form = reader.byte()
  if (form >= 0x4e && form <= 0x5f) throw unsupported(`type at byte ${at} is a garbage-collected one`)
  if (form !== 0x60) throw malformed(`type at byte ${at} is no function type`)
  return { params: readValueTypes(reader), results: readValueTypes(reader) }
}

function readValueTypes(reader: ByteReader): ValueType[] {
  const count = reader.count('values of a function', MAX_PARAMS)
  return Array.from({ length: count }, () => readValueType(reader))
}

export function readMemory(reader: ByteReader): Limits {
  return readLimit(reader, 'memory')
}

export function readTable(reader: ByteReader): Limits {
  const at = reader.at
  if (reader.byte() === 0x40) throw unsupported(`table at byte ${at} has an initialiser`)
  reader.at = at
  const type = readValueType(reader)
  if (type !== 'funcref' && type !== 'externref' && type !== 'exnref')
    throw malformed(`table at byte ${at} is one of ${type}`)
  return readLimit(reader, 'table')
}

function readLimit(reader: ByteReader, what: string): Limits {
  const flags = reader.byte()
  if (flags & 8) throw unsupported(`${what} with a page size of its own`)
  if (flags > 7) throw malformed(`limits flags 0x${flags.toString(16)} at byte ${reader.at - 1} are unknown`)
  const is64 = (flags & 4) !== 0
  const min = is64 ? reader.u64() : reader.u32()
  const shared = (flags & 2) !== 0
  if ((flags & 1) === 0) return { min, shared, is64 }
  const max = is64 ? reader.u64() : reader.u32()
  if (max < min) throw malformed(`${what} starts with ${min} and may have ${max} only`)
  return { min, max, shared, is64 }
}

export function readGlobal(reader: ByteReader): CoreType {
  const type = readValueType(reader)
  reader.byte()
  return { kind: 'global', type }
}
