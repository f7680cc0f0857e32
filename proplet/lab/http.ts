import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import { errors, SamaraError, show, toSamaraError } from '../../shared/errors.ts'
import { LabControl, LabControlled } from '../../shared/lab/index.ts'
import { perform } from './control.ts'
import type { Lab } from './lab.ts'
import { createWatch } from './watch.ts'

/** Control of a lab for people and programs of this machine: JSON, and no web page may send it. */

export type LabHttpOptions = {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly clock: Clock
  readonly log: Logger
}
export type LabHttp = { readonly url: string; close(): Promise<void> }

const MAX_BODY_BYTES = 16 * 1024
const MAX_CONNECTIONS = 128
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost|\[?::1\]?)(?::\d{1,5})?$/i

/** Throws INVALID_ARGUMENT for an address that others reach: there are no tokens here. */
export async function openLabHttp(lab: Lab, options: LabHttpOptions): Promise<LabHttp> {
  const { host, port, clock, log } = options
  if (!LOOPBACK.test(host))
    throw new SamaraError('INVALID_ARGUMENT', `http-host: ${show(host)} is not an address of this machine alone`, {
      field: 'http-host',
      expected: '127.0.0.1, localhost or ::1; elsewhere a lab is controlled over MQTT',
    })
  const watch = createWatch(lab, clock)
  const app = createApp(lab, watch, log)
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false, createServer }) as Server
  server.maxConnections = MAX_CONNECTIONS
  await listen(server, host, port)
  const at = (server.address() as AddressInfo).port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${at}`,
    async close() {
      watch.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

type Watch = ReturnType<typeof createWatch>

function createApp(lab: Lab, watch: Watch, log: Logger): Hono {
  const app = new Hono()
  app.use(async (context, next) => {
    refuseWebPages(context.req.raw)
    await next()
  })
  const does = async (command: unknown) => {
    const done = await perform(lab, LabControl.fromJson(command))
    return Response.json(LabControlled.toJson(done))
  }
  app.get('/v1/lab', async () => Response.json(LabControlled.toJson(await perform(lab, { show: true })).view))
  app.get('/v1/parts/:part/properties/:property', (context) => does(context.req.param()))
  app.put('/v1/parts/:part/properties/:property', async (context) =>
    does({ ...context.req.param(), value: (await body(context)).value ?? null }),
  )
  app.post('/v1/boards/:start/start', (context) => does(context.req.param()))
  app.post('/v1/boards/:stop/stop', (context) => does(context.req.param()))
  app.post('/v1/faults', async (context) => does({ fault: await body(context) }))
  app.delete('/v1/faults', (context) => does({ clear: query(context, ['on']) }))
  app.delete('/v1/faults/:fault', (context) => does({ clear: { fault: number(context.req.param('fault')) } }))
  app.post('/v1/time/advance', async (context) => does({ advanceMs: (await body(context)).ms ?? null }))
  app.get('/v1/trace', (context) => {
    const { after, ...rest } = query(context, ['bus', 'after'])
    return does({ trace: { ...rest, ...(after !== undefined && { after: number(after) }) } })
  })
  app.get('/v1/events', (context) => {
    const part = context.req.query('part')
    return new Response(watch.open(part), {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    })
  })
  app.notFound((context) =>
    problem(new SamaraError('NOT_FOUND', `${context.req.method} ${context.req.path}: is no resource of a lab`)),
  )
  app.onError((thrown) => {
    const error = toSamaraError(thrown)
    if (error.code === 'INTERNAL') log.error({ err: thrown }, 'request failed')
    return problem(error)
  })
  return app
}

function problem(error: SamaraError): Response {
  const { http, doc } = errors[error.code]
  const status = http < 400 ? 500 : http
  const { field, expected } = error.context
  const content = {
    title: doc,
    status,
    code: error.code,
    detail: error.message,
    ...(field && { field }),
    ...(expected && { expected }),
  }
  return Response.json(content, { status, headers: { 'content-type': 'application/problem+json' } })
}

/** A name that points here by DNS rebinding shows in Host, a page of elsewhere in Origin. */
function refuseWebPages(request: Request): void {
  const host = request.headers.get('host') ?? ''
  const origin = request.headers.get('origin')
  if (!LOOPBACK.test(host)) throw new SamaraError('PERMISSION_DENIED', `host: ${show(host)} is not of this machine`)
  if (origin !== null && origin !== `http://${host}`)
    throw new SamaraError('PERMISSION_DENIED', `origin: ${show(origin)} is not http://${host}`)
}

/** The content type is one that no form of a web page sends. */
async function body(context: Context): Promise<Record<string, unknown>> {
  const { req } = context
  const type = req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw new SamaraError('INVALID_ARGUMENT', `content-type: ${show(type ?? '')} is not application/json`)
  const value = parsed(await readAll(req.raw))
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new SamaraError('INVALID_ARGUMENT', `body: ${show(value)} is not an object`)
}

async function readAll(request: Request): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    length += piece.length
    if (length > MAX_BODY_BYTES) throw new SamaraError('TOO_LARGE', `body: is larger than ${MAX_BODY_BYTES} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SamaraError('INVALID_ARGUMENT', `body: is not JSON: ${(error as Error).message}`)
  }
}

function query(context: Context, known: readonly string[]): Record<string, string> {
  const given = context.req.query()
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new SamaraError('INVALID_ARGUMENT', `query.${name}: is not one of ${known.join(', ')}`)
  return given
}

function number(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new SamaraError('INVALID_ARGUMENT', `${show(text)} is not a number`)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new SamaraError('UNAVAILABLE', `http: cannot listen on ${host}:${port}: ${error.code}`, { cause: error })),
    )
    server.listen({ host, port }, resolve)
  })
}
