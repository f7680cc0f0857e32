/** Something that a run wants for itself, or shares with others that only look. */
export type Wanted = { readonly place: string; readonly shared: boolean }

type Request = { readonly wanted: readonly Wanted[]; readonly grant: () => void }

/**
 * Devices by place, each in the hands of one run. A run gets all that it wants at once or waits, so nobody holds one
 * device while it waits for another. Who asked first goes first, wherever they want the same.
 */
export class Locks {
  readonly #held = new Set<Request>()
  readonly #waiting = new Set<Request>()

  get waiting(): number {
    return this.#waiting.size
  }

  /** What gives them back; undefined where the signal came first. */
  async acquire(wanted: readonly Wanted[], signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined
    const now = this.tryAcquire(wanted)
    if (now) return now
    return new Promise((resolve) => {
      const request: Request = {
        wanted,
        grant: () => {
          signal.removeEventListener('abort', aborted)
          resolve(this.#hold(request))
        },
      }
      const aborted = () => {
        this.#waiting.delete(request)
        this.#dispatch()
        resolve(undefined)
      }
      this.#waiting.add(request)
      signal.addEventListener('abort', aborted, { once: true })
    })
  }

  tryAcquire(wanted: readonly Wanted[]): (() => void) | undefined {
    const request: Request = { wanted, grant: () => undefined }
    const others = [...this.#held, ...this.#waiting]
    return others.some((other) => conflict(other, request)) ? undefined : this.#hold(request)
  }

  #hold(request: Request): () => void {
    this.#held.add(request)
    return () => {
      if (this.#held.delete(request)) this.#dispatch()
    }
  }

  #dispatch(): void {
    const before: Request[] = []
    for (const request of [...this.#waiting]) {
      const blocked = [...this.#held, ...before].some((other) => conflict(other, request))
      if (blocked) before.push(request)
      else if (this.#waiting.delete(request)) request.grant()
    }
  }
}

const conflict = (a: Request, b: Request): boolean =>
  a.wanted.some((one) => b.wanted.some((other) => one.place === other.place && !(one.shared && other.shared)))
