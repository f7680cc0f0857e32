import type { Logger } from 'pino'
import type { Clock, Stop } from '../../shared/clock.ts'
import type { Digest } from '../../shared/ids.ts'
import { type AttemptRef, Result } from '../../shared/messages/index.ts'
import type { Outbound } from '../outbound.ts'
import { attemptKey } from './attempts.ts'
import type { Journal } from './journal.ts'

export type OutboxOptions = {
  readonly outbound: Outbound
  readonly clock: Clock
  readonly log: Logger
  readonly journal: Journal
  readonly bodies: Bodies
}

/** Where the manager fetches bodies that are too long for their result, and transcripts. */
export interface Bodies {
  offer(digest: Digest, bytes: Uint8Array): void
  /** False where it is not there any more. */
  offerStored(digest: Digest): boolean
  withdraw(digest: Digest): void
}

/** Results that may wait for their acknowledgement. Past it no new attempts are taken: a result is never dropped. */
export const MAX_RESULTS = 4096
const RESEND_MS = 5_000
const LOOK_MS = 1_000

type Waiting = { readonly payload: Buffer; readonly blobs: readonly Digest[]; sentMs: number }

/** What a result names by digest. */
export type ResultBlobs = { readonly body?: Uint8Array | undefined; readonly transcript?: Uint8Array | undefined }

/** Results until the manager has them: the same bytes again each 5 s and on every connection, until `ack`. [P-5.4] */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #waiting = new Map<string, Waiting>()
  #timer: Stop | undefined
  #emptied: (() => void)[] = []

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#waiting.size
  }

  get full(): boolean {
    return this.#waiting.size >= MAX_RESULTS
  }

  /** Takes over what an earlier run of the agent has left. */
  async open(): Promise<void> {
    for (const [key, payload] of await this.#options.journal.open()) {
      const waiting = this.#restored(key, payload)
      if (waiting) this.#waiting.set(key, waiting)
      else this.#options.journal.forget(key)
    }
    if (this.#waiting.size > 0) this.#watch()
  }

  has(ref: AttemptRef): boolean {
    return this.#waiting.has(attemptKey(ref))
  }

  /** Publishes at once; the journal follows when the result is still wanted a moment later. */
  add(result: Result, { body, transcript }: ResultBlobs = {}): void {
    const key = attemptKey(result)
    const waiting = { payload: Result.encode(result), blobs: blobsOf(result), sentMs: 0 }
    this.#waiting.set(key, waiting)
    if (result.bodyDigest && body) this.#options.bodies.offer(result.bodyDigest, body)
    if (result.transcript && transcript) this.#options.bodies.offer(result.transcript, transcript)
    this.#publish(waiting)
    this.#options.journal.keep(key, waiting.payload)
    this.#watch()
  }

  resend(ref: AttemptRef): void {
    const waiting = this.#waiting.get(attemptKey(ref))
    if (waiting) this.#publish(waiting)
  }

  /** All of them, oldest first: before hello. [P-3.1] */
  resendAll(): void {
    for (const waiting of this.#waiting.values()) this.#publish(waiting)
  }

  /** Acknowledged, or fenced. */
  forget(ref: AttemptRef): boolean {
    const key = attemptKey(ref)
    const waiting = this.#waiting.get(key)
    if (!waiting) return false
    this.#waiting.delete(key)
    for (const blob of waiting.blobs) this.#options.bodies.withdraw(blob)
    this.#options.journal.forget(key)
    if (this.#waiting.size === 0) this.#settle()
    return true
  }

  /** Resolves when nothing waits any more. */
  empty(): Promise<void> {
    if (this.#waiting.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#emptied.push(resolve))
  }

  close(): void {
    this.#timer?.()
    this.#timer = undefined
  }

  /** A result whose body did not reach the disk is none: its lease ends, and the job's policy decides. */
  #restored(key: string, payload: Buffer): Waiting | undefined {
    try {
      const { bodies, log } = this.#options
      const blobs = blobsOf(Result.decode(payload))
      const offered = blobs.filter((blob) => bodies.offerStored(blob))
      if (offered.length === blobs.length) return { payload, blobs, sentMs: Number.NEGATIVE_INFINITY }
      for (const blob of offered) bodies.withdraw(blob)
      log.warn({ key, blobs }, 'result in the journal has lost its body or its transcript')
    } catch (error) {
      this.#options.log.warn({ err: error, key }, 'result in the journal cannot be read')
    }
    return undefined
  }

  #publish(waiting: Waiting): void {
    if (this.#options.outbound.sendEncoded('result', waiting.payload)) waiting.sentMs = this.#options.clock.monotonic()
  }

  #settle(): void {
    this.close()
    for (const emptied of this.#emptied.splice(0)) emptied()
  }

  #watch(): void {
    this.#timer ??= this.#options.clock.every(LOOK_MS, () => {
      const dueMs = this.#options.clock.monotonic() - RESEND_MS
      for (const waiting of this.#waiting.values()) if (waiting.sentMs <= dueMs) this.#publish(waiting)
    })
  }
}

const blobsOf = ({ bodyDigest, transcript }: Result): Digest[] =>
  [bodyDigest, transcript].filter((one) => one !== undefined)
