import type { Clock, Stop } from '../../shared/clock.ts'
import type { DeploymentResult } from '../../shared/messages/index.ts'
import type { Outbound } from '../outbound.ts'

export type ResultLimits = { readonly throttleMs: number; readonly bufferCount: number }
/** A result that knows when its run ended; how long ago that is, is said when it is sent. */
export type TimedResult = { readonly endedMs: number; readonly result: Omit<DeploymentResult, 'agoMs'> }

/** Messages that the broker has not confirmed: a long offline time must not fill the broker's queue at once. */
const UNCONFIRMED = 8

/**
 * Results of one deployment on their way. Connected: at most one per throttle time, a newer one replaces the one that
 * waits. Not connected: the last ones are kept, the oldest dropped first and counted. [P-7.4]
 */
export class ResultBuffer {
  readonly #outbound: Outbound
  readonly #clock: Clock
  readonly #onDropped: (count: number) => void
  #limits: ResultLimits
  #backlog: TimedResult[] = []
  #latest: TimedResult | undefined
  #unconfirmed = 0
  #online = false
  #sentMs = Number.NEGATIVE_INFINITY
  #timer: Stop | undefined

  constructor(options: { outbound: Outbound; clock: Clock; limits: ResultLimits; onDropped: (count: number) => void }) {
    this.#outbound = options.outbound
    this.#clock = options.clock
    this.#limits = options.limits
    this.#onDropped = options.onDropped
  }

  limit(limits: ResultLimits): void {
    this.#limits = limits
    this.#trim()
  }

  add(result: TimedResult): void {
    if (!this.#online || this.#backlog.length > 0) {
      this.#backlog.push(result)
      this.#trim()
      return
    }
    const waitMs = this.#sentMs + this.#limits.throttleMs - this.#clock.monotonic()
    if (waitMs <= 0) return this.#send(result)
    this.#latest = result
    this.#timer ??= this.#clock.after(waitMs, () => this.#elapsed())
  }

  online(): void {
    this.#online = true
    this.#pump()
  }

  offline(): void {
    this.#online = false
    this.#timer?.()
    this.#timer = undefined
    if (!this.#latest) return
    this.#backlog.push(this.#latest)
    this.#latest = undefined
    this.#trim()
  }

  close(): void {
    this.#timer?.()
  }

  #elapsed(): void {
    this.#timer = undefined
    const result = this.#latest
    this.#latest = undefined
    if (result) this.#send(result)
  }

  #pump(): void {
    while (this.#online && this.#unconfirmed < UNCONFIRMED) {
      const result = this.#backlog.shift()
      if (!result) return
      this.#send(result)
    }
  }

  #send(timed: TimedResult): void {
    const { result, endedMs } = timed
    this.#sentMs = this.#clock.monotonic()
    const agoMs = Math.min(0xffff_ffff, Math.max(0, Math.round(this.#sentMs - endedMs)))
    this.#unconfirmed++
    const sent = this.#outbound.send(
      'deploymentResult',
      { ...result, agoMs },
      { deployment: result.deployment, onAcked: (error) => this.#confirmed(timed, error) },
    )
    if (!sent) this.#confirmed(timed, new Error('not connected'))
  }

  /** What the broker did not confirm goes back to its place. */
  #confirmed(timed: TimedResult, error: Error | undefined): void {
    this.#unconfirmed--
    if (!error) return this.#pump()
    this.#backlog.push(timed)
    this.#backlog.sort((a, b) => a.result.seq - b.result.seq)
    this.#online = false
    this.#trim()
  }

  #trim(): void {
    // While the backlog goes out its order is kept, and one place is needed for what comes meanwhile.
    const room = this.#online ? Math.max(1, this.#limits.bufferCount) : this.#limits.bufferCount
    const excess = this.#backlog.length - room
    if (excess <= 0) return
    this.#backlog.splice(0, excess)
    this.#onDropped(excess)
  }
}
