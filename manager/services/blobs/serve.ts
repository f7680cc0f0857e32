import { isSamaraError, SamaraError } from '../../../shared/errors.ts'
import { errorBody } from '../../../shared/fields.ts'
import { type BlobChunk, type BlobGet, MAX_CHUNK_BYTES } from '../../../shared/messages/index.ts'
import type { BlobStore } from '../../store/store.ts'

/** Most bytes that one request may ask for; a receiver asks again for more. */
const MAX_WINDOW_BYTES = 4 * 1024 * 1024
/** Requests of one receiver that are served at a time; more are dropped, and asked again. */
const MAX_CONCURRENT = 8

/** Answers requests for windows of blobs with their chunks, in order. [P-4.4] */
export function createBlobServer(blobs: BlobStore) {
  const serving = new Map<string, number>()

  async function* window(get: BlobGet): AsyncGenerator<BlobChunk> {
    const size = await blobs.size(get.digest)
    if (size === undefined) throw new SamaraError('NOT_FOUND', `blob ${get.digest} is unknown`)
    if (get.offset > size || get.chunk < 1)
      throw new SamaraError(
        'INVALID_ARGUMENT',
        `blob ${get.digest}: offset ${get.offset}, chunk ${get.chunk} of ${size} bytes`,
      )
    const end = Math.min(size, get.offset + Math.min(get.length, MAX_WINDOW_BYTES))
    const step = Math.min(get.chunk, MAX_CHUNK_BYTES)
    for (let offset = get.offset; offset < end || offset === get.offset; offset += step) {
      const data = await blobs.read(get.digest, offset, Math.min(step, end - offset))
      yield { digest: get.digest, offset, sizeBytes: size, data }
    }
  }

  /** `send` is awaited, so that a slow receiver slows the reading. */
  return async function serve(
    receiver: string,
    get: BlobGet,
    allowed: boolean,
    send: (chunk: BlobChunk) => Promise<void>,
  ): Promise<void> {
    const busy = serving.get(receiver) ?? 0
    if (busy >= MAX_CONCURRENT) return
    serving.set(receiver, busy + 1)
    try {
      if (!allowed) throw new SamaraError('NOT_FOUND', `blob ${get.digest} is unknown`)
      for await (const chunk of window(get)) await send(chunk)
    } catch (error) {
      if (!isSamaraError(error)) throw error
      if (error.code === 'UNAVAILABLE') return
      await send({ digest: get.digest, offset: get.offset, sizeBytes: 0, error: errorBody(error) })
    } finally {
      const left = (serving.get(receiver) ?? 1) - 1
      if (left > 0) serving.set(receiver, left)
      else serving.delete(receiver)
    }
  }
}

export type BlobServer = ReturnType<typeof createBlobServer>
