import type { Guest } from '../guest.ts'
import { Device } from './devices.ts'
import { gpioAnswer } from './errors.ts'
import { findLine, getLevel, levelSet, setLevel, type Use } from './line.ts'

/** `wasi:gpio` in the shape of June 2026: pins that answer at once. */

type PinState = 'low' | 'high'

/** Throws what `open-*` gives back as its error. */
export function openLine(guest: Guest, name: string, use: Use): Device {
  const found = findLine(guest, name, use)
  if (found instanceof Device) return found
  throw { tag: 'other', val: found.text }
}

export class OutputPin {
  readonly #device: Device

  constructor(device: Device) {
    this.#device = device
  }

  setLow(): void {
    gpioAnswer(setLevel(this.#device, false))
  }

  setHigh(): void {
    gpioAnswer(setLevel(this.#device, true))
  }

  setState(state: PinState): void {
    gpioAnswer(setLevel(this.#device, state === 'high'))
  }
}

export class StatefulOutputPin {
  readonly #device: Device

  constructor(device: Device) {
    this.#device = device
  }

  setLow(): void {
    gpioAnswer(setLevel(this.#device, false))
  }

  setHigh(): void {
    gpioAnswer(setLevel(this.#device, true))
  }

  setState(state: PinState): void {
    gpioAnswer(setLevel(this.#device, state === 'high'))
  }

  isSetHigh(): boolean {
    return gpioAnswer(levelSet(this.#device)).level === true
  }

  isSetLow(): boolean {
    return !this.isSetHigh()
  }

  toggle(): void {
    gpioAnswer(setLevel(this.#device, !this.isSetHigh()))
  }
}

export class InputPin {
  readonly #device: Device

  constructor(device: Device) {
    this.#device = device
  }

  isHigh(): boolean {
    return gpioAnswer(getLevel(this.#device)).level === true
  }

  isLow(): boolean {
    return !this.isHigh()
  }
}

export const digitalInterface = (guest: Guest) => ({
  OutputPin,
  StatefulOutputPin,
  InputPin,
  openOutput: (name: string) => new OutputPin(openLine(guest, name, 'output')),
  openStatefulOutput: (name: string) => new StatefulOutputPin(openLine(guest, name, 'output')),
  openInput: (name: string) => new InputPin(openLine(guest, name, 'input')),
})

/** Constructed by nobody: no kind of device is one. */
class PwmPin {}

export const pwmInterface = (guest: Guest) => ({
  PwmPin,
  open(name: string): never {
    openLine(guest, name, 'output')
    throw { tag: 'other', val: `unsupported: ${name} has no pulse-width modulation` }
  },
})
