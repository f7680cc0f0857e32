import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from '../../shared/ids.ts'

/** Files that were made of one module, by name. */
export type Files = ReadonlyMap<string, Uint8Array>

const META = 'meta.json'
const META_LIMIT_BYTES = 1024 * 1024
const FILE_NAME = /^[a-z0-9][a-z0-9.-]*$/
const DIGEST_CHARS = 64

type Meta = { readonly files: Readonly<Record<string, string>> }

/**
 * A folder of prepared modules. An entry appears whole or not at all, and each file is held against its SHA-256 before
 * anybody gets it: a damaged entry is removed and counts as absent.
 */
export class DiskCache {
  readonly #root: string
  readonly #maxBytes: number

  constructor(options: { root: string; maxBytes: number }) {
    this.#root = options.root
    this.#maxBytes = options.maxBytes
  }

  dirOf(entry: string): string {
    return join(this.#root, entry)
  }

  async read(entry: string, now: Date): Promise<Files | undefined> {
    const dir = this.dirOf(entry)
    try {
      const meta = readMeta(await readFile(join(dir, META)))
      const files = new Map<string, Uint8Array>()
      for (const [name, digest] of Object.entries(meta.files)) files.set(name, await readChecked(dir, name, digest))
      await utimes(dir, now, now)
      return files
    } catch {
      await rm(dir, { recursive: true, force: true })
      return undefined
    }
  }

  async write(entry: string, files: Files): Promise<void> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 })
    const temporary = await mkdtemp(join(this.#root, '.new-'))
    try {
      const digests: Record<string, string> = {}
      for (const [name, bytes] of files) {
        digests[name] = digestOf(bytes)
        await writeFile(join(temporary, name), bytes)
      }
      await writeFile(join(temporary, META), metaBytes({ files: digests }))
      await rm(this.dirOf(entry), { recursive: true, force: true })
      await rename(temporary, this.dirOf(entry))
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
    await this.#trim(entry)
  }

  /** Removes the entries that were not read for the longest time until the rest fits. */
  async #trim(keep: string): Promise<void> {
    const entries = await Promise.all((await readdir(this.#root)).map((name) => this.#weigh(name)))
    entries.sort((a, b) => a.usedMs - b.usedMs)
    let total = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    for (const { name, bytes } of entries) {
      if (total <= this.#maxBytes) return
      if (name === keep) continue
      await rm(this.dirOf(name), { recursive: true, force: true })
      total -= bytes
    }
  }

  async #weigh(name: string): Promise<{ name: string; bytes: number; usedMs: number }> {
    try {
      const dir = this.dirOf(name)
      const sizes = await Promise.all((await readdir(dir)).map(async (file) => (await stat(join(dir, file))).size))
      return { name, bytes: sizes.reduce((sum, size) => sum + size, 0), usedMs: (await stat(dir)).mtimeMs }
    } catch {
      return { name, bytes: 0, usedMs: 0 }
    }
  }
}

/** The digests stand behind a digest of their own, so that a flipped bit in them is found as well. */
function metaBytes(meta: Meta): Buffer {
  const text = JSON.stringify(meta)
  return Buffer.from(`${digestOf(Buffer.from(text))}\n${text}`)
}

function readMeta(bytes: Buffer): Meta {
  const text = bytes.subarray(DIGEST_CHARS + 1)
  if (bytes.length > META_LIMIT_BYTES || bytes.toString('latin1', 0, DIGEST_CHARS) !== digestOf(text))
    throw new Error('damaged')
  return JSON.parse(text.toString()) as Meta
}

async function readChecked(dir: string, name: string, digest: string): Promise<Uint8Array> {
  if (!FILE_NAME.test(name)) throw new Error('damaged')
  const bytes = await readFile(join(dir, name))
  if (digestOf(bytes) !== digest) throw new Error('damaged')
  return bytes
}
