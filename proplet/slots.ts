/** A number of places to run in, given out in the order they were asked for. */
export class Slots {
  readonly #waiting = new Set<() => void>()
  #free: number

  constructor(count: number) {
    this.#free = count
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Takes a place at once where there is one: the usual case costs no turn of the event loop. */
  tryTake(): boolean {
    if (this.#free === 0) return false
    this.#free--
    return true
  }

  /** True with a place to give back; false where `signal` came first. */
  async take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    if (this.tryTake()) return true
    return new Promise((resolve) => {
      const granted = () => {
        signal.removeEventListener('abort', aborted)
        resolve(true)
      }
      const aborted = () => {
        this.#waiting.delete(granted)
        resolve(false)
      }
      this.#waiting.add(granted)
      signal.addEventListener('abort', aborted, { once: true })
    })
  }

  give(): void {
    const [next] = this.#waiting
    if (!next) {
      this.#free++
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
