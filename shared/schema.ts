import * as v from 'valibot'
import { decodeItem, encodeItem, type Item } from './cbor.ts'
import { isSamaraError, SamaraError, show } from './errors.ts'

/** A type of field: how it is checked, what it is on the wire, how it is written down. */
export type FieldType<T> = {
  readonly check: v.GenericSchema<unknown, T>
  readonly toItem: (value: T) => Item
  /** Whatever comes back is checked by `check`; an item of the wrong type passes through to it. */
  readonly fromItem: (item: Item) => unknown
  /** Value to JSON; people read this one. */
  readonly toJson: (value: T) => unknown
  readonly fromJson: (json: unknown) => unknown
  readonly cddl: string
  /** In words, for tables. */
  readonly words: string
  /** Most bytes that it takes on the wire. */
  readonly maxBytes: number
  /** What a value of a wrong type is told. */
  readonly expected: string
  /** Of a list: the type of its elements, for those who write the type down. */
  // biome-ignore lint/suspicious/noExplicitAny: an element of any type
  readonly element?: FieldType<any>
  /** Of a struct: its fields. */
  readonly fields?: Fields
}

export type Field<T, Optional extends boolean = boolean> = {
  readonly key: number
  readonly type: FieldType<T>
  readonly doc: string
  readonly optional: Optional
}

// biome-ignore lint/suspicious/noExplicitAny: a field of any value type; `unknown` would make it invariant
export type Fields = Readonly<Record<string, Field<any>>>

type ValueOf<F> = F extends Field<infer T> ? T : never
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K]['optional'] extends true ? K : never }[keyof F]
export type ObjectOf<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: ValueOf<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: ValueOf<F[K]> | undefined
}
/** The TypeScript type of a described message, document or field type. */
export type Infer<M> =
  M extends FieldType<infer T> ? T : M extends { readonly fields: infer F extends Fields } ? ObjectOf<F> : never

export const field = <T>(key: number, type: FieldType<T>, doc: string): Field<T, false> => ({
  key,
  type,
  doc,
  optional: false,
})
export const optional = <T>(key: number, type: FieldType<T>, doc: string): Field<T, true> => ({
  key,
  type,
  doc,
  optional: true,
})

const headBytes = (argument: number): number =>
  argument < 24 ? 1 : argument < 0x100 ? 2 : argument < 0x1_0000 ? 3 : argument < 0x1_0000_0000 ? 5 : 9

const same = <T>(value: T): T => value

/** Unsigned integer of 8, 16, 32 or 53 bits; 53 is what JavaScript holds exactly. */
export function uint(bits: 8 | 16 | 32 | 53): FieldType<number> {
  const largest = 2 ** bits - 1
  const expected = `an integer from 0 to ${largest}`
  return {
    check: v.pipe(v.number(expected), v.integer(expected), v.minValue(0, expected), v.maxValue(largest, expected)),
    toItem: same,
    fromItem: same,
    toJson: same,
    fromJson: same,
    cddl: bits === 53 ? `0..${largest}` : `uint .size ${bits / 8}`,
    words: `uint ${bits}`,
    maxBytes: 1 + Math.ceil(bits / 8),
    expected,
  }
}

export const bool: FieldType<boolean> = {
  check: v.boolean('true or false'),
  toItem: same,
  fromItem: same,
  toJson: same,
  fromJson: same,
  cddl: 'bool',
  words: 'bool',
  maxBytes: 1,
  expected: 'true or false',
}

/** Text of at most `max` UTF-8 bytes. */
export function text(options: { max: number; min?: number; pattern?: RegExp; rule?: string }): FieldType<string> {
  const { max, min = 0, pattern } = options
  const expected = options.rule ?? `a text of ${min ? `${min} to ` : 'at most '}${max} bytes`
  // In place of valibot's maxBytes and minBytes, which encode the text each time to count.
  const fits = (value: string): boolean => {
    const sizeBytes = Buffer.byteLength(value)
    return sizeBytes <= max && sizeBytes >= min
  }
  const checks = v.pipe(v.string(expected), v.check(fits, expected))
  return {
    check: pattern ? v.pipe(checks, v.regex(pattern, expected)) : checks,
    toItem: same,
    fromItem: same,
    toJson: same,
    fromJson: same,
    cddl: `tstr .size (${min}..${max})`,
    words: `text ≤ ${max}`,
    maxBytes: headBytes(max) + max,
    expected,
  }
}

/** Byte string of at most `max` bytes; in JSON it is base64. */
export function bytes(options: { max: number; min?: number }): FieldType<Uint8Array> {
  const { max, min = 0 } = options
  const expected = min === max ? `${max} bytes` : `${min} to ${max} bytes`
  return {
    check: v.pipe(v.instance(Uint8Array, expected), v.minLength(min, expected), v.maxLength(max, expected)) as never,
    toItem: same,
    fromItem: same,
    toJson: (value) => Buffer.from(value).toString('base64'),
    fromJson: (json) =>
      typeof json === 'string' && BASE64.test(json) ? new Uint8Array(Buffer.from(json, 'base64')) : json,
    cddl: `bstr .size ${min === max ? max : `(${min}..${max})`}`,
    words: min === max ? `${max} bytes` : `bytes ≤ ${max}`,
    maxBytes: headBytes(max) + max,
    expected,
  }
}
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Fixed bytes that people write in hex: digests and boot ids. */
export function hex<T extends string = string>(size: number): FieldType<T> {
  const expected = `${size * 2} lower-case hex digits`
  return {
    check: v.pipe(v.string(expected), v.length(size * 2, expected), v.regex(/^[0-9a-f]*$/, expected)) as never,
    toItem: (value) => Buffer.from(value, 'hex'),
    fromItem: (item) => (item instanceof Uint8Array ? Buffer.from(item).toString('hex') : item),
    toJson: same,
    fromJson: same,
    cddl: `bstr .size ${size}`,
    words: `${size} bytes`,
    maxBytes: headBytes(size) + size,
    expected,
  }
}

/** One of the names; the wire has its number, which is never reused. */
export function oneOf<const T extends Readonly<Record<string, number>>>(numbers: T): FieldType<keyof T & string> {
  const names = Object.keys(numbers)
  const byNumber = new Map(Object.entries(numbers).map(([name, number]) => [number, name]))
  const expected = `one of ${names.join(', ')}`
  return {
    check: v.picklist(names, expected) as never,
    toItem: (value) => numbers[value],
    fromItem: (item) => (typeof item === 'number' ? (byNumber.get(item) ?? item) : item),
    toJson: same,
    fromJson: same,
    cddl: `(${Object.values(numbers).join(' / ')})`,
    words: Object.entries(numbers)
      .map(([name, number]) => `${number} ${name}`)
      .join(', '),
    maxBytes: headBytes(Math.max(...Object.values(numbers))),
    expected,
  }
}

/** Numbers 1, 2, 3 … in the order of a state table; new names go to its end. */
export const numbered = <const T extends readonly string[]>(names: T): FieldType<T[number]> =>
  oneOf(Object.fromEntries(names.map((name, index) => [name, index + 1]))) as FieldType<T[number]>

/** List of at most `max` elements. */
export function list<T>(element: FieldType<T>, options: { max: number }): FieldType<readonly T[]> {
  const { max } = options
  const expected = `a list of at most ${max}`
  return {
    check: v.pipe(v.array(element.check, expected), v.maxLength(max, expected)) as never,
    toItem: (value) => value.map(element.toItem),
    fromItem: (item) => (Array.isArray(item) && item.length <= max ? item.map(element.fromItem) : item),
    toJson: (value) => value.map(element.toJson),
    fromJson: (json) => (Array.isArray(json) && json.length <= max ? json.map(element.fromJson) : json),
    cddl: `[0*${max} ${element.cddl}]`,
    words: `list ≤ ${max} of ${element.words}`,
    maxBytes: headBytes(max) + max * element.maxBytes,
    expected,
    element,
  }
}

/** Names to texts, for labels and environments. */
export function dictionary(options: {
  max: number
  key: FieldType<string>
  value: FieldType<string>
}): FieldType<Readonly<Record<string, string>>> {
  const { max, key, value } = options
  const expected = `an object of at most ${max} texts`
  const entries = v.pipe(
    v.record(key.check as v.GenericSchema<string, string>, value.check, expected),
    v.check((object) => Object.keys(object).length <= max, expected),
  )
  return {
    check: entries as never,
    toItem: (object) => new Map(Object.entries(object)),
    fromItem: (item) => (item instanceof Map ? Object.fromEntries(item) : item),
    toJson: same,
    fromJson: same,
    cddl: `{0*${max} ${key.cddl} => ${value.cddl}}`,
    words: `object ≤ ${max} of text`,
    maxBytes: headBytes(max) + max * (key.maxBytes + value.maxBytes),
    expected,
  }
}

/** Arguments and results of functions, whose shape the function's signature gives: checked against it, not here. */
export function anyItem(options: { max: number }): FieldType<Item> {
  return {
    check: v.unknown() as never,
    toItem: same,
    fromItem: same,
    toJson: same,
    fromJson: (json) => json as Item,
    cddl: 'any',
    words: 'any value',
    maxBytes: options.max,
    expected: 'a value',
  }
}

/** An object inside a message: the same rules as a message. */
export function struct<const F extends Fields>(
  name: string,
  fields: F,
): FieldType<ObjectOf<F>> & { readonly fields: F } {
  const shape = describe(name, fields)
  return { ...shape, fields }
}

/** valibot takes an array for an object; this is what the checks are shown in place of one. */
const NOT_AN_OBJECT = 'something else'

/** Unknown keys that a receiver skips, so that a newer sender is understood. [P-1.5] */
export const UNKNOWN_KEYS = 8

function describe<const F extends Fields>(name: string, fields: F): FieldType<ObjectOf<F>> {
  const rows = Object.entries(fields).sort(([, a], [, b]) => a.key - b.key)
  const byKey = new Map(rows.map(([label, row]) => [row.key, [label, row] as const]))
  if (byKey.size !== rows.length) throw new Error(`${name}: a key is used twice`)
  const entries = Object.fromEntries(
    rows.map(([label, row]) => [label, row.optional ? v.optional(row.type.check) : row.type.check]),
  )
  const toItem = (value: ObjectOf<F>): Item => {
    const map = new Map<number, Item>()
    for (const [label, row] of rows) {
      const one = (value as Record<string, unknown>)[label]
      if (one !== undefined) map.set(row.key, row.type.toItem(one))
    }
    return map
  }
  const fromItem = (item: Item): unknown => {
    if (!(item instanceof Map)) return NOT_AN_OBJECT
    const object: Record<string, unknown> = {}
    let unknown = 0
    for (const [key, value] of item) {
      const row = byKey.get(key as number)
      if (row) object[row[0]] = row[1].type.fromItem(value as Item)
      else if (++unknown > UNKNOWN_KEYS)
        throw new SamaraError('INVALID_ARGUMENT', `${name}: more than ${UNKNOWN_KEYS} unknown keys`, { field: name })
    }
    return object
  }
  const mapJson = (value: object, convert: (row: Field<unknown>, one: unknown) => unknown): Record<string, unknown> => {
    const object: Record<string, unknown> = {}
    for (const [label, one] of Object.entries(value)) {
      const row = Object.hasOwn(fields, label) ? fields[label] : undefined
      if (one !== undefined) object[label] = row ? convert(row, one) : one
    }
    return object
  }
  return {
    check: v.strictObject(entries, (issue) =>
      issue.expected === 'never' ? `no such field in ${name}` : `${name}`,
    ) as never,
    toItem,
    fromItem,
    toJson: (value) => mapJson(value as object, (row, one) => row.type.toJson(one)),
    fromJson: (json) => (isPlain(json) ? mapJson(json, (row, one) => row.type.fromJson(one)) : NOT_AN_OBJECT),
    cddl: name,
    words: name,
    maxBytes: headBytes(rows.length) + rows.reduce((sum, [, row]) => sum + headBytes(row.key) + row.type.maxBytes, 0),
    expected: `an object ${name}`,
  }
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)

/** A described message or document: encode and decode both check every bound. */
export type Message<F extends Fields> = {
  readonly name: string
  readonly doc: string
  readonly fields: F
  readonly type: FieldType<ObjectOf<F>>
  readonly maxBytes: number
  encode(value: ObjectOf<F>): Buffer
  /** Throws TOO_LARGE before it looks inside, INVALID_ARGUMENT with the field's name after. */
  decode(bytes: Uint8Array): ObjectOf<F>
  toJson(value: ObjectOf<F>): Record<string, unknown>
  fromJson(json: unknown): ObjectOf<F>
}

/** A message whose fields do not matter here. */
export type AnyMessage = Pick<Message<Fields>, 'name' | 'doc' | 'fields' | 'maxBytes'> & {
  // biome-ignore lint/suspicious/noExplicitAny: the value type differs per message
  encode(value: any): Buffer
  // biome-ignore lint/suspicious/noExplicitAny: the value type differs per message
  decode(bytes: Uint8Array): any
  // biome-ignore lint/suspicious/noExplicitAny: the value type differs per message
  toJson(value: any): Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: the value type differs per message
  fromJson(json: unknown): any
}

/** Room that unknown fields of a newer sender may take in a message that this release decodes. */
const SLACK_BYTES = 256

export function message<const F extends Fields>(
  name: string,
  doc: string,
  fields: F,
  options: { /** Below what the fields' own bounds add up to. */ maxBytes?: number } = {},
): Message<F> {
  const type = describe(name, fields)
  const maxBytes = Math.min(type.maxBytes, options.maxBytes ?? type.maxBytes)
  return {
    name,
    doc,
    fields,
    type,
    maxBytes,
    encode: (value) => encodeItem(type.toItem(parse(name, type, value))),
    decode(bytes) {
      const item = decodeItem(bytes, { bytes: maxBytes + SLACK_BYTES })
      return parse(name, type, type.fromItem(item))
    },
    toJson: (value) => type.toJson(value) as Record<string, unknown>,
    fromJson: (json) => parse(name, type, type.fromJson(json)),
  }
}

/** The value if it is what the type says; else INVALID_ARGUMENT that names field, value and what was expected. */
export function parse<T>(name: string, type: FieldType<T>, value: unknown): T {
  const result = v.safeParse(type.check, value, { abortEarly: true })
  if (result.success) return result.output
  throw issueError(name, type, value, result.issues[0])
}

function issueError<T>(name: string, type: FieldType<T>, value: unknown, issue: v.BaseIssue<unknown>): SamaraError {
  const path = (issue.path ?? [])
    .map((part) => (typeof part.key === 'number' ? `[${part.key}]` : `.${String(part.key)}`))
    .join('')
  const field = path.startsWith('.') ? path.slice(1) : path
  const missing = issue.input === undefined && field
  const expected =
    issue.expected === 'never'
      ? 'no such field'
      : missing
        ? 'present'
        : issue.message === name
          ? type.expected
          : issue.message
  const what = field ? `${name}.${field}` : name
  if (issue.expected === 'never')
    return new SamaraError('INVALID_ARGUMENT', `${name}: unknown field ${show(field)}`, { field, expected })
  if (missing) return new SamaraError('INVALID_ARGUMENT', `${what}: required field is missing`, { field, expected })
  return new SamaraError('INVALID_ARGUMENT', `${what}: ${show(field ? issue.input : value)} is not ${expected}`, {
    ...(field && { field }),
    expected,
  })
}

/** Decodes for a caller that prefers a value to a throw. */
export function tryDecode<F extends Fields>(kind: Message<F>, bytes: Uint8Array): ObjectOf<F> | SamaraError {
  try {
    return kind.decode(bytes)
  } catch (error) {
    if (isSamaraError(error)) return error
    return new SamaraError(
      'INVALID_ARGUMENT',
      `${kind.name}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}
