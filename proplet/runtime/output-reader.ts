import { MAX_BODY_BYTES } from '../../shared/fields.ts'
import { OUTPUT_HEADER_BYTES, type OutputBuffers, type StreamName } from './hosts/output.ts'

const FIRST_BYTES = 16 * 1024
/** Buffers that grew beyond this are not kept for the next call. */
const KEEP_BYTES = 256 * 1024
/** Most text of one log batch; the rest follows in the next. */
const BATCH_BYTES = 16 * 1024

type Cursor = { at: number; readonly decoder: InstanceType<typeof TextDecoder> }

/** The agent's side of a worker's output buffers. What the worker writes there is bounded here, not believed. */
export class OutputReader {
  #buffers: OutputBuffers | undefined
  #cursors: Record<StreamName, Cursor> = cursors()

  /** Empties the buffers for the next job; returns them where the worker has to be told of new ones. */
  begin(): OutputBuffers | undefined {
    this.#cursors = cursors()
    if (this.#buffers && size(this.#buffers) <= KEEP_BYTES) {
      Atomics.store(new Int32Array(this.#buffers.stdout, 0, 1), 0, 0)
      Atomics.store(new Int32Array(this.#buffers.stderr, 0, 1), 0, 0)
      return undefined
    }
    this.#buffers = { stdout: newBuffer(), stderr: newBuffer() }
    return this.#buffers
  }

  /** A copy of all that was written; undefined where nothing was. */
  bytes(stream: StreamName): Uint8Array | undefined {
    const written = this.#written(stream)
    return written && written.length > 0 ? Uint8Array.from(written) : undefined
  }

  /** Hands on what came since the last time: whole lines, or at the end everything. */
  follow(onLog: (stream: StreamName, text: string) => void, atEnd: boolean): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      for (let text = this.#batch(stream, atEnd); text !== ''; text = this.#batch(stream, atEnd)) onLog(stream, text)
    }
  }

  #batch(stream: StreamName, atEnd: boolean): string {
    const written = this.#written(stream)
    const cursor = this.#cursors[stream]
    if (!written) return ''
    const fresh = written.subarray(cursor.at, cursor.at + BATCH_BYTES)
    const lines = fresh.subarray(0, fresh.lastIndexOf(0x0a) + 1)
    // A line longer than a batch is handed on in pieces.
    const batch =
      atEnd && lines.length === 0 ? fresh : fresh.length === BATCH_BYTES && lines.length === 0 ? fresh : lines
    if (batch.length === 0) return ''
    cursor.at += batch.length
    // TextDecoder refuses shared memory.
    return cursor.decoder.decode(Uint8Array.from(batch), { stream: true })
  }

  #written(stream: StreamName): Uint8Array | undefined {
    const buffer = this.#buffers?.[stream]
    if (!buffer) return undefined
    const claimed = Atomics.load(new Int32Array(buffer, 0, 1), 0)
    const length = Math.max(0, Math.min(claimed, buffer.byteLength - OUTPUT_HEADER_BYTES))
    return new Uint8Array(buffer, OUTPUT_HEADER_BYTES, length)
  }
}

const cursors = (): Record<StreamName, Cursor> => ({
  stdout: { at: 0, decoder: new TextDecoder() },
  stderr: { at: 0, decoder: new TextDecoder() },
})

const size = (buffers: OutputBuffers): number => buffers.stdout.byteLength + buffers.stderr.byteLength

const newBuffer = (): SharedArrayBuffer =>
  new SharedArrayBuffer(FIRST_BYTES, { maxByteLength: OUTPUT_HEADER_BYTES + MAX_BODY_BYTES })
