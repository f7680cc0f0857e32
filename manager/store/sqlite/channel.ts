import { Worker } from 'node:worker_threads'
import { SamaraError, toSamaraError } from '../../../shared/errors.ts'
import { type Call, type CallName, type FromWorker, fromPlain, type WorkerData } from './messages.ts'

/** The main thread's end: collects the calls of a turn, posts them together, and settles their promises. */

export type ChannelOptions = {
  readonly worker: URL
  readonly data: () => WorkerData
  readonly onCrash: (error: Error) => void
}

/** Counted since the store was opened. */
export type Statistics = {
  readonly calls: number
  /** Groups of calls that were committed; fewer than calls when they come together. */
  readonly commits: number
  readonly crashes: number
  readonly waiting: number
}

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void }

/** Calls under way at once; beyond it the caller is told to come again. */
const MAX_WAITING = 65_536

export class Channel {
  readonly #options: ChannelOptions
  readonly #waiting = new Map<number, Waiting>()
  #queue: Call[] = []
  #worker: Worker | undefined
  #closing: Promise<void> | undefined
  #calls = 0
  #commits = 0
  #crashes = 0

  constructor(options: ChannelOptions) {
    this.#options = options
  }

  /** Starts the thread. Resolves with the incarnation once the database is open. */
  open(): Promise<number> {
    const worker = this.#start()
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'opened') resolve(message.incarnation)
        else if (message.kind === 'failed') reject(fromPlain(message.error))
      })
      worker.once('exit', () =>
        reject(new SamaraError('UNAVAILABLE', 'store: its thread ended before the database was open')),
      )
      worker.once('error', reject)
    })
  }

  statistics(): Statistics {
    return { calls: this.#calls, commits: this.#commits, crashes: this.#crashes, waiting: this.#waiting.size }
  }

  /** Resolves with the call's value when it is committed. */
  call(name: CallName, args: readonly unknown[]): Promise<unknown> {
    if (this.#closing) return Promise.reject(new SamaraError('UNAVAILABLE', `store: ${name} after it was closed`))
    if (this.#waiting.size >= MAX_WAITING)
      return Promise.reject(
        new SamaraError('RESOURCE_EXHAUSTED', `store: ${MAX_WAITING} calls are waiting for the disk`),
      )
    return this.#enqueue(name, args)
  }

  /** Lets every call end, then the thread. */
  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  #enqueue(name: CallName, args: readonly unknown[]): Promise<unknown> {
    const id = this.#calls++
    // One post for all calls of a turn: each costs the other thread a wake-up.
    if (this.#queue.length === 0) setImmediate(() => this.#flush())
    this.#queue.push({ id, name, args: args.map(compact) })
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  #flush(): void {
    const calls = this.#queue
    this.#queue = []
    const worker = this.#worker ?? this.#start()
    try {
      worker.postMessage(calls)
    } catch {
      for (const call of calls) this.#postOne(worker, call)
    }
  }

  /** A value that cannot cross threads fails its own call, not its neighbours'. */
  #postOne(worker: Worker, call: Call): void {
    try {
      worker.postMessage([call])
    } catch (error) {
      this.#take(call.id)?.reject(toSamaraError(error))
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#options.worker, { workerData: this.#options.data(), execArgv: [], name: 'store' })
    this.#worker = worker
    worker.on('message', (message: FromWorker) => this.#receive(message))
    worker.on('error', (error: Error) => this.#lose(worker, error))
    worker.on('exit', (code) => this.#lose(worker, this.#closing ? undefined : new Error(`it ended with code ${code}`)))
    return worker
  }

  #receive(message: FromWorker): void {
    if (message.kind === 'failed') this.#fail(fromPlain(message.error))
    if (message.kind !== 'answers') return
    this.#commits += message.commits
    for (const { id, value, error } of message.answers) {
      const waiting = this.#take(id)
      if (error) waiting?.reject(fromPlain(error))
      else waiting?.resolve(value)
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }

  /** The thread is gone; the next call starts another. Calls under way may or may not be on the disk. */
  #lose(worker: Worker, error: Error | undefined): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    if (error) {
      this.#crashes++
      this.#options.onCrash(error)
    }
    const told = error ? `: ${error.message}` : ''
    this.#rejectAll(
      new SamaraError('UNAVAILABLE', `store: its thread ended while the call was under way${told}`, { cause: error }),
    )
  }

  /** The database did not open, and the thread is about to end; the next call tries with another. */
  #fail(error: SamaraError): void {
    this.#worker = undefined
    this.#rejectAll(error)
  }

  #rejectAll(error: SamaraError): void {
    const queued = new Set(this.#queue.map(({ id }) => id))
    for (const [id, waiting] of this.#waiting) {
      if (queued.has(id)) continue
      this.#waiting.delete(id)
      waiting.reject(error)
    }
  }

  async #end(): Promise<void> {
    const worker = this.#worker ?? (this.#queue.length > 0 ? this.#start() : undefined)
    if (!worker) return
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    const closed = this.#enqueue('close', [])
    try {
      await closed
    } finally {
      await exited
    }
  }
}

/** Bytes that are a part of a larger buffer, as Node's small ones are, would cross with all of it. */
function compact(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return value.byteLength === value.buffer.byteLength ? value : new Uint8Array(value)
  if (Array.isArray(value)) return value.map(compact)
  let copy: Record<string, unknown> | undefined
  for (const [key, inner] of Object.entries(value)) {
    const compacted = compact(inner)
    if (compacted === inner) continue
    copy ??= { ...value }
    copy[key] = compacted
  }
  return copy ?? value
}
