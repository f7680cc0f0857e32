import { Grant, MAX_GRANTS } from '../../../shared/capabilities.ts'
import { errorCodes, invalid } from '../../../shared/errors.ts'
import { deploymentLabel, functionLabel, jobLabel, propletName, taskLabel, userName } from '../../../shared/fields.ts'
import { type FieldType, list, numbered, text, uint } from '../../../shared/schema.ts'
import type { Page, PageQuery } from '../../store/store.ts'
import { type Described, fromText, may, need, object } from '../described.ts'

/** Parts that several bodies and queries share. */

export const MAX_PAGE = 500
const DEFAULT_PAGE = 100

export const time = uint(53)
export const grantList = list(Grant, { max: MAX_GRANTS })
/** Of who may what, for people. */
export const grantText = text({ max: 8_192 })

/** Of every list that comes in pages. */
export const pageFields = {
  limit: may(fromText(uint(16)), `Most items of a page, 1 to ${MAX_PAGE}; ${DEFAULT_PAGE} where it is left out.`),
  cursor: may(text({ min: 1, max: 256 }), 'The `next` of the page before.'),
}
export const PageParameters = object('query', 'Which page.', pageFields)

export function pageQuery({ limit, cursor }: { limit?: number | undefined; cursor?: string | undefined }): PageQuery {
  if (limit !== undefined && (limit < 1 || limit > MAX_PAGE))
    throw invalid('limit', limit, `an integer from 1 to ${MAX_PAGE}`)
  return { limit: limit ?? DEFAULT_PAGE, ...(cursor !== undefined && { cursor }) }
}

export const pageOf = <T>(item: Described<T>) =>
  object(`${item.name}-page`, `A page of ${item.name}s.`, {
    items: need(list(item.type, { max: MAX_PAGE }), 'The items.'),
    next: may(text({ max: 256 }), 'Continues the list; absent on its last page.'),
  })

/** A page of a list that is in memory, in the order of its ids; the cursor is the last id. */
export function pageInMemory<T extends { readonly id: string }>(
  all: Iterable<T>,
  { limit, cursor }: PageQuery,
): Page<T> {
  const after = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString('latin1')
  if (cursor !== undefined && !/^=[a-z0-9._-]{1,48}$/.test(after))
    throw invalid('cursor', cursor, 'the `next` of a page of this list')
  const rest = [...all].filter((one) => one.id > after.slice(1)).sort((a, b) => (a.id < b.id ? -1 : 1))
  const items = rest.slice(0, limit)
  const last = items.at(-1)
  if (rest.length <= limit || !last) return { items }
  return { items, next: Buffer.from(`=${last.id}`, 'latin1').toString('base64url') }
}

const one = <const K extends string, T>(name: K, type: FieldType<T>) =>
  object('path', 'Names in the path.', { [name]: need(type, `The ${name}.`) } as {
    readonly [P in K]: ReturnType<typeof need<T>>
  })

export const FunctionPath = one('function', functionLabel)
export const JobPath = one('job', jobLabel)
export const TaskPath = one('task', taskLabel)
export const PropletPath = one('proplet', propletName)
export const UserPath = one('user', userName)
export const DeploymentPath = one('deployment', deploymentLabel)

export const Problem = object('problem', 'What went wrong (RFC 9457).', {
  type: need(text({ max: 64 }), 'urn:samara:error: and the code.'),
  title: need(text({ max: 256 }), 'What the code means.'),
  status: need(uint(16), 'HTTP status.'),
  code: need(numbered(errorCodes), 'What kind of error; match this one.'),
  detail: need(text({ max: 4_096 }), 'For people: which thing, which value, what was expected.'),
  field: may(text({ max: 512 }), 'Path of the wrong field.'),
  expected: may(text({ max: 4_096 }), 'What would have been right.'),
  reasons: may(list(text({ max: 1_024 }), { max: 256 }), 'Why each proplet was not chosen.'),
})
