import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { SamaraError } from '../shared/errors.ts'

/** Where the manager is, and who asks. */
export type Endpoint = {
  readonly url: string
  readonly token?: string | undefined
  /** PEM of the authority that signed its certificate. */
  readonly ca?: Buffer | undefined
}

export type Request = {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly signal?: AbortSignal | undefined
  /** Hears how much of the body was written. */
  readonly sent?: (bytes: number) => void
}

const PIECE_BYTES = 64 * 1024
const MAX_ANSWER_BYTES = 256 * 1024 * 1024

/** Sends one request; resolves with its answer's head. Rejects with UNAVAILABLE where nobody answers. */
export function send(endpoint: Endpoint, request: Request): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const url = `${endpoint.url}${request.path}`
  const outgoing = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, {
    method: request.method,
    headers: headers(endpoint, request),
    ...(endpoint.ca && { ca: endpoint.ca }),
  })
  outgoing.on('response', (answer) => {
    // Whoever reads it hears of an error too; but nobody may be reading when it is stopped.
    answer.on('error', () => undefined)
    resolve(answer)
  })
  outgoing.on('error', (error) => reject(request.signal?.aborted ? stopped() : unreachable(endpoint.url, error)))
  // Without an error: Node throws one into the void where the answer has come but was not read yet.
  const stop = () => void outgoing.destroy()
  if (request.signal?.aborted) stop()
  request.signal?.addEventListener('abort', stop, { once: true })
  outgoing.on('close', () => request.signal?.removeEventListener('abort', stop))
  outgoing.on('socket', (socket) => socket.setNoDelay(true))
  write(outgoing, request)
  return promise
}

function headers(endpoint: Endpoint, request: Request): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': 'samara-cli',
    ...(endpoint.token !== undefined && { authorization: `Bearer ${endpoint.token}` }),
    ...(request.body && { 'content-length': `${request.body.length}` }),
    ...request.headers,
  }
}

/** Piece by piece, so that whoever waits sees it go. */
function write(outgoing: ReturnType<typeof httpRequest>, { body, sent }: Request): void {
  let at = 0
  const next = (): void => {
    if (!body || at >= body.length) {
      outgoing.end()
      return
    }
    const piece = body.subarray(at, at + PIECE_BYTES)
    outgoing.write(piece, (error) => {
      if (error) return
      at += piece.length
      sent?.(at)
      next()
    })
  }
  next()
}

/** The whole body of an answer. */
export async function readAll(answer: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  let total = 0
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      total += piece.length
      if (total > MAX_ANSWER_BYTES)
        throw new SamaraError('TOO_LARGE', `answer: more than ${MAX_ANSWER_BYTES} bytes, and more are not read`)
      pieces.push(piece)
    }
  } catch (error) {
    if (error instanceof SamaraError) throw error
    throw new SamaraError('UNAVAILABLE', `manager: the answer broke off: ${reason(error)}`, { cause: error })
  }
  return Buffer.concat(pieces)
}

const stopped = (): SamaraError => new SamaraError('CANCELLED', 'stopped')

export function unreachable(url: string, error: unknown): SamaraError {
  const isTrust = /CERT|SIGNATURE|ISSUER/.test(reason(error))
  const hint = isTrust
    ? 'name the authority that signed its certificate by --ca or SAMARA_CA'
    : 'start one with `samara up`, or name another by --manager or SAMARA_MANAGER'
  return new SamaraError('UNAVAILABLE', `manager ${url}: cannot be reached (${reason(error)}): ${hint}`, {
    cause: error,
  })
}

const reason = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? (message || 'unknown reason')
}
