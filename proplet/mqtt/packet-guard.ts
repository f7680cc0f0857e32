import { Duplex } from 'node:stream'

const PUBLISH = 3

export type PacketGuardOptions = {
  /** Bytes of the largest packet that passes whole. */
  readonly maxPacket: number
  readonly onOversize: (bytes: number) => void
}

/**
 * Finds the packets in a stream of bytes and empties those that are too large: a publish keeps its topic and packet id,
 * so that it is acknowledged and reported, and loses its payload before anything holds it in memory. [P-1.6]
 */
export class PacketFrames {
  readonly #options: PacketGuardOptions
  /** A head that the end of a chunk has cut. */
  #held: Buffer = Buffer.alloc(0)
  #pass = 0
  #skip = 0

  constructor(options: PacketGuardOptions) {
    this.#options = options
  }

  /** The bytes that go on, in order. */
  feed(chunk: Buffer): Buffer[] {
    const bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk
    this.#held = Buffer.alloc(0)
    const out: Buffer[] = []
    let from = 0
    let at = 0
    while (at < bytes.length) {
      if (this.#skip > 0 || this.#pass > 0) {
        const step = Math.min(this.#skip || this.#pass, bytes.length - at)
        if (this.#skip > 0) {
          this.#skip -= step
          from = at + step
        } else this.#pass -= step
        at += step
        continue
      }
      const head = readHead(bytes, at)
      // Not a length at all: the parser behind says so.
      if (head === 'wrong') return [...out, bytes.subarray(from)]
      const whole = head && this.#begin(bytes, at, head, out, from)
      if (!whole) break
      at = whole.at
      from = whole.from
    }
    if (at > from) out.push(bytes.subarray(from, at))
    if (at < bytes.length) this.#held = Buffer.from(bytes.subarray(at))
    return out
  }

  #begin(bytes: Buffer, at: number, head: Head, out: Buffer[], from: number): { at: number; from: number } | undefined {
    if (head.remaining + head.size <= this.#options.maxPacket) {
      this.#pass = head.remaining
      return { at: at + head.size, from }
    }
    const kept = keptBytes(bytes, at, head)
    if (kept === undefined) return undefined
    if (at > from) out.push(bytes.subarray(from, at))
    if (kept > 0) {
      const first = bytes[at] ?? 0
      out.push(Buffer.from([first, ...encodeLength(kept)]), bytes.subarray(at + head.size, at + head.size + kept))
    }
    this.#skip = head.remaining - kept
    this.#options.onOversize(head.remaining + head.size)
    const next = at + head.size + kept
    return { at: next, from: next }
  }
}

type Head = { readonly type: number; readonly qos: number; readonly size: number; readonly remaining: number }

function readHead(bytes: Buffer, at: number): Head | 'wrong' | undefined {
  let remaining = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[at + 1 + i]
    if (byte === undefined) return undefined
    remaining += (byte & 127) * 128 ** i
    const first = bytes[at] ?? 0
    if (byte < 128) return { type: first >> 4, qos: (first >> 1) & 3, size: 2 + i, remaining }
  }
  return 'wrong'
}

/** Bytes of topic and packet id; undefined while they have not all come. A packet without a topic keeps nothing. */
function keptBytes(bytes: Buffer, at: number, head: Head): number | undefined {
  if (head.type !== PUBLISH) return 0
  const start = at + head.size
  if (bytes.length < start + 2) return undefined
  const kept = 2 + bytes.readUInt16BE(start) + (head.qos > 0 ? 2 : 0)
  if (kept > head.remaining) return 0
  return bytes.length < start + kept ? undefined : kept
}

function encodeLength(length: number): number[] {
  const bytes: number[] = []
  for (let rest = length; ; ) {
    const byte = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? byte | 128 : byte)
    if (rest === 0) return bytes
  }
}

/** A socket whose incoming bytes have gone through `PacketFrames`. */
export class PacketGuard extends Duplex {
  readonly #socket: Duplex
  readonly #frames: PacketFrames

  constructor(socket: Duplex, options: PacketGuardOptions) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.#frames = new PacketFrames(options)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  #take(chunk: Buffer): void {
    for (const bytes of this.#frames.feed(chunk)) if (!this.push(bytes)) this.#socket.pause()
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done)
  }

  /** One system call for the pieces of a packet. */
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  override _final(done: () => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}
