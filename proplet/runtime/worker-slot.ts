import { Worker } from 'node:worker_threads'
import type { Done, FromWorker, ImageLoad, Job } from './job.ts'
import { OutputReader } from './output-reader.ts'

/** Images that one worker keeps compiled. */
const MAX_IMAGES = 16
const STACK_MB = 4
// Larger than the default for a heap of this size: each fresh component instance leaves some garbage.
const YOUNG_MB = 8

/** How a job ended: by the guest, or with its worker. */
export type SlotEnd = Done | { readonly kind: 'died'; readonly outOfMemory: boolean; readonly message: string }

/** A job without what the slot knows itself. */
export type SlotJob = Omit<Job, 'image' | 'load' | 'forget' | 'output'> & { readonly image: ImageLoad }

export type SlotOptions = { readonly source: string; readonly jsHeapMb: number; readonly onGone: () => void }

/** One worker thread: locked down, one job at a time, gone for good once it is terminated. */
export class WorkerSlot {
  readonly jsHeapMb: number
  readonly output = new OutputReader()
  readonly ready: Promise<void>
  /** Ids of the images that the worker holds, least recently used first. */
  readonly #images = new Set<number>()
  readonly #worker: Worker
  #current: { image: number; resolve: (end: SlotEnd) => void; onOutput: () => void } | undefined
  #death = { outOfMemory: false, message: 'the worker ended' }
  #gone = false

  constructor(options: SlotOptions) {
    this.jsHeapMb = options.jsHeapMb
    this.#worker = startWorker(options)
    this.ready = new Promise((resolve) => {
      this.#worker.once('message', () => resolve())
      this.#worker.once('exit', () => resolve())
    })
    this.#worker.on('message', (message: FromWorker) => this.#heard(message))
    this.#worker.on('error', (error: unknown) => this.#failed(error))
    this.#worker.on('exit', () => {
      this.#gone = true
      this.#finish({ kind: 'died', ...this.#death })
      options.onGone()
    })
  }

  get gone(): boolean {
    return this.#gone
  }

  holds(image: number): boolean {
    return this.#images.has(image)
  }

  run(job: SlotJob, onOutput: () => void): Promise<SlotEnd> {
    if (this.#gone) return Promise.resolve({ kind: 'died', ...this.#death })
    const { promise, resolve } = Promise.withResolvers<SlotEnd>()
    const { image, ...rest } = job
    this.#current = { image: image.id, resolve, onOutput }
    const load = this.holds(image.id) ? undefined : image
    const forget = this.#remember(image.id)
    const output = this.output.begin()
    this.#worker.postMessage({ ...rest, image: image.id, load, forget, output } satisfies Job)
    return promise
  }

  /** Resolves when the thread is gone; a guest cannot delay it, a native call can. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #remember(image: number): number[] {
    this.#images.delete(image)
    this.#images.add(image)
    const forget = [...this.#images].slice(0, Math.max(0, this.#images.size - MAX_IMAGES))
    for (const id of forget) this.#images.delete(id)
    return forget
  }

  #heard(message: FromWorker): void {
    if (message.kind === 'output') this.#current?.onOutput()
    if (message.kind === 'done') this.#finish(message)
  }

  #failed(error: unknown): void {
    const code = (error as { code?: unknown } | undefined)?.code
    this.#death = { outOfMemory: code === 'ERR_WORKER_OUT_OF_MEMORY', message: String(error) }
  }

  #finish(end: SlotEnd): void {
    const current = this.#current
    this.#current = undefined
    // It may have failed to load, so it is sent again next time.
    if (current && end.kind === 'done' && end.end.how === 'link') this.#images.delete(current.image)
    current?.resolve(end)
  }
}

function startWorker({ source, jsHeapMb }: SlotOptions): Worker {
  const worker = new Worker(source, {
    eval: true,
    name: 'samara-guest',
    // No flag that allows anything: no files, no processes, no workers, no addons. An empty list would lift the lock.
    execArgv: ['--permission'],
    env: {},
    argv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: jsHeapMb, maxYoungGenerationSizeMb: YOUNG_MB, stackSizeMb: STACK_MB },
  })
  // Nothing of ours writes there; read and dropped so that nothing piles up.
  worker.stdout.resume()
  worker.stderr.resume()
  return worker
}
