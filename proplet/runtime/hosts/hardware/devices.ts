import type { Answer, Operation } from '../../../../shared/bus.ts'
import type { BusPort, PortDevice } from '../../../hal/port.ts'

/** Characters of a name that a refusal shows: a guest may ask for anything. */
const SHOWN = 48

export type Refusals = { readonly count: number; readonly first: string }

/** The devices of the call that runs now. Handles of another call are refused, whoever kept them. */
export class Devices {
  #port: BusPort | undefined
  #all: readonly Device[] = []
  #run = 0
  #session = 0
  #refusals: Refusals | undefined

  /** A kept instance comes back with the same port, and its handles are good again. */
  begin(port: BusPort | undefined): void {
    this.#run++
    this.#refusals = undefined
    if (port === this.#port) return
    this.#session++
    this.#port = port
    this.#all = port?.devices.map((spec, index) => new Device(this, port, { spec, index })) ?? []
  }

  /** Gives up what is under way; without `keep` forgets everything that was opened. */
  end(options: { readonly keep: boolean }): void {
    for (const device of this.#all) device.cancel()
    if (options.keep) return
    this.#port = undefined
    this.#all = []
  }

  get all(): readonly Device[] {
    return this.#all
  }

  /** Number of the call that runs now. */
  get run(): number {
    return this.#run
  }

  /** Number of the instance whose devices these are: one that is kept has the same in each call. */
  get session(): number {
    return this.#session
  }

  /** Whether delays are the lab's. */
  get virtualTime(): boolean {
    return this.#port?.virtualTime ?? false
  }

  /** What was refused on this side of the bus; the other side counts its own. */
  get refusals(): Refusals | undefined {
    return this.#refusals
  }

  isOf(port: BusPort): boolean {
    return port === this.#port
  }

  /** Undefined alike for what is not there and for what was not granted: names must not be tried out. */
  find(name: string): Device | undefined {
    const found = this.#all.find(({ spec }) => spec.name === name)
    if (!found) this.refuse(name.slice(0, SHOWN))
    return found
  }

  refuse(detail: string): Answer {
    this.#refusals = { count: (this.#refusals?.count ?? 0) + 1, first: this.#refusals?.first ?? detail }
    return { error: 'not-granted', detail }
  }
}

const BUSY: Answer = Object.freeze({ error: 'busy', detail: 'an operation of this device is under way' })
const CANCELLED: Answer = Object.freeze({ error: 'cancelled' })

/** One device in one run; all handles of it share this. */
export class Device {
  readonly spec: PortDevice
  readonly #devices: Devices
  readonly #port: BusPort
  readonly #index: number
  #pending: Pending | undefined
  #set: { readonly run: number; readonly level: boolean } | undefined

  constructor(devices: Devices, port: BusPort, at: { readonly spec: PortDevice; readonly index: number }) {
    this.#devices = devices
    this.#port = port
    this.#index = at.index
    this.spec = at.spec
  }

  call(operation: Operation): Answer {
    const refused = this.#refusal()
    if (refused) return refused
    const answer = this.#port.call(this.#index, operation)
    const { level } = operation
    if (level !== undefined && !answer.error) this.#set = { run: this.#devices.run, level }
    return answer
  }

  /** Begins without blocking, or says why not. */
  begin(operation: Operation): Pending | Answer {
    const refused = this.#refusal()
    if (refused) return refused
    this.#port.begin(this.#index, operation)
    const pending = new Pending({
      finish: (waitMs) => this.#port.finish(this.#index, waitMs),
      cancel: () => this.#port.cancel(this.#index),
      ended: () => {
        this.#pending = undefined
      },
    })
    this.#pending = pending
    return pending
  }

  cancel(): void {
    this.#pending?.cancel()
  }

  /** Level that this run set last: others may have had the line since an earlier one. */
  get levelSet(): boolean | undefined {
    return this.#set?.run === this.#devices.run ? this.#set.level : undefined
  }

  get busy(): boolean {
    return this.#pending !== undefined
  }

  get mayRead(): boolean {
    return this.spec.access !== 'write'
  }

  get mayWrite(): boolean {
    return this.spec.access !== 'read'
  }

  refuse(detail: string): Answer {
    return this.#devices.refuse(`${this.spec.name}: ${detail}`)
  }

  #refusal(): Answer | undefined {
    if (!this.#devices.isOf(this.#port)) return this.#devices.refuse(`${this.spec.name}: handle of another run`)
    return this.#pending && BUSY
  }
}

type Source = {
  finish(waitMs: number): Answer | undefined
  cancel(): void
  ended(): void
}

/** An operation under way. Its answer stays with it, however often it is asked for. */
export class Pending {
  readonly #source: Source
  #answer: Answer | undefined

  constructor(source: Source) {
    this.#source = source
  }

  /** Waits so long at most. */
  wait(waitMs: number): Answer | undefined {
    if (!this.#answer) this.#end(this.#source.finish(waitMs))
    return this.#answer
  }

  cancel(): void {
    if (this.wait(0)) return
    this.#source.cancel()
    this.#end(CANCELLED)
  }

  #end(answer: Answer | undefined): void {
    if (!answer) return
    this.#answer = answer
    this.#source.ended()
  }
}
