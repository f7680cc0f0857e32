import type { Logger } from 'pino'
import { isSamaraError, SamaraError, toSamaraError } from '../../shared/errors.ts'
import { errorBody } from '../../shared/fields.ts'
import type { Digest } from '../../shared/ids.ts'
import { type BlobGet, MAX_CHUNK_BYTES } from '../../shared/messages/index.ts'
import type { Outbound } from '../outbound.ts'
import type { BlobStore } from './store.ts'

export type PushOptions = { readonly outbound: Outbound; readonly store: BlobStore; readonly log: Logger }

/** Chunks that the broker has not confirmed yet. */
const UNCONFIRMED = 8

type Offer = { readonly sizeBytes: number; count: number; memory: Uint8Array | undefined }

/** Blobs that the manager may fetch: bodies of results it has not acknowledged. [P-4.4] */
export class Pushes {
  readonly #options: PushOptions
  readonly #offers = new Map<Digest, Offer>()
  /** The question that is being answered; a newer one for the same blob replaces it. */
  readonly #answering = new Map<Digest, BlobGet>()

  constructor(options: PushOptions) {
    this.#options = options
  }

  /** Offers bytes from memory until they are on disk, from there until they are withdrawn. */
  offer(digest: Digest, bytes: Uint8Array): void {
    const { store, log } = this.#options
    const offer = this.#count(digest, bytes.length)
    if (offer.count > 1 || store.has(digest)) return
    offer.memory = bytes
    store.put(digest, bytes).then(
      () => {
        offer.memory = undefined
      },
      (error) => log.error({ err: error, digest }, 'body of a result cannot be written to disk'),
    )
  }

  /** Offers what an earlier run of the agent left on disk. */
  offerStored(digest: Digest): boolean {
    const sizeBytes = this.#options.store.sizeOf(digest)
    if (sizeBytes !== undefined) this.#count(digest, sizeBytes)
    return sizeBytes !== undefined
  }

  withdraw(digest: Digest): void {
    const offer = this.#offers.get(digest)
    if (!offer) return
    this.#options.store.unpin(digest)
    if (--offer.count === 0) this.#offers.delete(digest)
  }

  async onGet(get: BlobGet): Promise<void> {
    this.#answering.set(get.digest, get)
    try {
      await this.#answer(get)
    } catch (error) {
      const failure = toSamaraError(error)
      if (!isSamaraError(error)) this.#options.log.error({ err: error, digest: get.digest }, 'blob cannot be read')
      const sizeBytes = this.#offers.get(get.digest)?.sizeBytes ?? 0
      this.#options.outbound.send('pushed', {
        digest: get.digest,
        offset: get.offset,
        sizeBytes,
        error: errorBody(failure),
      })
    } finally {
      if (this.#answering.get(get.digest) === get) this.#answering.delete(get.digest)
    }
  }

  #count(digest: Digest, sizeBytes: number): Offer {
    const offer = this.#offers.get(digest) ?? { sizeBytes, count: 0, memory: undefined }
    offer.count++
    this.#offers.set(digest, offer)
    this.#options.store.pin(digest)
    return offer
  }

  async #answer(get: BlobGet): Promise<void> {
    const offer = this.#offers.get(get.digest)
    if (!offer) throw new SamaraError('NOT_FOUND', `blob ${get.digest} is not offered`)
    if (get.chunk === 0 || get.offset > offer.sizeBytes)
      throw new SamaraError(
        'INVALID_ARGUMENT',
        `blob ${get.digest}: chunk ${get.chunk} at ${get.offset} of ${offer.sizeBytes}`,
      )
    const end = Math.min(get.offset + get.length, offer.sizeBytes)
    const window = new Confirmations(UNCONFIRMED)
    let offset = get.offset
    do {
      const length = Math.min(get.chunk, MAX_CHUNK_BYTES, end - offset)
      const data = await this.#bytes(get.digest, offer, offset, length)
      if (this.#answering.get(get.digest) !== get || !(await window.room())) return
      const chunk = { digest: get.digest, offset, sizeBytes: offer.sizeBytes, data }
      if (!this.#options.outbound.send('pushed', chunk, { onAcked: window.sent() })) return
      offset += length
    } while (offset < end)
  }

  async #bytes(digest: Digest, offer: Offer, offset: number, length: number): Promise<Uint8Array> {
    return offer.memory?.subarray(offset, offset + length) ?? this.#options.store.readRange(digest, offset, length)
  }
}

/** Back-pressure: at most so many messages that the broker has not confirmed. */
class Confirmations {
  #free: number
  #broken = false
  #wake: (() => void) | undefined

  constructor(count: number) {
    this.#free = count
  }

  /** False once the connection went: the manager asks again when it is back. */
  async room(): Promise<boolean> {
    while (this.#free === 0 && !this.#broken)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    return !this.#broken
  }

  sent(): (error?: Error) => void {
    this.#free--
    return (error) => {
      this.#free++
      if (error) this.#broken = true
      this.#wake?.()
    }
  }
}
