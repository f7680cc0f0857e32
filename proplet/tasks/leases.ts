import type { Clock, Stop } from '../../shared/clock.ts'
import { type AttemptRef, type Lease, MAX_REFS } from '../../shared/messages/index.ts'
import type { Outbound } from '../outbound.ts'
import type { Attempt, AttemptTable, StopReason } from './attempts.ts'

/** How often leases and expiries are looked at, while there are attempts: well below the manager's 2 s of grace. */
const LOOK_MS = 200

export type LeasesOptions = {
  readonly table: AttemptTable
  readonly outbound: Outbound
  readonly clock: Clock
  readonly epoch: () => number
  readonly stop: (attempt: Attempt, reason: StopReason) => void
  /** The result of an attempt that no longer counts is not sent again. */
  readonly forgetResult: (ref: AttemptRef) => void
}

/** Leases of the held attempts, by the agent's own clock. [P-5.2] */
export class Leases {
  readonly #options: LeasesOptions
  #timer: Stop | undefined
  #renewedMs = Number.NEGATIVE_INFINITY

  constructor(options: LeasesOptions) {
    this.#options = options
  }

  /** There is an attempt to watch. */
  watch(): void {
    if (this.#timer) return
    this.#renewedMs = this.#options.clock.monotonic()
    this.#timer = this.#options.clock.every(LOOK_MS, () => this.#look())
  }

  close(): void {
    this.#timer?.()
    this.#timer = undefined
  }

  /** Asks for all that is held; after a reconnect at once, since the time away has eaten the lease. */
  renewAll(): void {
    const held = this.#options.table.all().map(({ ref }) => ref)
    this.#renewedMs = this.#options.clock.monotonic()
    for (let at = 0; at < held.length; at += MAX_REFS)
      this.#options.outbound.send('renew', { epoch: this.#options.epoch(), attempts: held.slice(at, at + MAX_REFS) })
  }

  onLease(lease: Lease): void {
    if (lease.epoch !== this.#options.epoch()) return
    const { table, clock, stop, forgetResult } = this.#options
    for (const ref of lease.renewed) {
      const attempt = table.find(ref)
      if (!attempt) continue
      attempt.leaseMs = lease.leaseMs
      attempt.leaseEndsMs = clock.monotonic() + lease.leaseMs
    }
    for (const ref of lease.fenced) {
      const attempt = table.find(ref)
      if (attempt) stop(attempt, 'fenced')
      else forgetResult(ref)
    }
  }

  #look(): void {
    const nowMs = this.#options.clock.monotonic()
    const held = this.#options.table.all()
    if (held.length === 0) return this.close()
    for (const attempt of held) {
      if (attempt.leaseEndsMs <= nowMs) this.#options.stop(attempt, 'lease-over')
      else if (attempt.phase !== 'running' && attempt.expiresMs <= nowMs) this.#options.stop(attempt, 'expired')
    }
    const shortestMs = held.reduce((least, { leaseMs }) => Math.min(least, leaseMs), Number.POSITIVE_INFINITY)
    // One look early, since the next would be late.
    if (nowMs - this.#renewedMs + LOOK_MS / 2 >= shortestMs / 3) this.renewAll()
  }
}
