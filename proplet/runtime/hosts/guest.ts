import { performance } from 'node:perf_hooks'
import { Devices } from './hardware/devices.ts'
import { OutputWriter } from './output.ts'

/** Thrown through the guest's frames when it leaves by itself. */
export class ExitSignal extends Error {
  readonly code: number

  constructor(code: number) {
    super(`exit ${code}`)
    this.code = code
  }
}

/** Thrown through the glue when the values that a guest hands over are too large together. */
export class ValueLimitSignal extends Error {
  constructor() {
    super('values too large')
  }
}

export type Surroundings = {
  readonly argv: readonly string[]
  readonly env: readonly (readonly [string, string])[]
  readonly stdin: Uint8Array
  /** Bytes of values that it may hand over at once. */
  readonly valueBytes: number
}

/** What the host functions of one worker share: the surroundings of the call that runs now. */
export class Guest {
  readonly output = new OutputWriter()
  readonly devices = new Devices()
  argv: readonly string[] = []
  env: readonly (readonly [string, string])[] = []
  /** Set by the guest's exit; kept beside the signal because a guest with exception handling can swallow that. */
  exitCode: number | undefined
  /** Whether it handed over more than it may. */
  valuesPassed = false
  #valueBytes = 0
  #valuesLeft = 0
  #stdin: Uint8Array = new Uint8Array()
  #stdinAt = 0
  readonly #parked = new Int32Array(new SharedArrayBuffer(4))

  begin(surroundings: Surroundings): void {
    this.argv = surroundings.argv
    this.env = surroundings.env
    this.exitCode = undefined
    this.valuesPassed = false
    this.#valueBytes = surroundings.valueBytes
    this.#valuesLeft = surroundings.valueBytes
    this.#stdin = surroundings.stdin
    this.#stdinAt = 0
  }

  exit(code: number): never {
    this.exitCode ??= code
    throw new ExitSignal(code)
  }

  /** Pays for a value before it is made. */
  readonly spend = (bytes: number): void => {
    this.#valuesLeft -= bytes
    if (this.#valuesLeft >= 0) return
    this.valuesPassed = true
    throw new ValueLimitSignal()
  }

  /** What a host call was handed is garbage after it. */
  repay(): void {
    this.#valuesLeft = this.#valueBytes
  }

  /** At most `length` bytes of standard input; empty at its end. */
  read(length: number): Uint8Array {
    const piece = this.#stdin.subarray(this.#stdinAt, this.#stdinAt + length)
    this.#stdinAt += piece.length
    return piece
  }

  get stdinLeft(): number {
    return this.#stdin.length - this.#stdinAt
  }

  /** Blocks the worker; the deadline's terminate() ends it early. */
  sleep(ms: number): void {
    if (ms > 0) Atomics.wait(this.#parked, 0, 0, ms)
  }
}

/** The guest's clocks are the machine's: what it measures happens in its own worker. */
export const wallNs = (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n
export const monotonicNs = (): bigint => BigInt(Math.round(performance.now() * 1e6))
export const NS_PER_MS = 1e6
