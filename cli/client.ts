import type { IncomingMessage } from 'node:http'
import * as v from 'valibot'
import type { Clock } from '../shared/clock.ts'
import { invalid, isRetriable, isSamaraError, SamaraError } from '../shared/errors.ts'
import { delay } from './io.ts'
import { problemError } from './problem.ts'
import { createSseParser, type SseEvent } from './sse.ts'
import { type Endpoint, readAll, send, unreachable } from './transport.ts'
import { exactJson } from './values.ts'

export type Query = Readonly<Record<string, string | number | boolean | undefined>>
type Shape = v.GenericSchema<unknown, unknown>

export type Options = {
  readonly query?: Query
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}
export type Upload = Options & { readonly sent?: (bytes: number) => void }

export type Watch = {
  readonly query?: Query
  readonly signal: AbortSignal
  /** Hears of every connection that is made: what happened before it may have been missed. */
  readonly opened?: () => void
  /** Hears why a connection was lost. */
  readonly lost?: (error: SamaraError) => void
}

export type Client = ReturnType<typeof createClient>

const FIRST_RECONNECT_MS = 250
const LONGEST_RECONNECT_MS = 5_000

/** A path of the API: every name is one segment and nothing else. */
export function path(strings: TemplateStringsArray, ...names: readonly (string | number)[]): string {
  return strings.reduce((whole, text, at) => whole + (at === 0 ? '' : segment(names[at - 1])) + text, '')
}

function segment(name: string | number | undefined): string {
  const text = String(name ?? '')
  if (/^\.{0,2}$/.test(text)) throw invalid('name', text, 'a name')
  return encodeURIComponent(text)
}

function withQuery(where: string, query: Query = {}): string {
  const given = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== undefined) given.set(key, String(value))
  return given.size === 0 ? where : `${where}?${given}`
}

/** The manager's HTTP API. Failures are SamaraErrors with the manager's own words. */
export function createClient(endpoint: Endpoint, clock: Clock) {
  async function answered(method: string, where: string, options: Upload, body?: Uint8Array): Promise<Buffer> {
    const { query, ...rest } = options
    const answer = await send(endpoint, { method, path: withQuery(where, query), ...rest, ...(body && { body }) })
    const bytes = await readAll(answer)
    if ((answer.statusCode ?? 500) < 400) return bytes
    throw problemError(answer.statusCode ?? 500, bytes.toString('utf8'))
  }

  async function json<S extends Shape>(
    shape: S,
    method: string,
    where: string,
    options: Upload,
    body?: Uint8Array,
  ): Promise<v.InferOutput<S>> {
    return shaped(shape, `${method} ${where}`, await answered(method, where, options, body))
  }

  const withBody =
    (method: string) =>
    <S extends Shape>(shape: S, where: string, body: unknown, options: Options = {}): Promise<v.InferOutput<S>> => {
      const headers = { 'content-type': 'application/json', ...options.headers }
      return json(shape, method, where, { ...options, headers }, Buffer.from(JSON.stringify(body)))
    }

  /** One connection of a stream, from its head to its end. */
  async function* connection(where: string, last: string | undefined, { query, signal, opened }: Watch) {
    const headers = { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': last }) }
    const answer = await send(endpoint, { method: 'GET', path: withQuery(where, query), headers, signal })
    if ((answer.statusCode ?? 500) >= 400)
      throw problemError(answer.statusCode ?? 500, (await readAll(answer)).toString('utf8'))
    opened?.()
    yield* eventsOf(answer, endpoint.url)
  }

  return {
    url: endpoint.url,
    get: <S extends Shape>(shape: S, where: string, options: Options = {}) => json(shape, 'GET', where, options),
    post: withBody('POST'),
    put: withBody('PUT'),
    patch: withBody('PATCH'),
    remove: async (where: string): Promise<void> => void (await answered('DELETE', where, {})),
    bytes: (where: string, options: Options = {}): Promise<Buffer> => answered('GET', where, options),

    upload: <S extends Shape>(shape: S, where: string, bytes: Uint8Array, options: Upload = {}) =>
      json(
        shape,
        'POST',
        where,
        { ...options, headers: { 'content-type': 'application/wasm', ...options.headers } },
        bytes,
      ),

    /** Events until `signal` is aborted; a lost connection is made again. */
    async *events(where: string, watch: Watch): AsyncGenerator<SseEvent> {
      const { signal, lost } = watch
      let last: string | undefined
      let met = false
      let pauseMs = FIRST_RECONNECT_MS
      while (!signal.aborted) {
        try {
          for await (const event of connection(where, last, watch)) {
            met = true
            pauseMs = FIRST_RECONNECT_MS
            last = event.id ?? last
            yield event
          }
          lost?.(new SamaraError('UNAVAILABLE', `manager ${endpoint.url}: ended the stream`))
        } catch (error) {
          if (signal.aborted) return
          if (!met || !isRetriable(error)) throw error
          if (isSamaraError(error)) lost?.(error)
        }
        await delay(clock, pauseMs, signal)
        pauseMs = Math.min(pauseMs * 2, LONGEST_RECONNECT_MS)
      }
    },
  }
}

async function* eventsOf(answer: IncomingMessage, url: string): AsyncGenerator<SseEvent> {
  const parser = createSseParser()
  answer.setEncoding('utf8')
  try {
    for await (const piece of answer as AsyncIterable<string>) yield* parser.push(piece)
  } catch (error) {
    throw unreachable(url, error)
  }
}

/** The body as what `shape` says; a server that is no manager of ours is told at the first field. */
function shaped<S extends Shape>(shape: S, what: string, bytes: Buffer): v.InferOutput<S> {
  const result = v.safeParse(shape, parseJson(what, bytes), { abortEarly: true })
  if (result.success) return result.output
  const issue = result.issues[0]
  const field = v.getDotPath(issue) ?? 'the answer'
  throw new SamaraError('INTERNAL', `${what}: ${field} is ${issue.received}: this is no manager of the same release`, {
    field,
    ...(issue.expected && { expected: issue.expected }),
  })
}

function parseJson(what: string, bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  try {
    return exactJson(bytes.toString('utf8'))
  } catch (error) {
    throw new SamaraError('INTERNAL', `${what}: the answer is not JSON: is this a manager?`, { cause: error })
  }
}
