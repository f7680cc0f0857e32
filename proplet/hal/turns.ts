import type { Answer } from '../../shared/bus.ts'

type Work = () => Answer | Promise<Answer>

/** Operations of one bus, one at a time in the order in which they came; or all at once where nothing is shared. */
export class Turns {
  readonly #serial: boolean
  #busy = false
  readonly #waiting: (() => void)[] = []

  constructor(serial: boolean) {
    this.#serial = serial
  }

  /** An answer that is there is given without a promise. */
  take(signal: AbortSignal, work: Work): Answer | Promise<Answer> {
    if (!this.#serial) return work()
    if (this.#busy) return new Promise((resolve) => this.#waiting.push(() => resolve(this.#begin(signal, work))))
    return this.#begin(signal, work)
  }

  #begin(signal: AbortSignal, work: Work): Answer | Promise<Answer> {
    if (signal.aborted) return this.#next({ error: 'cancelled' })
    this.#busy = true
    const answer = work()
    return answer instanceof Promise ? answer.then((one) => this.#next(one)) : this.#next(answer)
  }

  #next(answer: Answer): Answer {
    this.#busy = false
    this.#waiting.shift()?.()
    return answer
  }
}
