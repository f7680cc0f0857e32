import type { Clock, Stop } from '../../shared/clock.ts'
import type { DeploymentState } from '../../shared/messages/index.ts'
import type { Outbound } from '../outbound.ts'

const LEAST_MS = 1_000

/** State and counts of a deployment: on every change, at most once a second, and after each hello. [P-7.4] */
export class StateReport {
  readonly #outbound: Outbound
  readonly #clock: Clock
  readonly #state: () => DeploymentState
  #sentMs = Number.NEGATIVE_INFINITY
  #timer: Stop | undefined

  constructor(options: { outbound: Outbound; clock: Clock; state: () => DeploymentState }) {
    this.#outbound = options.outbound
    this.#clock = options.clock
    this.#state = options.state
  }

  changed(): void {
    if (this.#timer) return
    const waitMs = this.#sentMs + LEAST_MS - this.#clock.monotonic()
    if (waitMs <= 0) return this.now()
    this.#timer = this.#clock.after(waitMs, () => this.now())
  }

  now(): void {
    this.close()
    // Without a connection nothing is lost: it is said after the next hello.
    if (this.#outbound.send('deploymentState', this.#state())) this.#sentMs = this.#clock.monotonic()
  }

  close(): void {
    this.#timer?.()
    this.#timer = undefined
  }
}
