import type { Item } from '../cbor.ts'
import type { WitType } from '../signature.ts'
import { type Codec, isItems, isObject, onlyKey, type Place } from './codec.ts'

/** Rows of the table for list, option, result and tuple. */

/** What jco's glue gives for lists of numbers; it takes arrays too, these are copied at once. */
const typedArrays = {
  s8: Int8Array,
  s16: Int16Array,
  u16: Uint16Array,
  s32: Int32Array,
  u32: Uint32Array,
  s64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const

const isTyped = (kind: WitType['kind']): kind is keyof typeof typedArrays => Object.hasOwn(typedArrays, kind)

/** An array, or any typed array whatever realm made it. */
const isArrayLike = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)

function each<T, R>(values: ArrayLike<T>, place: Place, read: (value: T, place: Place) => R): R[] {
  const items: R[] = []
  for (let i = 0; i < values.length; i++) {
    place.enter(i)
    items.push(read(values[i] as T, place))
    place.leave()
  }
  return items
}

export function listCodec(element: Codec, kind: WitType['kind']): Codec {
  const expected = 'a list'
  return {
    fromJson: (json, place) => {
      if (!Array.isArray(json)) throw place.wrong(json, expected)
      return each(json, place, element.fromJson)
    },
    toJson: (item) => (item as readonly Item[]).map(element.toJson),
    fromCbor: (item, place) => {
      if (!isItems(item)) throw place.wrong(item, expected)
      return each(item, place, element.fromCbor)
    },
    fromJs: (value, place) => {
      if (!isArrayLike(value)) throw place.wrong(value, expected)
      return each(value, place, element.fromJs)
    },
    toJs: (item) => typed(kind, (item as readonly Item[]).map(element.toJs)),
  }
}

function typed(kind: WitType['kind'], values: unknown[]): unknown {
  if (!isTyped(kind)) return values
  const ArrayOf = typedArrays[kind] as { from(values: unknown[]): unknown }
  return ArrayOf.from(values)
}

const BYTES_RULE = 'a list of integers from 0 to 255 or {"base64": text}'

/** `list<u8>`, the one list that is not a list on the wire. */
export const bytesCodec: Codec = {
  fromJson: (json, place) => (Array.isArray(json) ? octets(json, place) : base64(json, place)),
  toJson: (item) => ({ base64: Buffer.from(item as Uint8Array).toString('base64') }),
  fromCbor: (item, place) => {
    if (!(item instanceof Uint8Array)) throw place.wrong(item, 'a byte string')
    return item
  },
  fromJs: (value, place) => {
    if (value instanceof Uint8Array) return value
    if (!isArrayLike(value)) throw place.wrong(value, BYTES_RULE)
    return octets(value, place)
  },
  toJs: (item) => item,
}

function octets(values: ArrayLike<unknown>, place: Place): Uint8Array {
  const bytes = new Uint8Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    place.enter(i)
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 255)
      throw place.wrong(value, 'an integer from 0 to 255')
    place.leave()
    bytes[i] = value
  }
  return bytes
}

function base64(json: unknown, place: Place): Uint8Array {
  const text = onlyKey(json) === 'base64' && isObject(json) ? json.base64 : undefined
  if (typeof text !== 'string') throw place.wrong(json, BYTES_RULE)
  const bytes = Buffer.from(text, 'base64')
  // Buffer skips what it does not know; only the one true text comes back the same.
  if (bytes.toString('base64') !== text) throw place.wrong(json, 'padded base64')
  return bytes
}

/** `nested` is where the inner type is an option too: null would then mean two things in JSON and in JavaScript. */
export function optionCodec(some: Codec, nested: boolean): Codec {
  return {
    fromJson: (json, place) => {
      if (json === null) return null
      if (!nested) return [some.fromJson(json, place)]
      if (onlyKey(json) !== 'some' || !isObject(json)) throw place.wrong(json, 'null or {"some": value}')
      return [place.at('some', () => some.fromJson(json.some, place))]
    },
    toJson: (item) => {
      if (item === null) return null
      const inner = some.toJson((item as readonly Item[])[0])
      return nested ? { some: inner } : inner
    },
    fromCbor: (item, place) => {
      if (item === null) return null
      if (!isItems(item) || item.length !== 1) throw place.wrong(item, 'null or a list of one')
      return [some.fromCbor(item[0], place)]
    },
    fromJs: (value, place) =>
      nested ? taggedOption(some, value, place) : value == null ? null : [some.fromJs(value, place)],
    toJs: (item) => {
      const inner = item === null ? undefined : some.toJs((item as readonly Item[])[0])
      if (!nested) return inner
      return item === null ? { tag: 'none' } : { tag: 'some', val: inner }
    },
  }
}

function taggedOption(some: Codec, value: unknown, place: Place): Item {
  const tag = isObject(value) ? value.tag : undefined
  if (tag === 'none') return null
  if (tag !== 'some' || !isObject(value)) throw place.wrong(value, "{tag: 'some', val} or {tag: 'none'}")
  return [place.at('some', () => some.fromJs(value.val, place))]
}

/** Stands for the payload of a case that has none: null in JSON and CBOR, undefined in JavaScript. */
export const nothingCodec: Codec = {
  fromJson: (json, place) => nothing(json, place),
  toJson: () => null,
  fromCbor: (item, place) => nothing(item, place),
  fromJs: () => null,
  toJs: () => undefined,
}

function nothing(value: unknown, place: Place): null {
  if (value !== null) throw place.wrong(value, 'null, for it has no payload')
  return null
}

export function resultCodec(ok: Codec, err: Codec): Codec {
  const sides = { ok, err } as const
  const expected = '{"ok": value} or {"err": value}'
  const side = (name: unknown): 'ok' | 'err' | undefined => (name === 'ok' || name === 'err' ? name : undefined)
  const tagged = (name: 'ok' | 'err', item: Item): Item => [name === 'ok' ? 0 : 1, item]
  const open = (item: Item): ['ok' | 'err', Item] => {
    const [index, payload] = item as readonly Item[]
    return [index === 0 ? 'ok' : 'err', payload]
  }
  return {
    fromJson: (json, place) => {
      const name = side(onlyKey(json))
      if (!name || !isObject(json)) throw place.wrong(json, expected)
      return tagged(
        name,
        place.at(name, () => sides[name].fromJson(json[name], place)),
      )
    },
    toJson: (item) => {
      const [name, payload] = open(item)
      return { [name]: sides[name].toJson(payload) }
    },
    fromCbor: (item, place) => {
      if (!isItems(item) || item.length !== 2 || (item[0] !== 0 && item[0] !== 1))
        throw place.wrong(item, '[0, value] or [1, value]')
      const [name, payload] = open(item)
      return tagged(
        name,
        place.at(name, () => sides[name].fromCbor(payload, place)),
      )
    },
    fromJs: (value, place) => {
      const name = isObject(value) ? side(value.tag) : undefined
      if (!name || !isObject(value)) throw place.wrong(value, "{tag: 'ok' or 'err', val}")
      return tagged(
        name,
        place.at(name, () => sides[name].fromJs(value.val, place)),
      )
    },
    toJs: (item) => {
      const [tag, payload] = open(item)
      return { tag, val: sides[tag].toJs(payload) }
    },
  }
}

export function tupleCodec(elements: readonly Codec[]): Codec {
  const expected = `a list of ${elements.length}`
  const read = (values: unknown, place: Place, one: (codec: Codec, value: unknown) => Item): Item => {
    if (!Array.isArray(values) || values.length !== elements.length) throw place.wrong(values, expected)
    return elements.map((codec, index) => place.at(index, () => one(codec, values[index])))
  }
  const write = (item: Item, one: (codec: Codec, item: Item) => unknown): unknown[] =>
    elements.map((codec, index) => one(codec, (item as readonly Item[])[index]))
  return {
    fromJson: (json, place) => read(json, place, (codec, value) => codec.fromJson(value, place)),
    toJson: (item) => write(item, (codec, one) => codec.toJson(one)),
    fromCbor: (item, place) => read(item, place, (codec, value) => codec.fromCbor(value as Item, place)),
    fromJs: (value, place) => read(value, place, (codec, one) => codec.fromJs(one, place)),
    toJs: (item) => write(item, (codec, one) => codec.toJs(one)),
  }
}
