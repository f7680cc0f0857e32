import type { Guest } from './guest.ts'
import { monotonicNs, NS_PER_MS } from './guest.ts'
import type { StreamName } from './output.ts'

/** Most bytes that one read or one write may name; larger wishes are served in part, or trap. */
const CHUNK_BYTES = 1024 * 1024
const CLOSED = { tag: 'closed' }

/** `wasi:io/error.error`: no stream of ours makes one. */
export class IoError extends Error {
  toDebugString(): string {
    return this.message
  }
}

/** What a pollable waits for, where it is no time: waits so long at most, and says what came. */
export type Source = { wait(waitMs: number): unknown }

/** Ready at `atNs` of the monotonic clock, or when its source has something; streams are ready always. */
export class Pollable {
  readonly #guest: Guest
  readonly #atNs: bigint
  readonly #source: Source | undefined

  constructor(guest: Guest, atNs = 0n, source?: Source) {
    this.#guest = guest
    this.#atNs = atNs
    this.#source = source
  }

  ready(): boolean {
    return this.#source ? this.#source.wait(0) !== undefined : this.#leftMs === 0
  }

  block(): void {
    waitForAny(this.#guest, [this])
  }

  /** Until it is ready by itself; nobody knows that of a source. */
  get #leftMs(): number {
    if (this.#source) return Number.POSITIVE_INFINITY
    const left = this.#atNs - monotonicNs()
    return left > 0n ? Number(left) / NS_PER_MS : 0
  }

  /** Blocks until one is ready. The worker can sleep on one source only, so of several each has its turn. */
  static waitForAny(guest: Guest, list: readonly Pollable[]): void {
    const sources = list.flatMap((one) => one.#source ?? [])
    const turnMs = sources.length > 1 ? TURN_MS / sources.length : Number.POSITIVE_INFINITY
    while (!list.some((one) => one.ready())) {
      const leftMs = Math.min(...list.map((one) => one.#leftMs))
      for (const source of sources) source.wait(Math.min(turnMs, leftMs))
      // A wait may end a fraction early.
      if (sources.length === 0) guest.sleep(leftMs)
    }
  }
}

/** How late one of several pins can be noticed. */
const TURN_MS = 1
const { waitForAny } = Pollable

/** `wasi:io/poll.poll`: waits for the first of the list and names all that are ready. */
export function poll(guest: Guest, list: readonly Pollable[]): Uint32Array {
  guest.repay()
  if (list.length === 0) throw new Error('poll of an empty list')
  waitForAny(guest, list)
  return Uint32Array.from(list.flatMap((pollable, index) => (pollable.ready() ? [index] : [])))
}

export class InputStream {
  readonly #guest: Guest

  constructor(guest: Guest) {
    this.#guest = guest
  }

  read(length: bigint): Uint8Array {
    if (this.#guest.stdinLeft === 0) throw CLOSED
    return this.#guest.read(Number(length < BigInt(CHUNK_BYTES) ? length : CHUNK_BYTES))
  }

  blockingRead(length: bigint): Uint8Array {
    return this.read(length)
  }

  skip(length: bigint): bigint {
    return BigInt(this.read(length).length)
  }

  blockingSkip(length: bigint): bigint {
    return this.skip(length)
  }

  subscribe(): Pollable {
    return new Pollable(this.#guest)
  }
}

export class OutputStream {
  readonly #guest: Guest
  readonly #stream: StreamName

  constructor(guest: Guest, stream: StreamName) {
    this.#guest = guest
    this.#stream = stream
  }

  checkWrite(): bigint {
    return BigInt(CHUNK_BYTES)
  }

  write(bytes: Uint8Array): void {
    this.#guest.repay()
    this.#guest.output.write(this.#stream, bytes)
  }

  blockingWriteAndFlush(bytes: Uint8Array): void {
    this.write(bytes)
  }

  writeZeroes(length: bigint): void {
    if (length > CHUNK_BYTES) throw new Error(`write-zeroes of ${length} bytes, at most ${CHUNK_BYTES} allowed`)
    this.write(new Uint8Array(Number(length)))
  }

  blockingWriteZeroesAndFlush(length: bigint): void {
    this.writeZeroes(length)
  }

  splice(source: InputStream, length: bigint): bigint {
    const bytes = source.read(length)
    this.write(bytes)
    return BigInt(bytes.length)
  }

  blockingSplice(source: InputStream, length: bigint): bigint {
    return this.splice(source, length)
  }

  flush(): void {}

  blockingFlush(): void {}

  subscribe(): Pollable {
    return new Pollable(this.#guest)
  }
}
