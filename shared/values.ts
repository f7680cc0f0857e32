import type { Item } from './cbor.ts'
import { SamaraError } from './errors.ts'
import { type Signature, typeText, type WitType } from './signature.ts'
import { type Codec, isObject, Place } from './values/codec.ts'
import { bytesCodec, listCodec, nothingCodec, optionCodec, resultCodec, tupleCodec } from './values/containers.ts'
import { enumCodec, flagsCodec, recordCodec, refuseUnknown, variantCodec } from './values/named.ts'
import {
  boolCodec,
  charCodec,
  floatCodec,
  handleCodec,
  intCodec,
  intRange,
  narrow,
  stringCodec,
} from './values/scalars.ts'

export { camelCase } from './values/named.ts'

/**
 * The forms of a WIT value. [P-8.3]
 *
 * | WIT | JSON | CBOR | JavaScript in jco's glue |
 * | --- | --- | --- | --- |
 * | bool | true, false | true, false | boolean |
 * | s8 u8 s16 u16 s32 u32 | number | integer | number |
 * | s64 u64 | number where it is safe, else decimal string; both are read | integer | bigint |
 * | f32 f64 | number, or "NaN", "Infinity", "-Infinity", "-0" | float of 32 or 64 bits, always that width | number |
 * | char | string of one Unicode scalar value | text | string |
 * | string | string without lone surrogates | text | string |
 * | list&lt;u8&gt; | {"base64": text}; a list of numbers is read too | byte string | Uint8Array |
 * | list&lt;T&gt; | list | array | typed array of numbers, else array |
 * | option&lt;T&gt; | null or the value; where T is an option too null or {"some": value} | null or [value] | undefined or the value; where T is an option too {tag: 'none'} or {tag: 'some', val} |
 * | result&lt;T,E&gt; | {"ok": value} or {"err": value}, null for no payload | [0, value] or [1, value], null for no payload | {tag: 'ok' or 'err', val}; a function's own result returns or throws |
 * | tuple | list | array | array |
 * | record | object by WIT names; options may be left out | array in the order of the fields | object by camelCase names |
 * | variant | "case" or {"case": payload} | [index] or [index, payload] | {tag} or {tag, val} |
 * | enum | string | index | string |
 * | flags | list of names, each once | bit mask, first name lowest | object of booleans by camelCase names |
 * | own borrow | {"device": name} | text | its name: where the call is, it becomes a handle; none comes back |
 *
 * An item is the CBOR form in memory. CBOR floats are read wherever they are whole numbers of the right range, because
 * the decoder does not tell 1.0 from 1. Items do not survive `postMessage` (Float is a class), JavaScript values do.
 */
function codecOf(type: WitType): Codec {
  switch (type.kind) {
    case 'bool':
      return boolCodec
    case 'char':
      return charCodec
    case 'string':
      return stringCodec
    case 'f32':
      return floatCodec(32)
    case 'f64':
      return floatCodec(64)
    case 'list':
      return type.element.kind === 'u8' ? bytesCodec : listCodec(codecOf(type.element), type.element.kind)
    case 'option':
      return optionCodec(codecOf(type.some), type.some.kind === 'option')
    case 'result':
      return resultCodec(payloadCodec(type.ok), payloadCodec(type.err))
    case 'tuple':
      return tupleCodec(type.elements.map(codecOf))
    case 'record':
      return recordCodec(type.fields.map(fieldCodec))
    case 'variant':
      return variantCodec(type.cases.map((one) => ({ name: one.name, ...(one.type && { codec: codecOf(one.type) }) })))
    case 'enum':
      return enumCodec(type.names)
    case 'flags':
      return flagsCodec(type.names)
    case 'own':
    case 'borrow':
      return handleCodec
    default:
      return intCodec(type.kind)
  }
}

const payloadCodec = (type: WitType | undefined): Codec => (type ? codecOf(type) : nothingCodec)

const fieldCodec = ({ name, type }: { name: string; type: WitType }) => ({
  name,
  codec: codecOf(type),
  optional: type.kind === 'option',
})

/** JSON to an item. Throws INVALID_ARGUMENT whose `context.field` is the path from `path` on, as `args[1].name`. */
export const fromJson = (type: WitType, json: unknown, path = 'value'): Item =>
  codecOf(type).fromJson(json, new Place(path))

/** A checked item to JSON that `fromJson` reads back as the same item. */
export const toJson = (type: WitType, item: Item): unknown => codecOf(type).toJson(item)

/** Whatever `decodeItem` made of a stranger's bytes, checked against its type. Throws as `fromJson` does. */
export const fromCbor = (type: WitType, item: Item, path = 'value'): Item =>
  codecOf(type).fromCbor(item, new Place(path))

/** A checked item to the value that jco's glue takes; for core modules to what WebAssembly takes. */
export const toJs = (type: WitType, item: Item): unknown => codecOf(type).toJs(item)

/** A value that came out of a guest to an item. It is checked: a guest is a stranger. */
export const fromJs = (type: WitType, value: unknown, path = 'result'): Item =>
  codecOf(type).fromJs(value, new Place(path))

/** What a call returned, as an item; undefined where the function has no result. A plain return of a `result` is its ok. */
export function fromReturn(signature: Signature, value: unknown): Item {
  const type = signature.result
  if (!type) return undefined
  return type.kind === 'result' ? fromJs(type, { tag: 'ok', val: value }) : fromJs(type, value)
}

/** The payload of the ComponentError that a call threw, as an item: the err of a function whose result is a `result`. */
export function fromThrow(signature: Signature, payload: unknown): Item {
  const type = signature.result
  if (type?.kind === 'result') return fromJs(type, { tag: 'err', val: payload })
  throw new SamaraError('INTERNAL', `threw an error value, but its result is ${type ? typeText(type) : 'nothing'}`)
}

type Param = Signature['params'][number]
type Read<T> = (param: Param, value: T, path: string) => Item

/** Arguments as a list in order, or as an object by parameter name. An option at the end or by name may be left out. */
export function argsFromJson(signature: Signature, json: unknown): Item[] {
  return jsonArgs(signature, json, (param, value, path) => fromJson(param.type, value, path))
}

export function argsFromCbor(signature: Signature, items: readonly Item[]): Item[] {
  return cborArgs(signature, items, (param, item, path) => fromCbor(param.type, item, path))
}

/**
 * Arguments of an export of a core module. Its integers have no sign: s32 stands for i32, so 4294967295 is as good as
 * -1 and becomes it.
 */
export function coreArgsFromJson(signature: Signature, json: unknown): Item[] {
  return jsonArgs(signature, json, (param, value, path) =>
    signed(param.type, coreCodec(param.type).fromJson(value, new Place(path))),
  )
}

/** As `coreArgsFromJson`, from CBOR. */
export function coreArgsFromCbor(signature: Signature, items: readonly Item[]): Item[] {
  return cborArgs(signature, items, (param, item, path) =>
    signed(param.type, coreCodec(param.type).fromCbor(item, new Place(path))),
  )
}

function coreCodec(type: WitType): Codec {
  if (type.kind === 's32') return intCodec('s32', { least: intRange('s32').least, most: intRange('u32').most })
  if (type.kind === 's64') return intCodec('s64', { least: intRange('s64').least, most: intRange('u64').most })
  return codecOf(type)
}

function signed(type: WitType, item: Item): Item {
  if (type.kind === 's32') return (item as number) | 0
  if (type.kind === 's64') return narrow(BigInt.asIntN(64, BigInt(item as number | bigint)))
  return item
}

function jsonArgs(signature: Signature, json: unknown, read: Read<unknown>): Item[] {
  if (json === undefined) return jsonList(signature, [], read)
  if (Array.isArray(json)) return jsonList(signature, json, read)
  if (isObject(json)) return jsonNamed(signature, json, read)
  throw new Place('args').wrong(json, 'a list of arguments or an object by parameter name')
}

function jsonList(signature: Signature, values: readonly unknown[], read: Read<unknown>): Item[] {
  refuseExtra(signature, values.length)
  return signature.params.map((param, index) => {
    if (index < values.length) return read(param, values[index], `args[${index}]`)
    if (param.type.kind === 'option') return null
    throw missing(param, `args[${index}]`)
  })
}

function jsonNamed(signature: Signature, values: Readonly<Record<string, unknown>>, read: Read<unknown>): Item[] {
  refuseUnknown(values, new Set(signature.params.map((param) => param.name)), new Place('args'))
  return signature.params.map((param) => {
    const path = `args.${param.name}`
    if (Object.hasOwn(values, param.name)) return read(param, values[param.name], path)
    if (param.type.kind === 'option') return null
    throw missing(param, path)
  })
}

function cborArgs(signature: Signature, items: readonly Item[], read: Read<Item>): Item[] {
  refuseExtra(signature, items.length)
  return signature.params.map((param, index) => {
    if (index >= items.length) throw missing(param, `args[${index}]`)
    return read(param, items[index], `args[${index}]`)
  })
}

function refuseExtra(signature: Signature, count: number): void {
  const wanted = signature.params.length
  if (count <= wanted) return
  const expected = `${wanted} ${wanted === 1 ? 'argument' : 'arguments'}`
  const field = `args[${wanted}]`
  throw new SamaraError('INVALID_ARGUMENT', `${field}: extra argument; ${expected} expected, ${count} given`, {
    field,
    expected,
  })
}

function missing(param: Param, field: string): SamaraError {
  const expected = typeText(param.type)
  return new SamaraError('INVALID_ARGUMENT', `${field}: argument ${param.name} is missing, ${expected} expected`, {
    field,
    expected,
  })
}
