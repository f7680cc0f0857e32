import { invalid } from '../../../shared/errors.ts'
import type { Page, PageQuery } from '../store.ts'

/** The only namespace until there are tenants, as SQL. */
export const NAMESPACE = `'default'`

type Present<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as null extends T[K] ? K : never]?: NonNullable<T[K]>
}

/** A row without its NULLs: what is absent in SQL is absent in the record. */
export function present<T extends object>(row: T): Present<T> {
  const record: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(row)) if (value !== null) record[key] = value
  return record as Present<T>
}

/** Text of a JSON column; the store wrote it, so its type is known. */
export const fromJson = <T>(text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T))
export const toJson = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))
export const toBit = (value: boolean): number => (value ? 1 : 0)

/** Most items of a page, whatever the caller asks for. */
export const MAX_PAGE = 1000
/** Larger than any `seq`: the page before it is the first. */
const FIRST = Number.MAX_SAFE_INTEGER

/** Where a page begins: `parts` are the keys of the last row of the page before, of the list called `list`. */
export function readCursor(list: string, cursor: string | undefined, parts: number): readonly number[] {
  if (cursor === undefined) return new Array<number>(parts).fill(FIRST)
  const [name, ...keys] = Buffer.from(cursor.slice(0, 100), 'base64url').toString('latin1').split('.')
  if (name !== list || keys.length !== parts || !keys.every((key) => /^[1-9]\d{0,14}$/.test(key)))
    throw invalid('cursor', cursor, 'the `next` of a page of this list')
  return keys.map(Number)
}

/** A page of `rows`, of which there is one more than `limit` when the list goes on. */
export function toPage<Row, T>(
  list: string,
  rows: readonly Row[],
  limit: number,
  keys: (row: Row) => readonly number[],
  toValue: (row: Row) => T,
): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  if (rows.length <= limit || last === undefined) return { items: items.map(toValue) }
  const next = Buffer.from([list, ...keys(last)].join('.'), 'latin1').toString('base64url')
  return { items: items.map(toValue), next }
}

export function pageLimit({ limit }: PageQuery): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw invalid('limit', limit, 'a whole number above 0')
  return Math.min(limit, MAX_PAGE)
}
