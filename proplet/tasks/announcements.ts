import type { Clock, Stop } from '../../shared/clock.ts'
import type { Outbound } from '../outbound.ts'
import type { Attempt, AttemptTable } from './attempts.ts'

/** An attempt that is held for this long is announced; most have their result before. */
const PATIENCE_MS = 20
const LOOK_MS = 20

export type AnnouncementsOptions = {
  readonly table: AttemptTable
  readonly outbound: Outbound
  readonly clock: Clock
  readonly epoch: () => number
}

/** `started`, within 50 ms unless the result goes first. One timer for all, since most attempts need none. [P-5.2] */
export class Announcements {
  readonly #options: AnnouncementsOptions
  #timer: Stop | undefined

  constructor(options: AnnouncementsOptions) {
    this.#options = options
  }

  /** The attempt is new, or in another phase. */
  due(attempt: Attempt): void {
    attempt.announceMs ??= this.#options.clock.monotonic() + PATIENCE_MS
    this.#timer ??= this.#options.clock.after(LOOK_MS, () => this.#look())
  }

  now(attempt: Attempt): void {
    attempt.announceMs = undefined
    this.#options.outbound.send('started', { ...attempt.ref, epoch: this.#options.epoch(), phase: attempt.phase })
  }

  close(): void {
    this.#timer?.()
  }

  #look(): void {
    this.#timer = undefined
    const nowMs = this.#options.clock.monotonic()
    let left = false
    for (const attempt of this.#options.table.all()) {
      if (attempt.announceMs === undefined) continue
      if (attempt.announceMs <= nowMs) this.now(attempt)
      else left = true
    }
    if (left) this.#timer = this.#options.clock.after(LOOK_MS, () => this.#look())
  }
}
