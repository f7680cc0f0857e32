import { SamaraError } from '../errors.ts'
import { MAX_LAB_FRAME_BYTES } from './socket.ts'

const HEAD_BYTES = 4

/** One message with its length before it. */
export function frame(message: Uint8Array): Buffer {
  if (message.length > MAX_LAB_FRAME_BYTES) throw tooLong(message.length)
  const framed = Buffer.allocUnsafe(HEAD_BYTES + message.length)
  framed.writeUInt32BE(message.length)
  framed.set(message, HEAD_BYTES)
  return framed
}

const tooLong = (lengthBytes: number): SamaraError =>
  new SamaraError('TOO_LARGE', `frame: ${lengthBytes} bytes, at most ${MAX_LAB_FRAME_BYTES} expected`)

/** Takes a stream apart into messages, however it was cut. Throws TOO_LARGE before it keeps what is too long. */
export class FrameReader {
  #pieces: Uint8Array[] = []
  #length = 0
  /** Bytes without which there is nothing to look at: pieces are joined once, not each time one comes. */
  #needed = HEAD_BYTES

  push(piece: Uint8Array): Uint8Array[] {
    this.#pieces.push(piece)
    this.#length += piece.length
    if (this.#length < this.#needed) return []
    const bytes = this.#join()
    const messages: Uint8Array[] = []
    let at = 0
    for (;;) {
      const left = bytes.length - at
      this.#needed = left < HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + lengthAt(bytes, at)
      if (left < this.#needed) break
      at += this.#needed
      messages.push(bytes.subarray(at - this.#needed + HEAD_BYTES, at))
    }
    const rest = bytes.subarray(at)
    this.#pieces = rest.length > 0 ? [rest] : []
    this.#length = rest.length
    return messages
  }

  #join(): Buffer {
    const [first] = this.#pieces
    if (this.#pieces.length === 1 && first) return Buffer.from(first.buffer, first.byteOffset, first.length)
    return Buffer.concat(this.#pieces, this.#length)
  }
}

function lengthAt(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32BE(at)
  if (length > MAX_LAB_FRAME_BYTES) throw tooLong(length)
  return length
}
