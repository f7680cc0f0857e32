import type * as v from 'valibot'
import type { Client, Query } from './client.ts'

type Page<T> = { readonly items: readonly T[]; readonly next?: string | undefined }

const PAGE = 200

/** Pages of a list, one after the other, until there are `limit` rows. */
export async function list<T>(
  client: Client,
  shape: v.GenericSchema<unknown, Page<T>>,
  where: string,
  options: { readonly query?: Query; readonly limit?: number; readonly signal?: AbortSignal } = {},
): Promise<T[]> {
  const { query, signal, limit = Number.POSITIVE_INFINITY } = options
  const rows: T[] = []
  let cursor: string | undefined
  do {
    const page = await client.get(shape, where, {
      query: { ...query, limit: Math.min(PAGE, limit - rows.length), cursor },
      signal,
    })
    rows.push(...page.items)
    cursor = page.next
  } while (cursor !== undefined && rows.length < limit)
  return rows.slice(0, limit)
}
