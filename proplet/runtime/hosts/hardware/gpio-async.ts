import { type Answer, type PinEvent, pinEvents } from '../../../../shared/bus.ts'
import type { Guest } from '../guest.ts'
import { Pollable } from '../preview2-io.ts'
import { type Device, Pending } from './devices.ts'
import { gpioAnswer, wordsOf } from './errors.ts'
import { openLine } from './gpio.ts'

/** `wasi:gpio/digital-async.input-wait-pin`: one wait at a time, given up with the handle. */
export class InputWaitPin {
  readonly #guest: Guest
  readonly #device: Device
  #wait: Pending | undefined

  constructor(guest: Guest, device: Device) {
    this.#guest = guest
    this.#device = device
  }

  startWaitHigh(): void {
    this.#start('high')
  }

  startWaitLow(): void {
    this.#start('low')
  }

  startWaitRisingEdge(): void {
    this.#start('rising')
  }

  startWaitFallingEdge(): void {
    this.#start('falling')
  }

  startWaitAnyEdge(): void {
    this.#start('any')
  }

  /** Of the wait that is under way; without one there is nothing to wait for, so it is ready. */
  subscribe(): Pollable {
    const wait = this.#wait
    return new Pollable(this.#guest, 0n, wait)
  }

  finishWait(): void {
    if (!this.#wait) throw { tag: 'not-in-progress' }
    const answer = this.#wait.wait(0)
    if (!answer) throw { tag: 'would-block' }
    this.#wait = undefined
    const { error } = answer
    if (error) throw { tag: 'other', val: { tag: 'other', val: wordsOf({ ...answer, error }) } }
  }

  [Symbol.dispose](): void {
    this.#wait?.cancel()
  }

  #start(event: PinEvent): void {
    const begun: Pending | Answer = this.#device.begin({ op: 'wait', target: pinEvents.indexOf(event), timeoutMs: 0 })
    if (begun instanceof Pending) this.#wait = begun
    else gpioAnswer(begun)
  }
}

export const digitalAsyncInterface = (guest: Guest) => ({
  InputWaitPin,
  openInputWait: (name: string) => new InputWaitPin(guest, openLine(guest, name, 'input')),
})
