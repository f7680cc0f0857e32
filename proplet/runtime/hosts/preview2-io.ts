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

/** Ready at `atNs` of the monotonic clock; streams are ready always. */
export class Pollable {
  readonly atNs: bigint
  readonly #guest: Guest

  constructor(guest: Guest, atNs = 0n) {
    this.#guest = guest
    this.atNs = atNs
  }

  get leftMs(): number {
    const left = this.atNs - monotonicNs()
    return left > 0n ? Number(left) / NS_PER_MS : 0
  }

  ready(): boolean {
    return this.leftMs === 0
  }

  block(): void {
    // A wait may end a fraction early.
    while (!this.ready()) this.#guest.sleep(this.leftMs)
  }
}

/** `wasi:io/poll.poll`: waits for the first of the list and names all that are ready. */
export function poll(guest: Guest, list: readonly Pollable[]): Uint32Array {
  guest.repay()
  const [first] = list.toSorted((a, b) => (a.atNs < b.atNs ? -1 : 1))
  if (!first) throw new Error('poll of an empty list')
  first.block()
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
