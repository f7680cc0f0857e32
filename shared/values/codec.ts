import type { Item } from '../cbor.ts'
import { SamaraError, show } from '../errors.ts'

/** One row of the table in `values.ts`: the forms of one type, each way. The ways in check, the ways out trust. */
export type Codec = {
  fromJson(json: unknown, place: Place): Item
  toJson(item: Item): unknown
  fromCbor(item: Item, place: Place): Item
  fromJs(value: unknown, place: Place): Item
  toJs(item: Item): unknown
}

/** Where a walk is inside a value. Written out only for an error, because a list may have a million elements. */
export class Place {
  readonly #parts: (string | number)[] = []
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** Runs `read` one level further in. */
  at<T>(part: string | number, read: () => T): T {
    this.#parts.push(part)
    const value = read()
    this.#parts.pop()
    return value
  }

  enter(part: string | number): void {
    this.#parts.push(part)
  }

  leave(): void {
    this.#parts.pop()
  }

  toString(): string {
    return this.#root + this.#parts.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('')
  }

  wrong(value: unknown, expected: string): SamaraError {
    const field = this.toString()
    return new SamaraError('INVALID_ARGUMENT', `${field}: ${seen(value)} is not ${expected}`, { field, expected })
  }

  missing(): SamaraError {
    const field = this.toString()
    return new SamaraError('INVALID_ARGUMENT', `${field}: is missing`, { field, expected: 'present' })
  }
}

/** A value in few words: a hostile one may be too deep for JSON and too long for a log. */
export function seen(value: unknown): string {
  if (typeof value === 'string') return show(value.slice(0, 100))
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'function') return 'a function'
  return Object.is(value, -0) ? '-0' : show(String(value).slice(0, 100)).slice(1, -1)
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)

/** The only key of an object, where it has one only. */
export function onlyKey(value: unknown): string | undefined {
  if (!isObject(value)) return undefined
  const keys = Object.keys(value)
  return keys.length === 1 ? keys[0] : undefined
}

export const isItems = (item: Item): item is readonly Item[] => Array.isArray(item)
