import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cachedDataVersionTag } from 'node:v8'
import { digestOf } from '../../shared/ids.ts'
import { describeCore } from '../../shared/wasm/core-module.ts'
import { limitMemory } from '../../shared/wasm/limit-memory.ts'
import type { Files } from './disk-cache.ts'
import { exposeMemory } from './expose-memory.ts'
import type { ImageLoad } from './job.ts'
import { GLUE } from './prepare-names.ts'
import { wasm } from './webassembly.ts'

/** A module compiled under its limits. */
export type Image = {
  readonly load: ImageLoad
  /** Pages that its largest memory may have. */
  readonly capPages: number
  readonly bytes: number
}

export type Caps = { readonly memoryPages: number; readonly tableElements: number }

/** Rewrites the limits of each core module and compiles it. A memory is visible to the host afterwards. */
export async function compileImage(id: number, files: Files, caps: Caps, codeCache?: Uint8Array): Promise<Image> {
  const glue = files.get(GLUE)
  const cores = [...files].filter(([name]) => name.endsWith('.wasm'))
  const described = cores.map(([, bytes]) => describeCore(bytes))
  const memories = described.reduce((sum, module) => sum + module.memories.length, 0)
  const inert = described.every(
    ({ hasStart, exports }) => !hasStart && (glue || exports.every(({ name }) => name !== '_initialize')),
  )
  const limits = {
    // The cap is the function's, so several memories share it.
    maxPages: Math.floor(caps.memoryPages / Math.max(1, memories)),
    maxTableElements: caps.tableElements,
    importedMemory: glue ? ('accept' as const) : ('refuse' as const),
  }
  const limited = cores.map(([name, bytes]) => [name, exposeMemory(limitMemory(bytes, limits))] as const)
  const modules = await Promise.all(limited.map(async ([name, bytes]) => [name, await wasm.compile(bytes)] as const))
  return {
    load: {
      id,
      modules,
      inert,
      memories,
      ...(glue && { glue: { source: Buffer.from(glue).toString(), cached: codeCache } }),
    },
    capPages: Math.max(0, ...limited.flatMap(([, bytes]) => describeCore(bytes).memories.map(({ max = 0 }) => max))),
    bytes: limited.reduce((sum, [, bytes]) => sum + bytes.length, (glue?.length ?? 0) * 2),
  }
}

/** Least recently used first; bounded by the bytes of what it holds, the latest excepted. */
export class ModuleCache {
  readonly #maxBytes: number
  readonly #images = new Map<string, Image>()
  readonly #coming = new Map<string, Promise<Image>>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#images.size
  }

  /** The image of that key; made once however many ask at the same time. */
  async get(key: string, make: () => Promise<Image>): Promise<Image> {
    const known = this.#images.get(key)
    if (known) {
      this.#images.delete(key)
      this.#images.set(key, known)
      return known
    }
    const coming = this.#coming.get(key) ?? make()
    this.#coming.set(key, coming)
    try {
      const image = await coming
      if (this.#coming.get(key) === coming) this.#put(key, image)
      return image
    } finally {
      if (this.#coming.get(key) === coming) this.#coming.delete(key)
    }
  }

  #put(key: string, image: Image): void {
    this.#coming.delete(key)
    this.#images.set(key, image)
    this.#bytes += image.bytes
    for (const [oldest, { bytes }] of this.#images) {
      if (this.#bytes <= this.#maxBytes || oldest === key) return
      this.#images.delete(oldest)
      this.#bytes -= bytes
    }
  }

  /** The same image with V8's code cache, for workers that have yet to load it. */
  addCodeCache(key: string, cached: Uint8Array): void {
    const image = this.#images.get(key)
    if (!image?.load.glue) return
    const glue = { ...image.load.glue, cached }
    this.#images.set(key, { ...image, load: { ...image.load, glue } })
  }
}

const DIGEST_BYTES = 32
/** V8 takes back only what the same build with the same flags made. */
const codeCacheName = (): string => `glue-${cachedDataVersionTag().toString(16)}.cache`

export async function readCodeCache(dir: string): Promise<Uint8Array | undefined> {
  const file = await readFile(join(dir, codeCacheName())).catch(() => undefined)
  if (!file) return undefined
  const bytes = file.subarray(DIGEST_BYTES)
  return Buffer.from(digestOf(bytes), 'hex').equals(file.subarray(0, DIGEST_BYTES)) ? bytes : undefined
}

/** Stored behind its own digest: it is made after the entry was written. Losing it costs a few milliseconds. */
export async function writeCodeCache(dir: string, bytes: Uint8Array): Promise<void> {
  const file = join(dir, codeCacheName())
  try {
    await mkdir(dir, { recursive: true })
    await writeFile(`${file}.new`, Buffer.concat([Buffer.from(digestOf(bytes), 'hex'), bytes]))
    await rename(`${file}.new`, file)
  } catch {
    // A full or read-only disk: the next start compiles again.
  }
}
