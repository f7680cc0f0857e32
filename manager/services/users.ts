import type { Identity } from '../../shared/access.ts'
import type { Clock } from '../../shared/clock.ts'
import { notFound, SamaraError } from '../../shared/errors.ts'
import { NAME_PATTERN, type PropletId, type UserId } from '../../shared/ids.ts'
import type { Role, Store, UserRecord } from '../store/store.ts'
import { hashToken, newToken, type Proplets, tokenMatches } from './proplets.ts'

/** Who one is on a loopback connection without a name. */
export const LOCAL_USER = 'local' as UserId

const MAX_BEARERS = 1_000

type Deps = { readonly store: Store; readonly clock: Clock; readonly proplets: Proplets }
export type Users = ReturnType<typeof createUsers>

/** Users and proplets share one space of names, since MQTT has one user name. */
export function createUsers({ store, clock, proplets }: Deps) {
  const users = new Map<UserId, UserRecord>()
  // A token does not say whose it is: once found, it is looked up here and checked against that user alone.
  const bearers = new Map<string, UserId>()

  function known(id: string, token: string): Identity | undefined {
    const user = users.get(id as UserId)
    if (user && tokenMatches(token, user.tokenHash)) return { kind: 'user', id, role: user.role }
    return undefined
  }

  /** On loopback a name is believed without a token, unless the name has one. */
  function local(id: string): Identity | undefined {
    const taken = users.has(id as UserId) || proplets.get(id as PropletId)
    return taken || !NAME_PATTERN.test(id) ? undefined : { kind: 'user', id, role: 'operator' }
  }

  return {
    async load(): Promise<void> {
      for (const user of await store.users()) users.set(user.id, user)
    },

    /** Who connects over MQTT with these. */
    authenticate(name: string | undefined, token: string | undefined, loopback: boolean): Identity | undefined {
      if (name === undefined) return loopback ? local(LOCAL_USER) : undefined
      if (token === undefined) return loopback ? local(name) : undefined
      if (proplets.authenticate(name, token)) return { kind: 'proplet', id: name }
      return known(name, token)
    },

    /** Who sends this bearer token over HTTP. */
    bearer(token: string): Identity | undefined {
      const held = bearers.get(token)
      if (held) return known(held, token)
      for (const user of users.values()) {
        const found = known(user.id, token)
        if (!found) continue
        if (bearers.size >= MAX_BEARERS) bearers.clear()
        bearers.set(token, user.id)
        return found
      }
      return undefined
    },

    async add(id: UserId, role: Role): Promise<{ record: UserRecord; token: string }> {
      if (proplets.get(id as unknown as PropletId))
        throw new SamaraError('ALREADY_EXISTS', `user ${id}: a proplet has this name`, { field: 'id' })
      const token = newToken()
      const record = { id, role, tokenHash: hashToken(token), createdMs: clock.now() }
      await store.putUser(record)
      users.set(id, record)
      return { record, token }
    },

    async remove(id: UserId): Promise<void> {
      if (!(await store.removeUser(id))) throw notFound('user', id)
      users.delete(id)
    },

    list: (): readonly UserRecord[] => [...users.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    has: (id: string): boolean => users.has(id as UserId),
  }
}
