import { SamaraError } from '../../shared/errors.ts'
import { MAX_MODULE_BYTES } from '../../shared/fields.ts'
import { HttpError } from './problems.ts'
import { type AnyBody, JSON_TYPE, WASM } from './route.ts'

export const MAX_JSON_BYTES = 1024 * 1024
/** Bytes of modules that may be on their way at once: four of the largest. */
export const MAX_UPLOADING_BYTES = 4 * MAX_MODULE_BYTES

/** Reads bodies within bounds: of each, and of all modules that come at the same time. */
export type BodyReader = { read(request: Request, body: AnyBody | undefined): Promise<unknown> }

export function createBodyReader(): BodyReader {
  let uploading = 0

  async function module(request: Request): Promise<Uint8Array> {
    const announced = announcedBytes(request) ?? MAX_MODULE_BYTES
    if (uploading + announced > MAX_UPLOADING_BYTES)
      throw new SamaraError('RESOURCE_EXHAUSTED', 'module: too many others are being uploaded, try again')
    uploading += announced
    try {
      return await readAll(request, MAX_MODULE_BYTES, 'module')
    } finally {
      uploading -= announced
    }
  }

  return {
    async read(request, body) {
      if (body === undefined) return undefined
      if (body.kind === 'wasm') {
        requireType(request, WASM)
        bounded(request, MAX_MODULE_BYTES, 'module')
        return module(request)
      }
      if (body.optional && isEmpty(request)) return body.of.parse({})
      requireType(request, JSON_TYPE)
      bounded(request, MAX_JSON_BYTES, body.of.name)
      return body.of.parse(parseJson(body.of.name, await readAll(request, MAX_JSON_BYTES, body.of.name)))
    },
  }
}

/** A form of a web page can send neither, so no page reaches this by accident. */
function requireType(request: Request, wanted: string): void {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type === wanted) return
  throw new HttpError(415, 'INVALID_ARGUMENT', `content-type: ${JSON.stringify(type ?? '')} is not ${wanted}`, {
    field: 'content-type',
    expected: wanted,
  })
}

function announcedBytes(request: Request): number | undefined {
  const length = request.headers.get('content-length')
  return length === null || !/^\d{1,15}$/.test(length) ? undefined : Number(length)
}

const tooLarge = (what: string, maxBytes: number): SamaraError =>
  new SamaraError('TOO_LARGE', `${what}: is larger than ${maxBytes} bytes`, { expected: `at most ${maxBytes} bytes` })

/** The adapter gives every POST a body, be it an empty one. */
const isEmpty = (request: Request): boolean =>
  (announcedBytes(request) ?? 0) === 0 && request.headers.get('transfer-encoding') === null

function bounded(request: Request, maxBytes: number, what: string): void {
  if ((announcedBytes(request) ?? 0) > maxBytes) throw tooLarge(what, maxBytes)
}

async function readAll(request: Request, maxBytes: number, what: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  if (request.body === null) return new Uint8Array()
  for await (const piece of request.body as unknown as AsyncIterable<Uint8Array>) {
    length += piece.length
    if (length > maxBytes) throw tooLarge(what, maxBytes)
    pieces.push(piece)
  }
  return Buffer.concat(pieces, length)
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function parseJson(what: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : 'not UTF-8'
    throw new SamaraError('INVALID_ARGUMENT', `${what}: is not JSON: ${why}`, { expected: 'JSON in UTF-8' })
  }
}
