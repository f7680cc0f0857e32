import type { Item } from '../cbor.ts'
import { type Codec, isItems, isObject, onlyKey, type Place } from './codec.ts'

/** Rows of the table for the types whose parts have names: record, variant, enum, flags. */

/** How jco spells a WIT name in JavaScript: `public-holiday` is `publicHoliday`. */
export function camelCase(name: string): string {
  const [first = '', ...rest] = name.split('-').map((word) => word.toLowerCase())
  return first + rest.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('')
}

export type FieldCodec = {
  readonly name: string
  readonly codec: Codec
  /** An option may be left out in JSON. */
  readonly optional: boolean
}

export function recordCodec(fields: readonly FieldCodec[]): Codec {
  const names = new Set(fields.map((field) => field.name))
  const js = fields.map((field) => camelCase(field.name))
  const write = (item: Item, one: (field: FieldCodec, item: Item, index: number) => [string, unknown]): unknown =>
    Object.fromEntries(fields.map((field, index) => one(field, (item as readonly Item[])[index], index)))
  return {
    fromJson: (json, place) => {
      if (!isObject(json)) throw place.wrong(json, `an object with ${[...names].join(', ')}`)
      refuseUnknown(json, names, place)
      return fields.map((field) => place.at(field.name, () => member(field, json, place)))
    },
    toJson: (item) => write(item, (field, one) => [field.name, field.codec.toJson(one)]),
    fromCbor: (item, place) => {
      if (!isItems(item) || item.length !== fields.length) throw place.wrong(item, `a list of ${fields.length}`)
      return fields.map((field, index) => place.at(field.name, () => field.codec.fromCbor(item[index], place)))
    },
    fromJs: (value, place) => {
      if (!isObject(value)) throw place.wrong(value, `an object with ${js.join(', ')}`)
      return fields.map((field, index) =>
        place.at(field.name, () => field.codec.fromJs(value[js[index] as string], place)),
      )
    },
    toJs: (item) => write(item, (field, one, index) => [js[index] as string, field.codec.toJs(one)]),
  }
}

/** Absent counts as none where the type is an option. */
function member(field: FieldCodec, json: Readonly<Record<string, unknown>>, place: Place): Item {
  if (Object.hasOwn(json, field.name)) return field.codec.fromJson(json[field.name], place)
  if (field.optional) return null
  throw place.missing()
}

export function refuseUnknown(json: object, names: ReadonlySet<string>, place: Place): void {
  const unknown = Object.keys(json).find((name) => !names.has(name))
  if (unknown === undefined) return
  const known = names.size ? `one of ${[...names].join(', ')}` : 'expected, for there are no names here'
  throw place.at(unknown, () => place.wrong(unknown, known))
}

export type CaseCodec = { readonly name: string; readonly codec?: Codec }

export function variantCodec(cases: readonly CaseCodec[]): Codec {
  const indexOf = new Map(cases.map((one, index) => [one.name, index]))
  const expected = cases.map((one) => (one.codec ? `{"${one.name}": value}` : `"${one.name}"`)).join(' or ')
  const caseAt = (item: Item): CaseCodec => cases[(item as readonly Item[])[0] as number] as CaseCodec
  const payload = (item: Item): Item => (item as readonly Item[])[1]
  const read = (name: unknown, place: Place, whole: unknown, one: ((codec: Codec) => Item) | undefined): Item => {
    const index = typeof name === 'string' ? indexOf.get(name) : undefined
    const chosen = index === undefined ? undefined : cases[index]
    if (!chosen || Boolean(chosen.codec) !== Boolean(one)) throw place.wrong(whole, expected)
    const { codec } = chosen
    return codec && one ? [index, place.at(chosen.name, () => one(codec))] : [index]
  }
  return {
    fromJson: (json, place) => {
      if (typeof json === 'string') return read(json, place, json, undefined)
      const name = onlyKey(json)
      return read(name, place, json, (codec) =>
        codec.fromJson((json as Record<string, unknown>)[name as string], place),
      )
    },
    toJson: (item) => {
      const { name, codec } = caseAt(item)
      return codec ? Object.fromEntries([[name, codec.toJson(payload(item))]]) : name
    },
    fromCbor: (item, place) => {
      const index = isItems(item) ? item[0] : undefined
      const chosen = typeof index === 'number' ? cases[index] : undefined
      if (!chosen || !isItems(item) || item.length !== (chosen.codec ? 2 : 1))
        throw place.wrong(item, `[case from 0 to ${cases.length - 1}] or with its payload [case, payload]`)
      return read(chosen.name, place, item, chosen.codec && ((codec) => codec.fromCbor(item[1], place)))
    },
    fromJs: (value, place) => {
      const { tag, val } = isObject(value) ? value : { tag: undefined, val: undefined }
      const codec = typeof tag === 'string' ? cases[indexOf.get(tag) ?? -1]?.codec : undefined
      return read(tag, place, value, codec && ((one) => one.fromJs(val, place)))
    },
    toJs: (item) => {
      const { name, codec } = caseAt(item)
      return codec ? { tag: name, val: codec.toJs(payload(item)) } : { tag: name }
    },
  }
}

export function enumCodec(names: readonly string[]): Codec {
  const indexOf = new Map(names.map((name, index) => [name, index]))
  const expected = `one of ${names.join(', ')}`
  const fromName = (value: unknown, place: Place): number => {
    const index = typeof value === 'string' ? indexOf.get(value) : undefined
    if (index === undefined) throw place.wrong(value, expected)
    return index
  }
  return {
    fromJson: fromName,
    toJson: (item) => names[item as number],
    fromCbor: (item, place) => {
      if (typeof item !== 'number' || names[item] === undefined)
        throw place.wrong(item, `an index from 0 to ${names.length - 1}`)
      return item + 0
    },
    fromJs: fromName,
    toJs: (item) => names[item as number],
  }
}

export function flagsCodec(names: readonly string[]): Codec {
  const bits = new Map(names.map((name, index) => [name, 1n << BigInt(index)]))
  const js = names.map(camelCase)
  const limit = 1n << BigInt(names.length)
  const toItem = (mask: bigint): Item => (mask <= Number.MAX_SAFE_INTEGER ? Number(mask) : mask)
  const has = (item: Item, index: number): boolean => ((BigInt(item as number | bigint) >> BigInt(index)) & 1n) === 1n
  return {
    fromJson: (json, place) => {
      if (!Array.isArray(json)) throw place.wrong(json, `a list of ${names.join(', ')}`)
      let mask = 0n
      for (const [index, name] of json.entries()) {
        const bit = typeof name === 'string' ? bits.get(name) : undefined
        if (!bit || (mask & bit) !== 0n)
          throw place.at(index, () => place.wrong(name, `one of ${names.join(', ')}, once`))
        mask |= bit
      }
      return toItem(mask)
    },
    toJson: (item) => names.filter((_, index) => has(item, index)),
    fromCbor: (item, place) => {
      const mask = typeof item === 'bigint' || Number.isSafeInteger(item) ? BigInt(item as number | bigint) : -1n
      if (mask < 0n || mask >= limit) throw place.wrong(item, `a bit mask below ${limit}`)
      return toItem(mask)
    },
    fromJs: (value, place) => {
      if (!isObject(value)) throw place.wrong(value, `an object with ${js.join(', ')}`)
      const mask = js.reduce((sum, name, index) => (value[name] ? sum | (1n << BigInt(index)) : sum), 0n)
      return toItem(mask)
    },
    toJs: (item) => Object.fromEntries(js.map((name, index) => [name, has(item, index)])),
  }
}
