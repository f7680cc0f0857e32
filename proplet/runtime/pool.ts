import type { Clock, Stop } from '../../shared/clock.ts'
import { SamaraError } from '../../shared/errors.ts'
import { WorkerSlot } from './worker-slot.ts'

export type PoolOptions = {
  readonly clock: Clock
  /** The worker's script. */
  readonly source: string
  /** Calls that run at once. */
  readonly size: number
  /** Workers that wait for work when there is none. */
  readonly warm: number
  /** Calls that may wait for a worker. */
  readonly queue: number
  /** Instances that may be kept. */
  readonly kept: number
  /** JavaScript heap of a worker that was started before anybody asked for one. */
  readonly jsHeapMb: number
  /** After this long without work, workers beyond `warm` are ended. */
  readonly shrinkMs: number
}

export type Wish = {
  readonly image: number
  readonly jsHeapMb: number
  /** Key of a kept instance. */
  readonly keep?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** A worker for one call. It is handed back once: to be used again, or to be ended with all that it holds. */
export type Lease = { readonly slot: WorkerSlot; reuse(): void; end(): Promise<void> }

type Waiting = {
  readonly wish: Wish
  readonly resolve: (lease: Lease) => void
  readonly reject: (error: SamaraError) => void
}
type Kept = { readonly slot: WorkerSlot; readonly image: number; busy: boolean; released: boolean }

/** Worker threads, first come first served; a call prefers a worker that has its module. */
export class Pool {
  readonly #options: PoolOptions
  /** Free workers, the one used last at the end. */
  #idle: WorkerSlot[] = []
  readonly #kept = new Map<string, Kept>()
  readonly #all = new Set<WorkerSlot>()
  #waiting: Waiting[] = []
  #running = 0
  #usedAtMs: number
  #closed = false
  readonly #stopShrinking: Stop

  constructor(options: PoolOptions) {
    this.#options = options
    this.#usedAtMs = options.clock.monotonic()
    this.#stopShrinking = options.clock.every(options.shrinkMs, () => this.#shrink())
    this.#refill()
  }

  stats(): { workers: number; running: number; waiting: number; kept: number } {
    return { workers: this.#all.size, running: this.#running, waiting: this.#waiting.length, kept: this.#kept.size }
  }

  /** Rejects with CANCELLED when the signal comes first, RESOURCE_EXHAUSTED when too many wait or are kept. */
  acquire(wish: Wish): Promise<Lease> {
    const { promise, resolve, reject } = Promise.withResolvers<Lease>()
    if (this.#closed) reject(new SamaraError('UNAVAILABLE', 'the runtime is closed'))
    else if (wish.signal?.aborted) reject(cancelled())
    else this.#enqueue({ wish, resolve, reject })
    return promise
  }

  release(key: string): void {
    const kept = this.#kept.get(key)
    if (!kept) return
    kept.released = true
    if (kept.busy) return
    this.#kept.delete(key)
    void kept.slot.terminate()
    this.#dispatch()
  }

  /** Refuses who waits and ends every worker, working or not. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stopShrinking()
    for (const { reject } of this.#waiting) reject(new SamaraError('UNAVAILABLE', 'the runtime is closed'))
    this.#waiting = []
    await Promise.all([...this.#all].map((slot) => slot.terminate()))
  }

  #enqueue(entry: Waiting): void {
    const started = this.#start(entry)
    if (started) return
    const { queue } = this.#options
    if (this.#waiting.length >= queue)
      return entry.reject(
        new SamaraError('RESOURCE_EXHAUSTED', `runtime: ${queue} calls are waiting for a worker already`),
      )
    const { signal } = entry.wish
    const abort = () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting)
      entry.reject(cancelled())
    }
    const waiting: Waiting = {
      ...entry,
      resolve: (lease) => {
        signal?.removeEventListener('abort', abort)
        entry.resolve(lease)
      },
    }
    signal?.addEventListener('abort', abort, { once: true })
    this.#waiting.push(waiting)
  }

  #dispatch(): void {
    if (this.#closed) return
    // One that waits for its busy instance does not hold up those behind it.
    for (const waiting of [...this.#waiting]) {
      if (this.#running >= this.#options.size) return
      if (this.#start(waiting)) this.#waiting = this.#waiting.filter((other) => other !== waiting)
    }
  }

  /** Starts or refuses a call; false when it has to wait. */
  #start(entry: Waiting): boolean {
    if (this.#running >= this.#options.size) return false
    const { keep } = entry.wish
    if (keep !== undefined) return this.#startKept(entry, keep)
    this.#lend(entry, this.#pick(entry.wish), (slot) => this.#giveBack(slot))
    return true
  }

  #startKept(entry: Waiting, key: string): boolean {
    const { wish } = entry
    let kept = this.#kept.get(key)
    if (kept?.busy) return false
    if (kept && (kept.image !== wish.image || kept.slot.gone)) {
      this.#kept.delete(key)
      void kept.slot.terminate()
      kept = undefined
    }
    if (!kept && this.#kept.size >= this.#options.kept) {
      entry.reject(new SamaraError('RESOURCE_EXHAUSTED', `runtime: ${this.#options.kept} instances are kept already`))
      return true
    }
    const entryKept = kept ?? { slot: this.#pick(wish), image: wish.image, busy: false, released: false }
    this.#kept.set(key, entryKept)
    entryKept.busy = true
    this.#lend(entry, entryKept.slot, () => {
      entryKept.busy = false
      if (entryKept.slot.gone || entryKept.released) this.#dropKept(key, entryKept)
    })
    return true
  }

  #dropKept(key: string, kept: Kept): void {
    if (this.#kept.get(key) === kept) this.#kept.delete(key)
    void kept.slot.terminate()
  }

  #lend(entry: Waiting, slot: WorkerSlot, onReturn: (slot: WorkerSlot) => void): void {
    this.#running++
    const back = () => {
      this.#running--
      this.#usedAtMs = this.#options.clock.monotonic()
      onReturn(slot)
      this.#refill()
      this.#dispatch()
    }
    entry.resolve({
      slot,
      reuse: back,
      end: async () => {
        await slot.terminate()
        back()
      },
    })
  }

  #giveBack(slot: WorkerSlot): void {
    if (!slot.gone && !this.#closed) this.#idle.push(slot)
  }

  /** A free worker: best one that has the image, else the one used last; else a new one. */
  #pick(wish: Wish): WorkerSlot {
    const fits = this.#idle.filter((slot) => slot.jsHeapMb === wish.jsHeapMb && !slot.gone)
    const chosen = fits.findLast((slot) => slot.holds(wish.image)) ?? fits.at(-1)
    if (!chosen) return this.#spawn(wish.jsHeapMb)
    this.#idle = this.#idle.filter((slot) => slot !== chosen)
    return chosen
  }

  #spawn(jsHeapMb: number): WorkerSlot {
    const slot: WorkerSlot = new WorkerSlot({
      source: this.#options.source,
      jsHeapMb,
      onGone: () => {
        this.#all.delete(slot)
        this.#idle = this.#idle.filter((other) => other !== slot)
      },
    })
    this.#all.add(slot)
    return slot
  }

  #refill(): void {
    const { warm, jsHeapMb } = this.#options
    while (!this.#closed && this.#idle.length + this.#running < warm) this.#idle.push(this.#spawn(jsHeapMb))
  }

  #shrink(): void {
    const { clock, shrinkMs, warm } = this.#options
    if (clock.monotonic() - this.#usedAtMs < shrinkMs) return
    for (const slot of this.#idle.splice(0, Math.max(0, this.#idle.length - warm))) void slot.terminate()
  }
}

const cancelled = (): SamaraError => new SamaraError('CANCELLED', 'cancelled before it ran')
