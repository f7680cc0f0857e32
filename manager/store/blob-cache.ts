import type { Digest } from '../../shared/ids.ts'

/** Blobs used last, up to a number of bytes; the one used longest ago goes first. */
export class BlobCache {
  readonly #maxBytes: number
  // A Map keeps the order of insertion: what is used is put in again, so the first is the oldest.
  readonly #blobs = new Map<Digest, Uint8Array>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get(digest: Digest): Uint8Array | undefined {
    const found = this.#blobs.get(digest)
    if (!found) return undefined
    this.#blobs.delete(digest)
    this.#blobs.set(digest, found)
    return found
  }

  set(digest: Digest, bytes: Uint8Array): void {
    this.delete(digest)
    if (bytes.byteLength > this.#maxBytes) return
    this.#blobs.set(digest, bytes)
    this.#bytes += bytes.byteLength
    for (const oldest of this.#blobs.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.delete(oldest)
    }
  }

  delete(digest: Digest): void {
    this.#bytes -= this.#blobs.get(digest)?.byteLength ?? 0
    this.#blobs.delete(digest)
  }
}
