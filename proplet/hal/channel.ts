import type { Answer, Operation } from '../../shared/bus.ts'
import type { BusLoad, BusPort, ChannelLoad, PortDevice } from './port.ts'
import { replayPort } from './replay-port.ts'
import { capacityFor, decodeAnswer, encodeOperation } from './wire.ts'

/**
 * One operation at a time between a guest's worker, which blocks, and the I/O worker of one device, which must not.
 *
 * The header says whose turn it is. The guest writes its operation, sets `asked`, rings the I/O worker's bell and waits on
 * the state; the I/O worker sets `working`, works, writes the answer and sets `answered`. Only the last wakes the guest.
 */

/** Places in the header, 32 bits each. */
export const STATE = 0
export const LENGTH = 1
/** The guest gives up what it asked for. */
export const CANCEL = 2
/** Nobody serves this channel: its I/O worker is dead. */
export const GONE = 3
/** Number of the operation in its run, over all devices. */
export const SEQUENCE = 4
/** Operations that were refused here because they do not fit: nobody else hears of them. */
export const REFUSED = 5
/** Operations that were asked for in this run, and the number of the first: what is told of them when nobody else can. */
export const SENT = 6
export const FIRST = 7
export const HEADER_INTS = 8

export const IDLE = 0
export const ASKED = 1
export const WORKING = 2
export const ANSWERED = 3
export const FAILED = 4

/** Looks at the state before the guest goes to sleep: an awake I/O worker answers within that time. */
const SPINS = 2_000
/** Between two looks of a guest that waits for no more than that somebody takes what it asks. */
const LOOK_MS = 1

export const createChannel = (maxBytes: number, bell: SharedArrayBuffer): ChannelLoad => ({
  buffer: new SharedArrayBuffer(HEADER_INTS * 4 + capacityFor(maxBytes)),
  bell,
})

/** Rings: whoever serves this bell looks at all its channels. */
export function ring(bell: Int32Array): void {
  Atomics.add(bell, 0, 1)
  Atomics.notify(bell, 0)
}

/** The guest's side. One per run, or one for the life of a kept instance: both do. */
export function openPort(load: BusLoad): BusPort {
  if (load.replay !== undefined) return replayPort(load)
  const channels = (load.channels ?? []).map((channel) => new GuestChannel(channel))
  const at = (device: number): GuestChannel => {
    const channel = channels[device]
    if (!channel) throw new RangeError(`device ${device} of ${channels.length}`)
    return channel
  }
  return new ChannelPort(load, at)
}

class ChannelPort implements BusPort {
  readonly devices: readonly PortDevice[]
  readonly virtualTime: boolean
  readonly #at: (device: number) => GuestChannel
  #sequence = 0

  constructor(load: BusLoad, at: (device: number) => GuestChannel) {
    this.devices = load.devices
    this.virtualTime = load.virtualTime
    this.#at = at
  }

  call(device: number, operation: Operation): Answer {
    const channel = this.#at(device)
    if (channel.begun) return BUSY
    channel.begin(operation, this.#sequence++)
    return channel.finish(Number.POSITIVE_INFINITY) ?? IO
  }

  begin(device: number, operation: Operation): void {
    const channel = this.#at(device)
    if (channel.begun) return
    channel.begin(operation, this.#sequence++)
    // What happens from here on counts, and is in the record, however soon the guest ends.
    channel.untilTaken()
  }

  finish(device: number, waitMs: number): Answer | undefined {
    const channel = this.#at(device)
    return channel.begun ? channel.finish(waitMs) : NOT_BEGUN
  }

  cancel(device: number): void {
    this.#at(device).cancel()
  }
}

const BUSY: Answer = { error: 'busy', detail: 'an operation of this device is under way' }
const NOT_BEGUN: Answer = { error: 'invalid', detail: 'no operation of this device is under way' }
const IO: Answer = { error: 'io', detail: 'the I/O worker of this device ended' }
const CANCELLED: Answer = { error: 'cancelled' }
const TOO_LONG: Answer = { error: 'not-granted', detail: 'longer than any operation of this device may be' }

class GuestChannel {
  readonly #header: Int32Array
  readonly #payload: Uint8Array
  readonly #bell: Int32Array
  #begun = false
  /** Cancelled and not answered yet: the next operation waits for that. */
  #abandoned = false
  /** The answer of an operation that was never sent. */
  #early: Answer | undefined

  constructor({ buffer, bell }: ChannelLoad) {
    this.#header = new Int32Array(buffer, 0, HEADER_INTS)
    this.#payload = new Uint8Array(buffer, HEADER_INTS * 4)
    this.#bell = new Int32Array(bell)
  }

  get begun(): boolean {
    return this.#begun
  }

  begin(operation: Operation, sequence: number): void {
    if (this.#abandoned) this.#take(Number.POSITIVE_INFINITY)
    this.#abandoned = false
    this.#begun = true
    this.#early = this.#send(operation, sequence)
  }

  /** Returns when the I/O worker has what was begun. Nobody is woken for that, so it looks again and again. */
  untilTaken(): void {
    const isAsked = () => Atomics.load(this.#header, STATE) === ASKED
    for (let spins = 0; spins < SPINS && isAsked(); spins++);
    while (isAsked()) Atomics.wait(this.#header, STATE, ASKED, LOOK_MS)
  }

  finish(waitMs: number): Answer | undefined {
    const answer = this.#early ?? this.#take(waitMs)
    if (!answer) return undefined
    this.#early = undefined
    this.#begun = false
    return answer
  }

  cancel(): void {
    if (!this.#begun) return
    this.#begun = false
    if (this.#early) return
    this.#abandoned = true
    Atomics.store(this.#header, CANCEL, 1)
    ring(this.#bell)
  }

  #send(operation: Operation, sequence: number): Answer | undefined {
    const length = encodeOperation(operation, this.#payload)
    if (length === undefined) {
      Atomics.add(this.#header, REFUSED, 1)
      return TOO_LONG
    }
    Atomics.store(this.#header, LENGTH, length)
    Atomics.store(this.#header, SEQUENCE, sequence)
    if (Atomics.add(this.#header, SENT, 1) === 0) Atomics.store(this.#header, FIRST, sequence)
    Atomics.store(this.#header, CANCEL, 0)
    Atomics.store(this.#header, STATE, ASKED)
    // Looked at after the state was set: whoever marks it as gone looks at the state afterwards, so one of both sees it.
    if (Atomics.load(this.#header, GONE) === 0) ring(this.#bell)
    else if (Atomics.compareExchange(this.#header, STATE, ASKED, IDLE) === ASKED) return IO
    return undefined
  }

  #take(waitMs: number): Answer | undefined {
    const state = this.#settled(waitMs)
    if (state === ASKED || state === WORKING) return undefined
    const answer = state === ANSWERED ? decodeAnswer(this.#payload) : state === FAILED ? IO : CANCELLED
    Atomics.store(this.#header, STATE, IDLE)
    return answer
  }

  /** Idle is an end too: the run was ended under it. */
  #settled(waitMs: number): number {
    if (waitMs > 0)
      for (let spins = 0; spins < SPINS; spins++) {
        const state = Atomics.load(this.#header, STATE)
        if (state !== ASKED && state !== WORKING) return state
      }
    for (;;) {
      const state = Atomics.load(this.#header, STATE)
      if (state !== ASKED && state !== WORKING) return state
      if (Atomics.wait(this.#header, STATE, state, waitMs) === 'timed-out') return Atomics.load(this.#header, STATE)
    }
  }
}
