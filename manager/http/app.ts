import { Hono } from 'hono'
import type { Logger } from 'pino'
import { SamaraError, show, toSamaraError } from '../../shared/errors.ts'
import { createAuth, viewerOf } from './auth.ts'
import { HttpError, problemResponse, statusOf } from './problems.ts'
import { createBodyReader } from './read-body.ts'
import type { Route } from './route.ts'
import type { Services } from './services.ts'

export type AppOptions = {
  readonly services: Services
  readonly routes: readonly Route[]
  /** The listener is reached from this machine alone: no token is asked for. */
  readonly loopback: boolean
  readonly log: Logger
  /** Ends what waits. */
  readonly signal: AbortSignal
}

/** Mounts the routes: who may, what is asked, the answer, and every failure as a problem. */
export function createApp({ services, routes, loopback, log, signal }: AppOptions): Hono {
  const app = new Hono()
  const authorize = createAuth(services.users, loopback)
  const bodies = createBodyReader()

  for (const route of routes)
    app.on(route.method, honoPath(route.path), async (context) => {
      const request = context.req.raw
      const user = authorize(request, route.access)
      const params = route.params.parse(context.req.param())
      const query = route.query.parse(queryOf(context.req.url))
      const body = await bodies.read(request, route.body)
      return route.handle({ params, query, body, user, viewer: viewerOf(user), request, signal })
    })

  app.notFound((context) => {
    authorize(context.req.raw, 'anyone')
    throw unknownRoute(routes, context.req.method, context.req.path)
  })
  app.onError((thrown) => {
    const error = toSamaraError(thrown)
    if (statusOf(error) >= 500 && error.code !== 'UNAVAILABLE') log.error({ err: thrown }, 'request failed')
    return problemResponse(error)
  })
  return app
}

const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

function queryOf(url: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null)
  for (const [name, value] of new URL(url).searchParams) {
    if (Object.hasOwn(query, name))
      throw new SamaraError('INVALID_ARGUMENT', `query.${name}: is there twice`, { field: name, expected: 'once' })
    query[name] = value
  }
  return query
}

/** 405 where another method would do, else 404. */
function unknownRoute(routes: readonly Route[], method: string, path: string): HttpError {
  const levels = path.split('/')
  const methods = routes.filter((route) => matches(route.path.split('/'), levels)).map((route) => route.method)
  if (methods.length === 0)
    return new HttpError(404, 'NOT_FOUND', `path ${show(path)}: there is no such resource`, {
      expected: '/v1/openapi.json names all',
    })
  const allow = [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : [])])].join(', ')
  return new HttpError(405, 'UNSUPPORTED', `path ${show(path)}: ${method} is not supported`, {
    expected: allow,
    headers: { allow },
  })
}

const matches = (template: readonly string[], levels: readonly string[]): boolean =>
  template.length === levels.length &&
  template.every((level, index) => level.startsWith('{') || level === levels[index])
