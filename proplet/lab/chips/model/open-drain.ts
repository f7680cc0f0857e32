import type { GpioModel } from '../../part.ts'

/** An output that pulls its line low or lets it go. */
export class OpenDrain implements GpioModel {
  readonly #isLow: () => boolean
  #tell = () => {}

  constructor(isLow: () => boolean) {
    this.#isLow = isLow
  }

  level(): boolean | undefined {
    return this.#isLow() ? false : undefined
  }

  onLevel(fn: () => void): void {
    this.#tell = fn
  }

  /** What it depends on has changed. */
  look(): void {
    this.#tell()
  }
}
