import type { Due } from './samples.ts'
import type { Vector } from './vibration.ts'

const DEPTH = 32

/**
 * - `bypass`: the newest sample alone
 * - `fill`: stands still when it is full
 * - `stream`: the oldest makes room
 */
export type FifoMode = 'bypass' | 'fill' | 'stream'

/** What accelerometers keep of their samples. */
export class Fifo {
  #mode: FifoMode = 'bypass'
  #kept: Vector[] = []
  #overrun = false
  newest: Vector = [0, 0, 0]
  /** Whether `newest` has not been read. */
  isFresh = false

  /** A mode that begins, begins empty. */
  enter(mode: FifoMode): void {
    if (mode !== this.#mode) this.clear()
    this.#mode = mode
  }

  clear(): void {
    this.#kept = []
    this.#overrun = false
  }

  get isOn(): boolean {
    return this.#mode !== 'bypass'
  }

  get length(): number {
    return this.#kept.length
  }

  get overrun(): boolean {
    return this.#overrun
  }

  get oldest(): Vector {
    return this.#kept[0] ?? this.newest
  }

  /** Takes the samples that are due; those that nobody could see any more are not computed. */
  take(due: Due, sample: (ns: bigint) => Vector): void {
    if (due.count === 0) return
    const room = DEPTH - this.#kept.length
    if (this.isOn && due.count > room) this.#overrun = true
    const from = this.#mode === 'fill' ? 0 : Math.max(0, due.count - DEPTH)
    const to = this.#mode === 'fill' ? Math.min(due.count, room) : due.count
    for (let index = from; this.isOn && index < to; index++) this.#kept.push(sample(due.at(index)))
    this.#kept = this.#kept.slice(-DEPTH)
    this.newest = this.#kept.at(-1) ?? sample(due.at(due.count - 1))
    this.isFresh = true
  }

  /** The oldest has been read. */
  drop(): void {
    this.#kept.shift()
    this.#overrun = false
  }
}
