import type { LabClock } from '../../part.ts'

export type Due = {
  readonly count: number
  /** When the one with this index was taken; 0 is the oldest. */
  at(index: number): bigint
}

/** When a sensor that samples by itself took its samples. */
export class Samples {
  readonly #clock: LabClock
  #period: bigint | undefined
  #began = 0n
  #taken = 0n

  constructor(clock: LabClock) {
    this.#clock = clock
  }

  run(period: bigint): void {
    this.#period = period
    this.#began = this.#clock.now()
    this.#taken = 0n
  }

  halt(): void {
    this.#period = undefined
  }

  /** Those that ended since the last question. */
  due(): Due {
    const period = this.#period
    if (!period) return { count: 0, at: () => 0n }
    const began = this.#began
    const first = this.#taken + 1n
    this.#taken = (this.#clock.now() - began) / period
    return { count: Number(this.#taken - first + 1n), at: (index) => began + (first + BigInt(index)) * period }
  }
}
