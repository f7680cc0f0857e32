import { SamaraError, show } from '../../shared/errors.ts'
import type { UserId } from '../../shared/ids.ts'
import { LOCAL_USER, type Users } from '../services/users.ts'
import type { Access } from './route.ts'
import type { User } from './services.ts'

const LOOPBACK_HOST = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])(?::\d{1,5})?$/i

/** Whether an address to listen on is reached from this machine alone. */
export const isLoopbackHost = (host: string): boolean => /^(?:127(?:\.\d{1,3}){3}|localhost|::1)$/i.test(host)

const LOCAL: User = { kind: 'user', id: LOCAL_USER, role: 'operator' }

/** Says who sends a request, or why nobody may send it. */
export function createAuth(users: Users, loopback: boolean): (request: Request, access: Access) => User {
  return (request, access) => {
    if (loopback) refuseWebPages(request)
    if (access === 'anyone') return LOCAL
    const user = identify(request)
    if (access === 'operator' && user.role !== 'operator')
      throw new SamaraError('PERMISSION_DENIED', `user ${user.id}: this is for operators`, { expected: 'an operator' })
    return user
  }

  function identify(request: Request): User {
    const header = request.headers.get('authorization')
    if (header === null && loopback) return LOCAL
    const token = /^Bearer ([A-Za-z0-9._~+/-]{1,256}=*)$/i.exec(header ?? '')?.[1]
    const found = token === undefined ? undefined : users.bearer(token)
    if (found?.kind === 'user') return found
    throw new SamaraError('UNAUTHENTICATED', 'authorization: no token of a user', {
      field: 'authorization',
      expected: 'Bearer and the token of a user',
    })
  }
}

/**
 * Without a token, the caller must at least be no web page: a name that was made to point here (DNS rebinding) shows in
 * Host, a page of elsewhere (CSRF) in Origin.
 */
function refuseWebPages(request: Request): void {
  const host = request.headers.get('host') ?? ''
  if (!LOOPBACK_HOST.test(host)) throw refused('host', host, '127.0.0.1, localhost or [::1]')
  const origin = request.headers.get('origin')
  if (origin !== null && !(URL.canParse(origin) && new URL(origin).host === host.toLowerCase()))
    throw refused('origin', origin, `none, or http://${host}`)
}

const refused = (field: string, value: string, expected: string): SamaraError =>
  new SamaraError('PERMISSION_DENIED', `${field}: ${show(value)} is not of this machine`, { field, expected })

export const viewerOf = (user: User): UserId | undefined => (user.role === 'operator' ? undefined : (user.id as UserId))
