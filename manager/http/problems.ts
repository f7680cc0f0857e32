import { type ErrorCode, errors, SamaraError, toSamaraError } from '../../shared/errors.ts'
import { cut } from '../../shared/fields.ts'

/** Errors as RFC 9457 has them. The code is the contract; the detail is for people. */

export const PROBLEM = 'application/problem+json'
const MAX_DETAIL_BYTES = 2_048
const MAX_REASONS = 256

/** An error whose status says more than its code: 404 of a path, 405, 415. */
export class HttpError extends SamaraError {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    context: { expected?: string; field?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    const { headers = {}, ...rest } = context
    super(code, message, rest)
    this.status = status
    this.headers = headers
  }
}

export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
  readonly detail: string
  readonly field?: string
  readonly expected?: string
  readonly reasons?: readonly string[]
}

export const statusOf = (error: SamaraError): number => {
  if (error instanceof HttpError) return error.status
  const { http } = errors[error.code]
  // A guest's fault is an outcome; as a failure of a request it is ours.
  return http < 400 ? 500 : http
}

export function problemOf(error: SamaraError): Problem {
  const { field, expected, reasons } = error.context
  // What was not expected may quote anything; the log has it.
  const detail = error.code === 'INTERNAL' ? 'a defect of the manager; its log has the details' : error.message
  return {
    type: `urn:samara:error:${error.code}`,
    title: errors[error.code].doc,
    status: statusOf(error),
    code: error.code,
    detail: cut(detail, MAX_DETAIL_BYTES),
    ...(field && { field: cut(field, 256) }),
    ...(expected && { expected: cut(expected, MAX_DETAIL_BYTES) }),
    ...(reasons && { reasons: reasons.slice(0, MAX_REASONS).map((reason) => cut(reason, 512)) }),
  }
}

export function problemResponse(thrown: unknown): Response {
  const error = toSamaraError(thrown)
  const problem = problemOf(error)
  const headers = new Headers({ 'content-type': PROBLEM, 'cache-control': 'no-store' })
  if (error instanceof HttpError) for (const [name, value] of Object.entries(error.headers)) headers.set(name, value)
  if (problem.status === 401) headers.set('www-authenticate', 'Bearer realm="samara"')
  if (problem.status === 429 || problem.status === 503) headers.set('retry-after', '1')
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}
