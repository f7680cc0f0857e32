import type {
  ImageSource,
  Prepared,
  RunRequest,
  RunResult,
  Runtime,
  RuntimeStats,
} from '../../proplet/runtime/runtime.ts'
import type { Item } from '../../shared/cbor.ts'

/** A run that a test lets end. */
export type Held = { readonly request: RunRequest; end(result?: Partial<RunResult>): void }

type Behaviour = (request: RunRequest) => Partial<RunResult> | 'hold'

/** A runtime without guests: the export that is called says how the call ends. */
export class FakeRuntime implements Runtime {
  readonly formats = ['core-module'] as const
  readonly prepared: ImageSource[] = []
  readonly runs: RunRequest[] = []
  readonly held: Held[] = []
  readonly released: string[] = []
  closed = false
  onPrepare: (image: ImageSource) => void = () => undefined
  readonly behaviours: Record<string, Behaviour> = {
    add: ({ call }) => ({ value: Number(call.args[0]) + Number(call.args[1]) }),
    hold: () => 'hold',
    text: ({ call }) => ({ value: 'x'.repeat(Number(call.args[0])) }),
    trap: () => ({ outcome: 'trapped', error: { code: 'GUEST_TRAPPED', message: 'unreachable' } }),
    print: ({ onLog }) => {
      onLog?.('stdout', 'hello\n')
      return { stdout: Buffer.from('hello\n') }
    },
  }

  async prepare(image: ImageSource): Promise<Prepared> {
    this.onPrepare(image)
    this.prepared.push(image)
    await image.bytes()
    return { digest: image.digest, format: image.format, dir: '', source: image }
  }

  async run(request: RunRequest): Promise<RunResult> {
    this.runs.push(request)
    const behaviour = this.behaviours[request.call.export] ?? (() => ({ outcome: 'refused' }))
    const ends = behaviour(request)
    const result = ends === 'hold' ? await this.#hold(request) : ends
    return { outcome: 'completed', prepareUs: 1, runUs: 2, memoryPages: 1, ...result }
  }

  /** The held run at this place, once it is there. */
  async holding(index = 0): Promise<Held> {
    for (const deadlineMs = performance.now() + 5_000; performance.now() < deadlineMs; ) {
      const held = this.held[index]
      if (held) return held
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    throw new Error(`no run ${index} is held`)
  }

  args(): (readonly Item[])[] {
    return this.runs.map(({ call }) => call.args)
  }

  release(keepKey: string): void {
    this.released.push(keepKey)
  }

  async close(): Promise<void> {
    this.closed = true
  }

  stats(): RuntimeStats {
    return { workers: 0, running: 0, waiting: 0, kept: 0, modules: this.prepared.length }
  }

  #hold(request: RunRequest): Promise<Partial<RunResult>> {
    return new Promise((resolve) => {
      request.signal?.addEventListener('abort', () => resolve({ outcome: 'cancelled' }), { once: true })
      this.held.push({ request, end: (result = {}) => resolve(result) })
    })
  }
}
