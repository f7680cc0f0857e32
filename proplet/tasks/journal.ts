import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Logger } from 'pino'
import type { Clock, Stop } from '../../shared/clock.ts'

/**
 * Results that the manager has not acknowledged yet, on disk. A result never waits for it: it is published at once and
 * written a moment later, and only if it is still needed then. What this loses is a result that was produced less than
 * FLUSH_MS before a crash and never reached the manager: its lease ends, and the job's policy goes on from there.
 */
export interface Journal {
  /** Records that an earlier run of the agent left, in the order they were written. */
  open(): Promise<Map<string, Buffer>>
  keep(key: string, record: Buffer): void
  forget(key: string): void
  close(): Promise<void>
}

const FLUSH_MS = 50
/** Past this the file is written anew with what still counts. */
const COMPACT_BYTES = 4 * 1024 * 1024
/** A longer record is damage, not a result. */
const MAX_RECORD_BYTES = 64 * 1024
const KEEP = 1
const FORGET = 2

export function createJournal(options: { path: string; clock: Clock; log: Logger }): Journal {
  return new FileJournal(options)
}

class FileJournal implements Journal {
  readonly #path: string
  readonly #clock: Clock
  readonly #log: Logger
  readonly #live = new Map<string, Buffer>()
  /** Keys whose record is in the file. */
  readonly #written = new Set<string>()
  #fresh = new Set<string>()
  #forgotten: string[] = []
  #sizeBytes = 0
  #file: FileHandle | undefined
  #timer: Stop | undefined
  #flushing: Promise<void> | undefined
  #closing = false

  constructor(options: { path: string; clock: Clock; log: Logger }) {
    this.#path = options.path
    this.#clock = options.clock
    this.#log = options.log
  }

  async open(): Promise<Map<string, Buffer>> {
    await mkdir(dirname(this.#path), { recursive: true })
    const records = readRecords(await readFile(this.#path).catch(() => Buffer.alloc(0)))
    for (const [key, record] of records) this.#live.set(key, record)
    await this.#compact()
    return records
  }

  keep(key: string, record: Buffer): void {
    this.#live.set(key, record)
    this.#fresh.add(key)
    this.#schedule()
  }

  forget(key: string): void {
    if (!this.#live.delete(key)) return
    this.#fresh.delete(key)
    if (!this.#written.delete(key)) return
    this.#forgotten.push(key)
    this.#schedule()
  }

  async close(): Promise<void> {
    this.#closing = true
    this.#timer?.()
    await this.#flushing
    await this.#write()
    await this.#file?.close()
    this.#file = undefined
  }

  #schedule(): void {
    if (this.#timer || this.#flushing || this.#closing) return
    this.#timer = this.#clock.after(FLUSH_MS, () => {
      this.#timer = undefined
      this.#flushing = this.#write().finally(() => {
        this.#flushing = undefined
        if (this.#fresh.size > 0 || this.#forgotten.length > 0) this.#schedule()
      })
    })
  }

  /** A disk that refuses must not stop the work: results still live in memory. */
  async #write(): Promise<void> {
    try {
      if (this.#sizeBytes > COMPACT_BYTES || (this.#live.size === 0 && this.#sizeBytes > 0)) await this.#compact()
      else await this.#append()
    } catch (error) {
      this.#log.error({ err: error, file: this.#path }, 'results cannot be written to the journal')
    }
  }

  async #append(): Promise<void> {
    const records = [...this.#fresh].map((key) => frame(KEEP, key, this.#live.get(key) ?? Buffer.alloc(0)))
    const bytes = Buffer.concat([...records, ...this.#forgotten.map((key) => frame(FORGET, key, Buffer.alloc(0)))])
    for (const key of this.#fresh) this.#written.add(key)
    this.#fresh = new Set()
    this.#forgotten = []
    if (bytes.length === 0 || !this.#file) return
    this.#sizeBytes += bytes.length
    await this.#file.appendFile(bytes)
    await this.#file.datasync()
  }

  async #compact(): Promise<void> {
    const live = [...this.#live]
    this.#fresh = new Set()
    this.#forgotten = []
    this.#written.clear()
    for (const [key] of live) this.#written.add(key)
    const bytes = Buffer.concat(live.map(([key, record]) => frame(KEEP, key, record)))
    const next = await open(`${this.#path}.new`, 'w')
    await next.appendFile(bytes)
    await next.datasync()
    await rename(`${this.#path}.new`, this.#path)
    await this.#file?.close()
    this.#file = next
    this.#sizeBytes = bytes.length
  }
}

/** Length, checksum, kind, length of the key, key, record. */
function frame(kind: number, key: string, record: Buffer): Buffer {
  const name = Buffer.from(key)
  const bytes = Buffer.alloc(10 + name.length + record.length)
  bytes.writeUInt8(kind, 8)
  bytes.writeUInt8(name.length, 9)
  name.copy(bytes, 10)
  record.copy(bytes, 10 + name.length)
  bytes.writeUInt32BE(bytes.length - 8, 0)
  bytes.writeUInt32BE(crc32(bytes.subarray(8)), 4)
  return bytes
}

/** Reads up to the first record that is torn or damaged: what follows it was never promised. */
export function readRecords(bytes: Buffer): Map<string, Buffer> {
  const live = new Map<string, Buffer>()
  for (let at = 0; at + 10 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at)
    const end = at + 8 + size
    if (size < 2 || size > MAX_RECORD_BYTES || end > bytes.length) break
    const content = bytes.subarray(at + 8, end)
    if (crc32(content) !== bytes.readUInt32BE(at + 4)) break
    const keyEnd = 2 + (content[1] ?? 0)
    const key = content.toString('utf8', 2, keyEnd)
    if (content[0] === KEEP) live.set(key, Buffer.from(content.subarray(keyEnd)))
    else live.delete(key)
    at = end
  }
  return live
}
