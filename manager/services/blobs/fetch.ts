import type { Clock } from '../../../shared/clock.ts'
import { SamaraError } from '../../../shared/errors.ts'
import { type Digest, digestOf } from '../../../shared/ids.ts'
import { type BlobChunk, type BlobGet, MAX_CHUNK_BYTES } from '../../../shared/messages/index.ts'
import type { BlobStore } from '../../store/store.ts'

/** Asked of a sender at a time. */
const WINDOW_CHUNKS = 16
const SILENT_MS = 5_000
const TRIES = 3

type Transfer = {
  readonly bytes: Buffer
  have: number
  windowEnd: number
  tries: number
  stop: () => void
  readonly done: Promise<void>
  chunk(chunk: BlobChunk): void
}

type Deps = { readonly blobs: BlobStore; readonly clock: Clock }

/** Brings blobs of proplets and users into the blob store; one transfer per sender and blob. [P-4.4] */
export function createBlobFetch({ blobs, clock }: Deps) {
  const transfers = new Map<string, Transfer>()

  function begin(
    key: string,
    digest: Digest,
    sizeBytes: number,
    chunkBytes: number,
    ask: (get: BlobGet) => void,
  ): Transfer {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const transfer: Transfer = {
      bytes: Buffer.alloc(sizeBytes),
      have: 0,
      windowEnd: 0,
      tries: 0,
      stop: () => {},
      done: promise,
      chunk,
    }

    function request(): void {
      transfer.windowEnd = Math.min(sizeBytes, transfer.have + WINDOW_CHUNKS * chunkBytes)
      ask({ digest, offset: transfer.have, length: transfer.windowEnd - transfer.have, chunk: chunkBytes })
      waitForMore()
    }
    function waitForMore(): void {
      transfer.stop()
      transfer.stop = clock.after(SILENT_MS, () => {
        if (++transfer.tries >= TRIES)
          end(new SamaraError('UNAVAILABLE', `blob ${digest}: no data for ${TRIES * SILENT_MS} ms`))
        else request()
      })
    }
    function chunk({ offset, data, sizeBytes: size, error }: BlobChunk): void {
      if (error) return end(new SamaraError(error.code, error.message))
      if (size !== sizeBytes)
        return end(new SamaraError('DATA_LOSS', `blob ${digest}: has ${size} bytes, ${sizeBytes} were announced`))
      // What came out of order or twice is asked for again with the next window.
      if (!data || offset !== transfer.have || data.length > sizeBytes - offset) return
      transfer.bytes.set(data, offset)
      transfer.have += data.length
      transfer.tries = 0
      if (transfer.have === sizeBytes) return end(undefined)
      if (transfer.have >= transfer.windowEnd) request()
      else waitForMore()
    }
    function end(error: SamaraError | undefined): void {
      transfer.stop()
      transfers.delete(key)
      if (error) return reject(error)
      if (digestOf(transfer.bytes) !== digest)
        return reject(new SamaraError('DATA_LOSS', `blob ${digest}: the bytes have another digest`))
      blobs.put(transfer.bytes).then(() => resolve(), reject)
    }
    transfers.set(key, transfer)
    request()
    return transfer
  }

  return {
    /** Resolves when the blob is in the store. `ask` publishes a request to the sender. */
    async fetch(
      sender: string,
      digest: Digest,
      sizeBytes: number,
      options: { maxBytes: number; chunkBytes?: number; ask: (get: BlobGet) => void },
    ): Promise<void> {
      if (await blobs.has(digest)) return
      if (sizeBytes > options.maxBytes)
        throw new SamaraError('TOO_LARGE', `blob ${digest}: ${sizeBytes} bytes, at most ${options.maxBytes} expected`)
      const key = `${sender}/${digest}`
      const running =
        transfers.get(key) ?? begin(key, digest, sizeBytes, options.chunkBytes ?? MAX_CHUNK_BYTES / 4, options.ask)
      await running.done
    },

    /** Takes a chunk that `sender` published; one that nobody waits for is dropped. */
    chunk(sender: string, chunk: BlobChunk): void {
      transfers.get(`${sender}/${chunk.digest}`)?.chunk(chunk)
    },

    close(): void {
      for (const transfer of transfers.values()) transfer.stop()
      transfers.clear()
    },
  }
}

export type BlobFetch = ReturnType<typeof createBlobFetch>
