/** Work that several may want at the same time and that is done once; it is stopped when the last of them has left. */
export class SingleFlight<K, T> {
  readonly #flights = new Map<K, { readonly result: Promise<T>; readonly abort: AbortController; waiters: number }>()

  /** Rejects with the reason of `signal` when that comes first. */
  join(key: K, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const flight = this.#flights.get(key) ?? this.#begin(key, work)
    flight.waiters++
    return new Promise<T>((resolve, reject) => {
      const left = () => {
        if (--flight.waiters === 0) {
          this.#forget(key, flight)
          flight.abort.abort()
        }
        reject(signal.reason)
      }
      signal.addEventListener('abort', left, { once: true })
      const stay = () => signal.removeEventListener('abort', left)
      flight.result.then(resolve, reject).finally(stay)
    })
  }

  #begin(key: K, work: (signal: AbortSignal) => Promise<T>) {
    const abort = new AbortController()
    const flight = { result: work(abort.signal), abort, waiters: 0 }
    this.#flights.set(key, flight)
    const forget = () => this.#forget(key, flight)
    flight.result.then(forget, forget)
    return flight
  }

  #forget(key: K, flight: object): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
  }
}
