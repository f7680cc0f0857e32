import { Manifest } from '../../shared/documents/manifest.ts'
import { SamaraError } from '../../shared/errors.ts'
import type { Digest } from '../../shared/ids.ts'
import type { Pulls } from '../blobs/pull.ts'
import type { BlobStore } from '../blobs/store.ts'
import type { Prepared, Runtime } from '../runtime/runtime.ts'
import { SingleFlight } from '../single-flight.ts'

/** A version of a function as starts and deployments name it. */
export type FunctionRef = {
  readonly manifest: Digest
  readonly manifestBytes: number
  readonly image: Digest
  readonly imageBytes: number
}

/** A version that can be called. */
export type Loaded = { readonly ref: FunctionRef; readonly manifest: Manifest; readonly image: Prepared }

export type FunctionsOptions = {
  readonly runtime: Pick<Runtime, 'formats' | 'prepare'>
  readonly store: BlobStore
  readonly pulls: Pick<Pulls, 'pull'>
  /** Bytes of the largest image that is loaded. */
  readonly maxImageBytes: number
}

/** Versions that stay ready in memory. Their images stay on disk as long, should a worker ask for the bytes again. */
const CACHED = 64

/** From digests to functions that can be called: manifest and image pulled once, checked, prepared once. */
export class Functions {
  readonly #options: FunctionsOptions
  /** In the order of their last use. */
  readonly #ready = new Map<string, Loaded>()
  readonly #loading = new SingleFlight<string, Loaded>()

  constructor(options: FunctionsOptions) {
    this.#options = options
  }

  /** What is ready now: the usual case of a task touches neither disk nor decoder. */
  peek(ref: FunctionRef): Loaded | undefined {
    const key = keyOf(ref)
    const loaded = this.#ready.get(key)
    if (!loaded) return undefined
    this.#ready.delete(key)
    this.#ready.set(key, loaded)
    return loaded
  }

  async load(ref: FunctionRef, signal: AbortSignal): Promise<Loaded> {
    return this.peek(ref) ?? this.#loading.join(keyOf(ref), signal, (shared) => this.#load(ref, shared))
  }

  async #load(ref: FunctionRef, signal: AbortSignal): Promise<Loaded> {
    const { maxImageBytes, runtime } = this.#options
    if (ref.manifestBytes > Manifest.maxBytes)
      throw tooLarge('manifest', ref.manifest, ref.manifestBytes, Manifest.maxBytes)
    if (ref.imageBytes > maxImageBytes) throw tooLarge('image', ref.image, ref.imageBytes, maxImageBytes)
    const manifest = Manifest.decode(await this.#blob(ref.manifest, ref.manifestBytes, signal))
    const format = this.#formatOf(manifest, ref.image)
    await this.#blob(ref.image, ref.imageBytes, signal)
    const bytes = () => this.#blob(ref.image, ref.imageBytes, signal)
    const image = await runtime.prepare({ digest: ref.image, format, bytes }, manifest)
    const loaded = { ref, manifest, image }
    this.#remember(loaded)
    return loaded
  }

  /** The manifest says which images are this version: no other is loaded in its name. */
  #formatOf(manifest: Manifest, image: Digest) {
    const row = manifest.images.find(({ digest }) => digest === image)
    if (!row) throw new SamaraError('PERMISSION_DENIED', `image ${image} is not one of its manifest`)
    if (this.#options.runtime.formats.includes(row.format)) return row.format
    const known = this.#options.runtime.formats.join(', ')
    throw new SamaraError('UNSUPPORTED', `image ${image} is ${row.format}, this proplet loads ${known}`)
  }

  /** From disk where it is there and whole, from the manager otherwise. */
  async #blob(digest: Digest, sizeBytes: number, signal: AbortSignal): Promise<Buffer> {
    const { store, pulls } = this.#options
    if (store.has(digest)) {
      try {
        return await store.read(digest)
      } catch {
        // It was damaged and is gone: the manager has another.
      }
    }
    return pulls.pull({ digest, sizeBytes, keep: 'store', signal })
  }

  #remember(loaded: Loaded): void {
    this.#ready.set(keyOf(loaded.ref), loaded)
    this.#options.store.pin(loaded.ref.image)
    for (const [key, oldest] of this.#ready) {
      if (this.#ready.size <= CACHED) return
      this.#ready.delete(key)
      this.#options.store.unpin(oldest.ref.image)
    }
  }
}

const keyOf = (ref: FunctionRef): string => `${ref.manifest}/${ref.image}`

const tooLarge = (what: string, digest: Digest, has: number, most: number): SamaraError =>
  new SamaraError('TOO_LARGE', `${what} ${digest} has ${has} bytes, this proplet takes ${most}`)
