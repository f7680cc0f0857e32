import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { notFound, SamaraError } from '../../shared/errors.ts'
import { type Digest, digestOf, digest as parseDigest } from '../../shared/ids.ts'
import { writeDurably } from '../durable.ts'

export type BlobStoreOptions = {
  readonly dir: string
  /** Bytes of all blobs together; what was used longest ago goes first. Pinned ones stay, even past it. */
  readonly maxBytes: number
  readonly log: Logger
}

/** Blobs on disk, each in a file named by its digest. */
export interface BlobStore {
  open(): Promise<void>
  has(digest: Digest): boolean
  /** The bytes, checked against their digest. DATA_LOSS throws them away first. */
  read(digest: Digest): Promise<Buffer>
  /** A piece, unchecked: its receiver checks the whole. */
  readRange(digest: Digest, offset: number, length: number): Promise<Buffer>
  sizeOf(digest: Digest): number | undefined
  put(digest: Digest, bytes: Uint8Array): Promise<void>
  /** Keeps a blob until as many unpins have come. One that is not here yet is kept once it is. */
  pin(digest: Digest): void
  unpin(digest: Digest): void
  /** Those used last come first. */
  recent(count: number): Digest[]
  /** Bytes of a transfer that was cut; empty where there are none. */
  readPartial(digest: Digest): Promise<Buffer>
  appendPartial(digest: Digest, bytes: Uint8Array): Promise<void>
  dropPartial(digest: Digest): Promise<void>
}

/** Transfers that were cut and may go on after a restart. */
const MAX_PARTIALS = 8

export function createBlobStore(options: BlobStoreOptions): BlobStore {
  return new FileBlobStore(options)
}

class FileBlobStore implements BlobStore {
  readonly #options: BlobStoreOptions
  /** In the order of their last use. */
  readonly #sizes = new Map<Digest, number>()
  readonly #pins = new Map<Digest, number>()
  #totalBytes = 0

  constructor(options: BlobStoreOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    for (const folder of ['', 'partial']) await mkdir(join(this.#options.dir, folder), { recursive: true })
    for (const file of await this.#filesByAge('')) this.#add(file.digest, file.size)
    const partials = await this.#filesByAge('partial')
    const old = partials.slice(0, Math.max(0, partials.length - MAX_PARTIALS))
    for (const file of old) await this.dropPartial(file.digest)
  }

  async #filesByAge(folder: string): Promise<{ digest: Digest; size: number }[]> {
    const dir = join(this.#options.dir, folder)
    const names = (await readdir(dir)).filter((name) => /^[0-9a-f]{64}$/.test(name))
    const files = await Promise.all(
      names.map(async (name) => ({ digest: parseDigest(name), ...pick(await stat(join(dir, name))) })),
    )
    return files.sort((a, b) => a.usedMs - b.usedMs)
  }

  has(digest: Digest): boolean {
    return this.#sizes.has(digest)
  }

  sizeOf(digest: Digest): number | undefined {
    return this.#sizes.get(digest)
  }

  async read(digest: Digest): Promise<Buffer> {
    if (!this.#sizes.has(digest)) throw notFound('blob', digest)
    const bytes = await readFile(this.#path(digest)).catch(() => Buffer.alloc(0))
    if (digestOf(bytes) === digest) {
      this.#touch(digest)
      return bytes
    }
    await this.#remove(digest)
    this.#options.log.warn({ digest }, 'blob on disk differs from its digest and was thrown away')
    throw new SamaraError('DATA_LOSS', `blob ${digest}: the bytes on disk differ from it`)
  }

  async readRange(digest: Digest, offset: number, length: number): Promise<Buffer> {
    const size = this.#sizes.get(digest)
    if (size === undefined) throw notFound('blob', digest)
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)))
    const file = await open(this.#path(digest), 'r')
    try {
      await file.read(bytes, 0, bytes.length, offset)
    } finally {
      await file.close()
    }
    return bytes
  }

  async put(digest: Digest, bytes: Uint8Array): Promise<void> {
    if (this.#sizes.has(digest)) return this.#touch(digest)
    await writeDurably(this.#path(digest), bytes)
    this.#add(digest, bytes.length)
    await this.#shrink(digest)
  }

  pin(digest: Digest): void {
    this.#pins.set(digest, (this.#pins.get(digest) ?? 0) + 1)
  }

  unpin(digest: Digest): void {
    const left = (this.#pins.get(digest) ?? 0) - 1
    if (left > 0) this.#pins.set(digest, left)
    else this.#pins.delete(digest)
  }

  recent(count: number): Digest[] {
    return [...this.#sizes.keys()].slice(-count).reverse()
  }

  readPartial(digest: Digest): Promise<Buffer> {
    return readFile(this.#partial(digest)).catch(() => Buffer.alloc(0))
  }

  async appendPartial(digest: Digest, bytes: Uint8Array): Promise<void> {
    const file = await open(this.#partial(digest), 'a')
    try {
      await file.appendFile(bytes)
    } finally {
      await file.close()
    }
  }

  dropPartial(digest: Digest): Promise<void> {
    return rm(this.#partial(digest), { force: true })
  }

  #path(digest: Digest): string {
    return join(this.#options.dir, digest)
  }

  #partial(digest: Digest): string {
    return join(this.#options.dir, 'partial', digest)
  }

  #add(digest: Digest, size: number): void {
    if (!this.#sizes.has(digest)) this.#totalBytes += size
    this.#sizes.set(digest, size)
  }

  #touch(digest: Digest): void {
    const size = this.#sizes.get(digest)
    if (size === undefined) return
    this.#sizes.delete(digest)
    this.#sizes.set(digest, size)
  }

  async #shrink(newest: Digest): Promise<void> {
    for (const digest of [...this.#sizes.keys()]) {
      if (this.#totalBytes <= this.#options.maxBytes) return
      if (digest !== newest && !this.#pins.has(digest)) await this.#remove(digest)
    }
  }

  async #remove(digest: Digest): Promise<void> {
    this.#totalBytes -= this.#sizes.get(digest) ?? 0
    this.#sizes.delete(digest)
    await rm(this.#path(digest), { force: true })
  }
}

const pick = (found: { size: number; mtimeMs: number }) => ({ size: found.size, usedMs: found.mtimeMs })
