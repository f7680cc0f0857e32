import type { Answer, Operation } from '../../shared/bus.ts'
import {
  ANSWERED,
  ASKED,
  CANCEL,
  FAILED,
  FIRST,
  GONE,
  HEADER_INTS,
  IDLE,
  LENGTH,
  REFUSED,
  SENT,
  SEQUENCE,
  STATE,
  WORKING,
} from './channel.ts'
import type { ChannelLoad } from './port.ts'
import { decodeOperation, encodeAnswer } from './wire.ts'

export type Asked = {
  /** Undefined where the bytes are no operation. */
  readonly operation: Operation | undefined
  readonly sequence: number
}

/** The I/O worker's side of a channel. What the guest wrote is read once and believed in nothing. */
export class ChannelEnd {
  readonly #header: Int32Array
  readonly #payload: Uint8Array

  constructor({ buffer }: ChannelLoad) {
    this.#header = new Int32Array(buffer, 0, HEADER_INTS)
    this.#payload = new Uint8Array(buffer, HEADER_INTS * 4)
  }

  /** What is asked for, once; from then on it is under way. */
  take(): Asked | undefined {
    if (Atomics.compareExchange(this.#header, STATE, ASKED, WORKING) !== ASKED) return undefined
    return { operation: this.#operation(), sequence: Atomics.load(this.#header, SEQUENCE) >>> 0 }
  }

  answer(answer: Answer): void {
    Atomics.store(this.#header, LENGTH, encodeAnswer(answer, this.#payload))
    Atomics.store(this.#header, STATE, ANSWERED)
    Atomics.notify(this.#header, STATE)
  }

  /** Whether the guest has given up what is under way; says so once. */
  takeCancel(): boolean {
    return Atomics.exchange(this.#header, CANCEL, 0) !== 0
  }

  /** Between two runs: nothing is asked for, nothing is answered. The refusals that nobody else has counted. */
  reset(): number {
    Atomics.store(this.#header, CANCEL, 0)
    Atomics.store(this.#header, STATE, IDLE)
    Atomics.notify(this.#header, STATE)
    return Atomics.exchange(this.#header, REFUSED, 0) >>> 0
  }

  /** What was asked for since it was taken last: how many operations, and the number of the first. */
  takeSent(): { readonly operations: number; readonly first: number } {
    const first = Atomics.load(this.#header, FIRST) >>> 0
    return { operations: Atomics.exchange(this.#header, SENT, 0) >>> 0, first }
  }

  /** Its I/O worker is dead: what waits fails now, what comes fails at once. */
  fail(): void {
    Atomics.store(this.#header, GONE, 1)
    for (const state of [ASKED, WORKING]) Atomics.compareExchange(this.#header, STATE, state, FAILED)
    Atomics.notify(this.#header, STATE)
  }

  revive(): void {
    Atomics.store(this.#header, STATE, IDLE)
    Atomics.store(this.#header, GONE, 0)
  }

  #operation(): Operation | undefined {
    const length = Atomics.load(this.#header, LENGTH)
    if (length < 0 || length > this.#payload.length) return undefined
    try {
      return decodeOperation(this.#payload.subarray(0, length))
    } catch {
      return undefined
    }
  }
}
