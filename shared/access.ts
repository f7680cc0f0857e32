import { DEFAULT_NAMESPACE, PROTOCOL, type Topic, topics } from './topics.ts'

/** Who is on a connection. */
export type Identity =
  | { readonly kind: 'proplet'; readonly id: string }
  | { readonly kind: 'user'; readonly id: string; readonly role: 'operator' | 'user' }

const all: readonly Topic[] = Object.values(topics) as readonly Topic[]

/** Whose subtree, the word after the name, and the number of levels: together they leave one topic or none. */
const indexKey = (levels: readonly string[]): string => `${levels[3]}/${levels[5]}/${levels.length}`
const index = new Map(all.map((topic) => [indexKey(topic.filter(DEFAULT_NAMESPACE).split('/')), topic]))

/** The topic of ours that this name is, with the names in it. */
export function findTopic(name: string): { topic: Topic; names: Record<string, string> } | undefined {
  const topic = index.get(indexKey(name.split('/')))
  const names = topic?.match(name)
  return topic && names && { topic, names }
}

/** Whether `identity` may publish here; it publishes its own only, and only in its own direction. [P-2.3] */
export function mayPublish(identity: Identity, name: string): boolean {
  const found = findTopic(name)
  if (!found) return false
  const own = ownNames(identity, found.topic)
  return own !== undefined && Object.entries(own).every(([level, id]) => found.names[level] === id)
}

/** The names that a topic has where `identity` is its sender; undefined where it never is. */
function ownNames(identity: Identity, { from }: Topic): Readonly<Record<string, string>> | undefined {
  if (from === identity.kind) return { [from]: identity.id }
  if (identity.kind !== 'user') return undefined
  // Who plays hardware is a user of that name; it needs no account of another kind.
  if (from === 'lab') return { lab: identity.id }
  return from === 'operator' && identity.role === 'operator' ? { user: identity.id } : undefined
}

/** The filter for a topic with these names and any others. */
const filterFor = (topic: Topic, names: Readonly<Record<string, string>>, namespace: string): string => {
  const levels = topic.template
    .split('/')
    .map((level) => (level.startsWith('{') ? (names[level.slice(1, -1)] ?? '+') : level))
  return ['samara', PROTOCOL, namespace, ...levels].join('/')
}

/** Filters that an identity may subscribe to: what the manager sends it, and what an operator may watch. [P-2.3] */
export function readable(identity: Identity, namespace = DEFAULT_NAMESPACE): readonly string[] {
  const own = identity.kind === 'proplet' ? 'p/{proplet}/' : 'u/{user}/'
  const filters = all
    .filter((topic) => topic.from === 'manager' && topic.template.startsWith(own))
    .map((topic) => topic.filter(namespace).replace('+', identity.id))
  if (identity.kind === 'proplet') return filters
  filters.push(`${topics.reply.of(namespace, { user: identity.id })}/#`)
  filters.push(filterFor(topics.labControl, { lab: identity.id }, namespace))
  if (identity.role === 'operator') filters.push(...watchedByOperators(identity.id, namespace))
  return filters
}

const watchedByOperators = (user: string, namespace: string): string[] => [
  `samara/${PROTOCOL}/${namespace}/p/#`,
  filterFor(topics.labAnswer, { user }, namespace),
  filterFor(topics.labState, {}, namespace),
]

/** Topics that an identity may publish to, as filters, for the access list of another broker. */
export function writable(identity: Identity, namespace = DEFAULT_NAMESPACE): readonly string[] {
  return all.flatMap((topic) => {
    const own = ownNames(identity, topic)
    return own ? [filterFor(topic, own, namespace)] : []
  })
}

/** Whether every topic that `filter` matches is matched by one of the readable filters. */
export function maySubscribe(identity: Identity, filter: string): boolean {
  const own = identity.kind === 'user' ? `samara/${PROTOCOL}/${DEFAULT_NAMESPACE}/u/${identity.id}/` : undefined
  // A user's whole subtree is fine too: what it publishes itself is no secret to it.
  if (own && filter.startsWith(own) && !filter.slice(own.length).includes('$')) return true
  return readable(identity).some((allowed) => covers(allowed.split('/'), filter.split('/')))
}

/** Whether filter `wide` matches everything that filter `narrow` matches. */
function covers(wide: readonly string[], narrow: readonly string[]): boolean {
  for (const [index, level] of wide.entries()) {
    if (level === '#') return true
    const other = narrow[index]
    if (other === undefined || other === '#') return false
    if (level !== '+' && level !== other) return false
  }
  return wide.length === narrow.length
}
