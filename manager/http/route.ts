import { type ErrorCode, isSamaraError, SamaraError } from '../../shared/errors.ts'
import type { UserId } from '../../shared/ids.ts'
import { type AnyDescribed, type Described, object } from './described.ts'
import type { User } from './services.ts'

/** Who may call: anybody who reaches the port, a known user, an operator. */
export type Access = 'anyone' | 'user' | 'operator'
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export const WASM = 'application/wasm'
export const JSON_TYPE = 'application/json'

export type JsonBody<T> = { readonly kind: 'json'; readonly of: Described<T>; readonly optional?: true }
/** The bytes of a module. */
export type WasmBody = { readonly kind: 'wasm' }
export type AnyBody = { readonly kind: 'json'; readonly of: AnyDescribed; readonly optional?: true } | WasmBody

export const jsonBody = <T>(of: Described<T>): JsonBody<T> => ({ kind: 'json', of })
export const wasmBody: WasmBody = { kind: 'wasm' }

/** What a status means, and what comes with it: a described object, or a media type of bytes. */
export type Answer = {
  readonly doc: string
  readonly body?: AnyDescribed | string
  /** Media type of bytes that say the same, for those who accept it. */
  readonly other?: string
}

export type Call<P, Q, B> = {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly user: User
  /** Whose things are seen: undefined for an operator, who sees all. */
  readonly viewer: UserId | undefined
  readonly request: Request
  /** Ends with the server. */
  readonly signal: AbortSignal
}

/** One route, described once: it is mounted, checked and documented by this. */
export type Route = {
  readonly method: Method
  readonly path: string
  readonly doc: string
  readonly access: Access
  readonly params: AnyDescribed
  readonly query: AnyDescribed
  readonly headers: Readonly<Record<string, string>>
  readonly body: AnyBody | undefined
  readonly answers: Readonly<Record<number, Answer>>
  readonly errors: readonly ErrorCode[]
  readonly handle: (call: Call<unknown, unknown, unknown>) => Promise<Response> | Response
}

type BodyValue<B> = B extends JsonBody<infer T> ? T : B extends WasmBody ? Uint8Array : undefined

type Spec<P, Q, B> = {
  readonly doc: string
  readonly access: Access
  readonly params?: Described<P>
  readonly query?: Described<Q>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: B
  readonly answers: Readonly<Record<number, Answer>>
  /** Beyond what every route of its kind may answer. */
  readonly errors?: readonly ErrorCode[]
  readonly handle: (call: Call<P, Q, BodyValue<B>>) => Promise<Response> | Response
}

const nothing = object('query', 'No parameters.', {})
type Nothing = Record<never, never>

/** `where` is method and path: `GET /v1/functions/{function}`. */
export function route<P = Nothing, Q = Nothing, B extends AnyBody | undefined = undefined>(
  where: `${Method} /${string}`,
  spec: Spec<P, Q, B>,
): Route {
  const [method, path] = where.split(' ') as [Method, string]
  return { params: nothing, query: nothing, headers: {}, body: undefined, errors: [], ...spec, method, path } as never
}

/** A body as its description says, with a status. */
export function reply<T>(
  of: Described<T>,
  value: T,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(of.write(value)), {
    status,
    headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store', ...headers },
  })
}

export const noContent = (): Response => new Response(null, { status: 204 })

/** Bytes of which the entity tag is the digest. */
export function tagged(
  request: Request,
  digest: string,
  answer: () => Response | Promise<Response>,
): Response | Promise<Response> {
  const etag = `"${digest}"`
  const known = (request.headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(etag) || known.includes('*')) return new Response(null, { status: 304, headers: { etag } })
  return answer()
}

/** `find`, or undefined where what it looks for does not exist. */
export async function unlessMissing<T>(find: Promise<T>): Promise<T | undefined> {
  try {
    return await find
  } catch (error) {
    if (isSamaraError(error) && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

export const forbidden = (what: string): SamaraError =>
  new SamaraError('PERMISSION_DENIED', what, { expected: 'an operator' })
