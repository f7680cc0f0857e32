import type { Stop } from '../../shared/clock.ts'
import { SamaraError } from '../../shared/errors.ts'
import { digestOf } from '../../shared/ids.ts'
import type { BlobChunk } from '../../shared/messages/index.ts'
import type { PullOptions, PullRequest } from './pull.ts'

/** Data bytes per message: large enough that its head costs nothing, small enough that a task's start waits briefly behind it. */
export const CHUNK_BYTES = 16 * 1024
/** Bytes under way at a time. */
export const WINDOW_BYTES = 16 * CHUNK_BYTES
const SILENCE_MS = 5_000
const ASK_AGAIN = 3

/** One blob on its way, from the first byte that is missing to the check against its digest. [P-4.4] */
export class Transfer {
  readonly #options: PullOptions
  readonly #request: PullRequest
  readonly #signal: AbortSignal
  readonly #done = Promise.withResolvers<void>()
  #chunks: Uint8Array[] = []
  #received = 0
  #windowEnd = 0
  #saved = 0
  #heardMs = 0
  #silences = 0
  #watch: Stop | undefined
  #begun = false

  constructor(options: PullOptions, request: PullRequest, signal: AbortSignal) {
    this.#options = options
    this.#request = request
    this.#signal = signal
    this.#done.promise.catch(() => undefined)
  }

  /** The bytes, or undefined where they differ from their digest and were thrown away. */
  async run(): Promise<Buffer | undefined> {
    const aborted = () =>
      this.#done.reject(new SamaraError('CANCELLED', `blob ${this.#request.digest}: not wanted any more`))
    this.#signal.addEventListener('abort', aborted, { once: true })
    try {
      this.#signal.throwIfAborted()
      await this.#resume()
      this.#begun = true
      if (this.#received < this.#request.sizeBytes) this.ask()
      else this.#done.resolve()
      await this.#done.promise
      return await this.#finish()
    } finally {
      this.#watch?.()
      this.#signal.removeEventListener('abort', aborted)
    }
  }

  /** Asks for the window that begins with the first missing byte. Without a connection it waits for the next call. */
  ask(): void {
    if (!this.#begun || this.#received >= this.#request.sizeBytes) return
    const { digest, sizeBytes } = this.#request
    const length = Math.min(WINDOW_BYTES, sizeBytes - this.#received)
    this.#windowEnd = this.#received + length
    this.#watch?.()
    const sent = this.#options.outbound.send('pull', { digest, offset: this.#received, length, chunk: CHUNK_BYTES })
    if (!sent) {
      this.#silences = 0
      return
    }
    this.#heardMs = this.#options.clock.monotonic()
    this.#listen(SILENCE_MS)
  }

  onChunk(chunk: BlobChunk): void {
    const { digest, sizeBytes } = this.#request
    if (chunk.error)
      return this.#done.reject(new SamaraError(chunk.error.code, `blob ${digest}: ${chunk.error.message}`))
    if (chunk.sizeBytes !== sizeBytes) {
      const message = `blob ${digest}: has ${chunk.sizeBytes} bytes, ${sizeBytes} were announced`
      return this.#done.reject(new SamaraError('DATA_LOSS', message))
    }
    const data = chunk.data ?? new Uint8Array(0)
    // What came before comes again after a second question; what is ahead means that one is missing: silence asks again.
    if (chunk.offset !== this.#received || data.length === 0 || this.#received + data.length > sizeBytes) return
    this.#chunks.push(data)
    this.#received += data.length
    this.#heardMs = this.#options.clock.monotonic()
    this.#silences = 0
    if (this.#received >= sizeBytes) this.#done.resolve()
    else if (this.#received >= this.#windowEnd) this.#nextWindow()
  }

  /** The next window is asked for when the last is on disk: a slow disk slows the manager. */
  #nextWindow(): void {
    this.#watch?.()
    this.#save().then(
      () => this.ask(),
      (error) => this.#done.reject(error),
    )
  }

  #listen(ms: number): void {
    this.#watch = this.#options.clock.after(ms, () => {
      const silentMs = this.#options.clock.monotonic() - this.#heardMs
      if (silentMs < SILENCE_MS) return this.#listen(SILENCE_MS - silentMs)
      if (++this.#silences > ASK_AGAIN) {
        const message = `blob ${this.#request.digest}: no answer for ${this.#received} of ${this.#request.sizeBytes} bytes`
        return this.#done.reject(new SamaraError('UNAVAILABLE', message))
      }
      this.ask()
    })
  }

  get #partial(): boolean {
    return this.#request.keep === 'store' && this.#request.sizeBytes > WINDOW_BYTES
  }

  async #resume(): Promise<void> {
    if (!this.#partial) return
    const bytes = await this.#options.store.readPartial(this.#request.digest)
    if (bytes.length === 0 || bytes.length > this.#request.sizeBytes)
      return this.#options.store.dropPartial(this.#request.digest)
    this.#chunks = [bytes]
    this.#received = bytes.length
    this.#saved = 1
  }

  async #save(): Promise<void> {
    if (!this.#partial) return
    const fresh = this.#chunks.slice(this.#saved)
    this.#saved = this.#chunks.length
    await this.#options.store.appendPartial(this.#request.digest, Buffer.concat(fresh))
  }

  async #finish(): Promise<Buffer | undefined> {
    const { digest, keep } = this.#request
    const bytes = Buffer.concat(this.#chunks)
    const whole = digestOf(bytes) === digest
    if (!whole)
      this.#options.log.warn({ digest, bytes: bytes.length }, 'pulled bytes differ from their digest: DATA_LOSS')
    if (whole && keep === 'store') await this.#options.store.put(digest, bytes)
    if (this.#partial) await this.#options.store.dropPartial(digest)
    return whole ? bytes : undefined
  }
}
