import { webcrypto } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../shared/clock.ts'
import { notFound, SamaraError } from '../../shared/errors.ts'
import { type Digest, digestOf, digest as parseDigest } from '../../shared/ids.ts'
import { BlobCache } from './blob-cache.ts'
import type { BlobStore } from './store.ts'

/** Blobs as files `ab/<digest>`; `ab` keeps folders small. */

/** Larger ones are read from the file, window by window; smaller ones are checked and kept. */
const MAX_CACHED_BYTES = 4 * 1024 * 1024
const CACHE_BYTES = 32 * 1024 * 1024
/** From here on hashing is worth a thread of its own. */
const HASH_ASIDE_BYTES = 256 * 1024
const TEMPORARY = 'tmp'

export async function openBlobs(options: { dir: string; clock: Clock }): Promise<BlobStore> {
  const folder = new Blobs(options.dir, options.clock)
  await folder.open()
  return folder
}

/** Where a blob is, of the blobs in `dir`. */
export function blobPath(dir: string, digest: Digest): string {
  // A digest becomes a path here: nothing but hex may.
  parseDigest(digest)
  return join(dir, digest.slice(0, 2), digest)
}

export async function listBlobs(dir: string): Promise<readonly Digest[]> {
  const folders = (await readdir(dir)).filter((name) => /^[0-9a-f]{2}$/.test(name))
  const files = await Promise.all(folders.map((name) => readdir(join(dir, name))))
  return files.flat().filter((name) => /^[0-9a-f]{64}$/.test(name)) as Digest[]
}

class Blobs implements BlobStore {
  readonly #dir: string
  readonly #clock: Clock
  readonly #cache = new BlobCache(CACHE_BYTES)
  readonly #loading = new Map<Digest, Promise<Uint8Array>>()
  readonly #putting = new Map<Digest, Promise<void>>()
  readonly #removing = new Map<Digest, Promise<void>>()
  /** Put since the sweep began, which may have seen their age from before. */
  readonly #touched = new Set<Digest>()
  #sweeping: Promise<unknown> = Promise.resolve()
  #temporaries = 0

  constructor(dir: string, clock: Clock) {
    this.#dir = dir
    this.#clock = clock
  }

  /** Clears what puts left that a crash cut short. */
  async open(): Promise<void> {
    const temporary = join(this.#dir, TEMPORARY)
    await rm(temporary, { recursive: true, force: true })
    await mkdir(temporary, { recursive: true, mode: 0o700 })
    await syncFolder(this.#dir)
  }

  async put(bytes: Uint8Array): Promise<Digest> {
    const digest = await digestAside(bytes)
    this.#touched.add(digest)
    const put = this.#putting.get(digest) ?? this.#write(digest, bytes).finally(() => this.#putting.delete(digest))
    this.#putting.set(digest, put)
    await put.catch(throwDisk(`blob ${digest}`))
    return digest
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.size(digest)) !== undefined
  }

  async size(digest: Digest): Promise<number | undefined> {
    const cached = this.#cache.get(digest)
    if (cached) return cached.byteLength
    return (await statOf(blobPath(this.#dir, digest)))?.size
  }

  async read(digest: Digest, offset: number, length: number): Promise<Uint8Array> {
    const size = await this.size(digest)
    if (size === undefined) throw notFound('blob', digest)
    if (size <= MAX_CACHED_BYTES) return (await this.#load(digest)).slice(offset, offset + length)
    return readWindow(blobPath(this.#dir, digest), offset, Math.max(0, Math.min(length, size - offset)))
  }

  async get(digest: Digest): Promise<Uint8Array> {
    const bytes = await this.#load(digest)
    // The caller may hand its copy to another thread, which would empty ours.
    return bytes.byteLength <= MAX_CACHED_BYTES ? bytes.slice() : bytes
  }

  sweep(used: ReadonlySet<Digest>, olderThanMs: number): Promise<number> {
    // One after the other, whatever became of the one before: they share `#touched`.
    const sweep = this.#sweeping.then(() => this.#sweep(used, olderThanMs))
    this.#sweeping = sweep.catch(() => undefined)
    return sweep
  }

  async #sweep(used: ReadonlySet<Digest>, olderThanMs: number): Promise<number> {
    this.#touched.clear()
    let removed = 0
    for (const digest of await listBlobs(this.#dir)) {
      if (used.has(digest)) continue
      const found = await statOf(blobPath(this.#dir, digest))
      const old = found && found.mtimeMs < this.#clock.now() - olderThanMs
      if (!old || this.#putting.has(digest) || this.#touched.has(digest)) continue
      await this.#remove(digest)
      removed++
    }
    return removed
  }

  async #write(digest: Digest, bytes: Uint8Array): Promise<void> {
    await this.#removing.get(digest)
    const path = blobPath(this.#dir, digest)
    const nowSeconds = this.#clock.now() / 1000
    if ((await statOf(path))?.size === bytes.byteLength) {
      // A sweep shall take it for new, and the rename of the put that wrote it may not have reached the disk.
      await utimes(path, nowSeconds, nowSeconds)
    } else await this.#create(path, bytes, nowSeconds)
    await syncFolder(join(path, '..'))
  }

  async #create(path: string, bytes: Uint8Array, nowSeconds: number): Promise<void> {
    const temporary = join(this.#dir, TEMPORARY, `${this.#temporaries++}`)
    try {
      await writeDurably(temporary, bytes, nowSeconds)
      if (await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })) await syncFolder(this.#dir)
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  /** The whole blob, checked. Many proplets fetch one image at once: all wait for one reading. */
  async #load(digest: Digest): Promise<Uint8Array> {
    const cached = this.#cache.get(digest)
    if (cached) return cached
    const loading = this.#loading.get(digest) ?? this.#check(digest).finally(() => this.#loading.delete(digest))
    this.#loading.set(digest, loading)
    return loading
  }

  async #check(digest: Digest): Promise<Uint8Array> {
    const bytes = await readWhole(blobPath(this.#dir, digest), digest)
    const found = await digestAside(bytes)
    if (found !== digest) throw new SamaraError('DATA_LOSS', `blob ${digest}: its bytes have digest ${found}`)
    if (bytes.byteLength <= MAX_CACHED_BYTES) this.#cache.set(digest, bytes)
    return bytes
  }

  async #remove(digest: Digest): Promise<void> {
    const removal = unlink(blobPath(this.#dir, digest)).finally(() => this.#removing.delete(digest))
    // A put of the same digest waits for it, then writes it anew.
    this.#removing.set(digest, removal)
    await removal
    this.#cache.delete(digest)
  }
}

async function digestAside(bytes: Uint8Array): Promise<Digest> {
  if (bytes.byteLength < HASH_ASIDE_BYTES) return digestOf(bytes)
  const hash = await webcrypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return Buffer.from(hash).toString('hex') as Digest
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

async function statOf(path: string) {
  try {
    return await stat(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function readWhole(path: string, digest: Digest): Promise<Uint8Array> {
  try {
    // Not Node's Buffer: its `slice` would not copy.
    const { buffer, byteOffset, byteLength } = await readFile(path)
    return new Uint8Array(buffer, byteOffset, byteLength)
  } catch (error) {
    if (isMissing(error)) throw notFound('blob', digest)
    throw error
  }
}

async function readWindow(path: string, offset: number, length: number): Promise<Uint8Array> {
  await using file = await open(path, constants.O_RDONLY)
  const bytes = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

async function writeDurably(path: string, bytes: Uint8Array, mtimeSeconds: number): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(bytes)
  await file.utimes(mtimeSeconds, mtimeSeconds)
  await file.sync()
}

/** A name is on the disk only once its folder is. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, constants.O_RDONLY)
  await folder.sync()
}

/** What the file system says, with a code that tells a full disk from a broken one. */
function throwDisk(what: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Error) || !('code' in error) || error instanceof SamaraError) throw error
    const full = error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'EFBIG'
    const [code, words] = full
      ? (['RESOURCE_EXHAUSTED', 'the disk is full'] as const)
      : (['UNAVAILABLE', 'the disk refused it'] as const)
    throw new SamaraError(code, `${what}: ${words}: ${error.message}`, { cause: error })
  }
}
