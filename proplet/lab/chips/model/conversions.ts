import type { LabClock } from '../../part.ts'

export type Converter = {
  /** So many conversions, one after the other, have ended. Asked for a few at most: more of the same change nothing. */
  convert(times: number): void
  /** Whether the next conversion can change something that is seen without being asked, like an alert. */
  pending(): boolean
}

/** Conversions after which equal input has no further effect: the longest fault queue of our chips, and some more. */
const ENOUGH = 8n

/** A converter that runs by itself. It is brought up to date when somebody looks, and woken only for what is pending. */
export class Conversions {
  readonly #clock: LabClock
  readonly #converter: Converter
  #period: bigint | undefined
  #began = 0n
  #done = 0n
  #cancel: (() => void) | undefined

  constructor(clock: LabClock, converter: Converter) {
    this.#clock = clock
    this.#converter = converter
  }

  /** From now on one every `period`, the first after `first`. */
  run(period: bigint, first = period): void {
    this.#period = period
    this.#began = this.#clock.now() + first - period
    this.#done = 0n
    this.arm()
  }

  halt(): void {
    this.#period = undefined
    this.#cancel?.()
  }

  settle(): void {
    if (!this.#period) return
    const ended = (this.#clock.now() - this.#began) / this.#period
    const fresh = ended - this.#done
    this.#done = ended
    if (fresh > 0n) this.#converter.convert(Number(fresh < ENOUGH ? fresh : ENOUGH))
  }

  /** Wakes at the next conversion, where that matters. */
  arm(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (!this.#period || !this.#converter.pending()) return
    const next = this.#began + (this.#done + 1n) * this.#period
    this.#cancel = this.#clock.after(next - this.#clock.now(), () => {
      this.settle()
      this.arm()
    })
  }
}
