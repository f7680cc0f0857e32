import {
  type Field,
  type Fields,
  type FieldType,
  field,
  type ObjectOf,
  optional,
  parse,
  struct,
} from '../../shared/schema.ts'

/** An object of the HTTP API: the same field types as messages have, by name and without keys. */
export type Described<T> = {
  readonly name: string
  readonly doc: string
  readonly type: FieldType<T>
  /** Throws INVALID_ARGUMENT that names the field. */
  readonly parse: (json: unknown) => T
  readonly write: (value: T) => unknown
}

/** Without its values, for tables of routes and their description. */
export type AnyDescribed = {
  readonly name: string
  readonly doc: string
  readonly type: AnyType
  readonly parse: (json: unknown) => unknown
}
export type AnyType = Pick<FieldType<unknown>, 'check' | 'element' | 'fields'>

export type ValueOf<D> = D extends Described<infer T> ? T : never

/** A field that must be there. */
export const need = <T>(type: FieldType<T>, doc: string): Field<T, false> => field(0, type, doc)
/** A field that may be left out. */
export const may = <T>(type: FieldType<T>, doc: string): Field<T, true> => optional(0, type, doc)

export function object<const F extends Fields>(name: string, doc: string, fields: F): Described<ObjectOf<F>> {
  // JSON has no keys; the message description that the type is built on wants them to differ.
  const rows = Object.entries(fields).map(([label, one], index) => [label, { ...one, key: index + 1 }])
  const type = struct(name, Object.fromEntries(rows) as F)
  return {
    name,
    doc,
    type,
    parse: (json) => parse(name, type, type.fromJson(json)),
    write: (value) => type.toJson(value),
  }
}

/** A described message or document as the type of a field, its own fields kept for the description of the API. */
export const typeOf = <F extends Fields>(message: {
  type: FieldType<ObjectOf<F>>
  fields: F
}): FieldType<ObjectOf<F>> => ({
  ...message.type,
  fields: message.fields,
})

/** A number that stands in a path or query, as text. */
export const fromText = (type: FieldType<number>): FieldType<number> => ({
  ...type,
  fromJson: (text) => (typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : text),
})

/** The same type for values that the store knows as wider, or narrower, than the table that they come from. */
export const valuesOf = <T>(type: { readonly cddl: string }): FieldType<T> => type as FieldType<T>
