export type StreamName = 'stdout' | 'stderr'

/** Shared with the agent, so that what a guest wrote is there even when its worker had to be killed. */
export type OutputBuffers = { readonly stdout: SharedArrayBuffer; readonly stderr: SharedArrayBuffer }

/** The first four bytes hold the length of what follows. */
export const OUTPUT_HEADER_BYTES = 8

/** Thrown through the guest's frames when it writes past its cap. */
export class OutputLimitSignal extends Error {
  constructor() {
    super('output limit passed')
  }
}

type Sink = { readonly buffer: SharedArrayBuffer; readonly length: Int32Array; readonly bytes: Uint8Array }

const sinkOf = (buffer: SharedArrayBuffer): Sink => ({
  buffer,
  length: new Int32Array(buffer, 0, 1),
  bytes: new Uint8Array(buffer),
})

/** Appends to the shared buffers, up to a cap on both together. */
export class OutputWriter {
  /** Whether the guest wrote more than it may; it may have swallowed the signal. */
  passed = false
  #left = 0
  #sinks: Record<StreamName, Sink> | undefined
  #onWrite: () => void = () => {}

  begin(options: { capBytes: number; buffers?: OutputBuffers | undefined; onWrite: () => void }): void {
    const { capBytes, buffers, onWrite } = options
    this.passed = false
    this.#left = capBytes
    this.#onWrite = onWrite
    if (buffers) this.#sinks = { stdout: sinkOf(buffers.stdout), stderr: sinkOf(buffers.stderr) }
  }

  write(stream: StreamName, bytes: Uint8Array): void {
    const taken = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left)
    this.#append(stream, taken)
    this.#left -= taken.length
    this.#onWrite()
    if (taken.length === bytes.length) return
    this.passed = true
    throw new OutputLimitSignal()
  }

  #append(stream: StreamName, bytes: Uint8Array): void {
    const sink = this.#sinks?.[stream]
    if (!sink) return
    const length = Atomics.load(sink.length, 0)
    const needed = OUTPUT_HEADER_BYTES + length + bytes.length
    if (needed > sink.buffer.byteLength)
      sink.buffer.grow(Math.min(Math.max(needed, sink.buffer.byteLength * 2), sink.buffer.maxByteLength))
    sink.bytes.set(bytes, OUTPUT_HEADER_BYTES + length)
    Atomics.store(sink.length, 0, length + bytes.length)
  }
}
