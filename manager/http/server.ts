import { createServer as createHttp, type Server, STATUS_CODES } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createAdaptorServer } from '@hono/node-server'
import type { Logger } from 'pino'
import { type ErrorCode, SamaraError } from '../../shared/errors.ts'
import { createApp } from './app.ts'
import { isLoopbackHost } from './auth.ts'
import { trackConnections } from './connections.ts'
import { createEventStream } from './event-stream.ts'
import { HttpError, PROBLEM, problemOf } from './problems.ts'
import { allRoutes } from './routes/index.ts'
import type { Services } from './services.ts'

export type HttpOptions = {
  readonly services: Services
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer; readonly ca?: Buffer } | undefined
  readonly log: Logger
}

export type HttpServer = {
  readonly port: number
  readonly url: string
  close(): Promise<void>
}

const MAX_HEADER_BYTES = 16 * 1024
const HEADERS_MS = 10_000
/** The largest module over 2 Mbit/s. */
const REQUEST_MS = 300_000
const KEEP_ALIVE_MS = 65_000
const MAX_CONNECTIONS = 2_000
/** What still is being answered at the end. */
const DRAIN_MS = 5_000

/** The HTTP API on a port. */
export async function openHttp(options: HttpOptions): Promise<HttpServer> {
  const { services, host, log } = options
  const closing = new AbortController()
  const events = createEventStream(services)
  const routes = allRoutes(services, events)
  const app = createApp({ services, routes, loopback: isLoopbackHost(host), log, signal: closing.signal })
  const server = listener(options, app.fetch)
  server.on('clientError', refuse)
  const connections = trackConnections(server, options.tls !== undefined)
  const port = await listen(server, options)
  const shown = host.includes(':') ? `[${host}]` : host

  return {
    port,
    url: `${options.tls ? 'https' : 'http'}://${shown}:${port}`,
    async close() {
      closing.abort()
      events.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      connections.closeIdle()
      const late = services.clock.after(DRAIN_MS, () => server.closeAllConnections())
      await closed
      late()
    },
  }
}

function listener({ tls }: HttpOptions, fetch: (request: Request) => Response | Promise<Response>): Server {
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
  }
  const how = tls
    ? { createServer: createHttps, serverOptions: { ...limits, ...tls, ...(tls.ca && { requestCert: true }) } }
    : { createServer: createHttp, serverOptions: limits }
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false, ...how }) as Server
  server.maxConnections = MAX_CONNECTIONS
  return server
}

const REFUSALS: Readonly<Record<string, readonly [status: number, code: ErrorCode, what: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'TOO_LARGE', `head of the request: is larger than ${MAX_HEADER_BYTES} bytes`],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'DEADLINE_EXCEEDED', 'request: did not come in time'],
}

/** What is no HTTP never becomes a request; it is answered in the same form all the same. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable || (socket as Socket).bytesWritten > 0) {
    socket.destroy()
    return
  }
  const [status, code, what] = REFUSALS[error.code ?? ''] ?? [400, 'INVALID_ARGUMENT', 'request: is not HTTP/1.1']
  const body = JSON.stringify(problemOf(new HttpError(status, code, what)))
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${PROBLEM}\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}`
  socket.end(`${head}\r\n\r\n${body}`)
}

function listen(server: Server, { host, port }: HttpOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new SamaraError('UNAVAILABLE', `http: cannot listen on ${host}:${port}: ${error.code}`, { cause: error })),
    )
    server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port))
  })
}
