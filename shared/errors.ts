/** One row per error: its number on the wire, what HTTP, C and a caller make of it. [P-6] */
export const errors = {
  INVALID_ARGUMENT: { wire: 1, http: 400, errno: 'EINVAL', retriable: false, doc: 'A value is not what was expected.' },
  NOT_FOUND: { wire: 2, http: 404, errno: 'ENOENT', retriable: false, doc: 'The named thing does not exist.' },
  ALREADY_EXISTS: {
    wire: 3,
    http: 409,
    errno: 'EEXIST',
    retriable: false,
    doc: 'The name or key is taken by something else.',
  },
  FAILED_PRECONDITION: {
    wire: 4,
    http: 409,
    errno: 'EPERM',
    retriable: false,
    doc: 'The state of the thing does not allow it.',
  },
  PERMISSION_DENIED: { wire: 5, http: 403, errno: 'EACCES', retriable: false, doc: 'The sender may not do this.' },
  UNAUTHENTICATED: {
    wire: 6,
    http: 401,
    errno: 'EACCES',
    retriable: false,
    doc: 'The sender is unknown or its token is wrong.',
  },
  RESOURCE_EXHAUSTED: { wire: 7, http: 429, errno: 'ENOSPC', retriable: true, doc: 'A limit or a queue is full.' },
  TOO_LARGE: { wire: 8, http: 413, errno: 'EMSGSIZE', retriable: false, doc: 'Larger than the receiver accepts.' },
  UNAVAILABLE: {
    wire: 9,
    http: 503,
    errno: 'EAGAIN',
    retriable: true,
    doc: 'Not reachable now; the same may work later.',
  },
  UNPLACEABLE: {
    wire: 10,
    http: 409,
    errno: 'ENODEV',
    retriable: false,
    doc: 'No proplet can run it; the reasons name each.',
  },
  UNSUPPORTED: {
    wire: 11,
    http: 422,
    errno: 'ENOTSUP',
    retriable: false,
    doc: 'Well formed, but nothing here can do it.',
  },
  DEADLINE_EXCEEDED: { wire: 12, http: 504, errno: 'ETIMEDOUT', retriable: false, doc: 'The time for it has passed.' },
  CANCELLED: { wire: 13, http: 409, errno: 'ECANCELED', retriable: false, doc: 'Somebody asked for it to be stopped.' },
  LEASE_LOST: {
    wire: 14,
    http: 409,
    errno: 'ESTALE',
    retriable: false,
    doc: 'The attempt is no longer the one that counts.',
  },
  STALE_EPOCH: {
    wire: 15,
    http: 409,
    errno: 'ESTALE',
    retriable: true,
    doc: 'Addressed to an earlier connection of the proplet.',
  },
  DATA_LOSS: { wire: 16, http: 500, errno: 'EBADMSG', retriable: false, doc: 'Bytes differ from their digest.' },
  GUEST_TRAPPED: { wire: 17, http: 200, errno: 'EFAULT', retriable: false, doc: 'The function trapped.' },
  GUEST_OUT_OF_MEMORY: {
    wire: 18,
    http: 200,
    errno: 'ENOMEM',
    retriable: false,
    doc: 'The function passed its memory limit.',
  },
  GUEST_OUTPUT_LIMIT: {
    wire: 19,
    http: 200,
    errno: 'EFBIG',
    retriable: false,
    doc: 'The function wrote more than its output limit.',
  },
  UNSUPPORTED_VERSION: {
    wire: 20,
    http: 400,
    errno: 'EPROTO',
    retriable: false,
    doc: 'No protocol version in common.',
  },
  IDENTITY_CONFLICT: { wire: 21, http: 409, errno: 'EBUSY', retriable: false, doc: 'Two devices use one proplet id.' },
  INTERNAL: { wire: 22, http: 500, errno: 'EIO', retriable: true, doc: 'A defect of Samara; the log has the details.' },
} as const

export type ErrorCode = keyof typeof errors

export const errorCodes = Object.keys(errors) as readonly ErrorCode[]

/** Context that a caller can act on without reading the text. */
export type ErrorContext = {
  /** Path of the wrong field, as `args[1].name`. */
  readonly field?: string
  /** What would have been right, in words. */
  readonly expected?: string
  /** Why each proplet was refused, or other details of the same kind. */
  readonly reasons?: readonly string[]
}

/** The one error that Samara throws on purpose: match `code`, read `message`. */
export class SamaraError extends Error {
  readonly code: ErrorCode
  readonly context: ErrorContext

  constructor(code: ErrorCode, message: string, context: ErrorContext & { cause?: unknown } = {}) {
    const { cause, ...rest } = context
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'SamaraError'
    this.code = code
    this.context = rest
  }
}

export const isSamaraError = (error: unknown): error is SamaraError => error instanceof SamaraError
export const isRetriable = (error: unknown): boolean => isSamaraError(error) && errors[error.code].retriable

/** Whatever was thrown, as an error with a code; a stranger becomes INTERNAL. */
export function toSamaraError(error: unknown): SamaraError {
  if (isSamaraError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new SamaraError('INTERNAL', message, { cause: error })
}

export const invalid = (field: string, value: unknown, expected: string): SamaraError =>
  new SamaraError('INVALID_ARGUMENT', `${field}: ${show(value)} is not ${expected}`, { field, expected })

export const notFound = (thing: string, id: string): SamaraError =>
  new SamaraError('NOT_FOUND', `${thing} ${show(id)} does not exist`)

/** A value for an error text: quoted, and cut so that a hostile one cannot flood a log. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (safeJson(value) ?? String(value))
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function safeJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}` : inner))
  } catch {
    return undefined
  }
}
