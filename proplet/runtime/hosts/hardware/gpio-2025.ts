import type { Guest } from '../guest.ts'
import { Device } from './devices.ts'
import { gpio2025Answer } from './errors.ts'
import { findLine, getLevel, levelSet, setLevel, type Unfit, type Use } from './line.ts'

/** `wasi:gpio` in the shape of March 2025, and `samara:pins/open` that hands its pins out. */

type PinState = 'active' | 'inactive'
type Flags = {
  readonly activeHigh: boolean
  readonly activeLow: boolean
  readonly pullUp: boolean
  readonly pullDown: boolean
}
type Mode = 'in' | 'out' | 'in-out'
type Config = {
  readonly label: string
  readonly pinMode: Mode
  readonly activeLevel: 'active-high' | 'active-low'
  readonly pullResistor: 'pull-up' | 'pull-down' | undefined
}

const pulls = { up: 'pull-up', down: 'pull-down', none: undefined } as const
const uses = { in: 'input', out: 'output', 'in-out': 'both' } as const satisfies Record<Mode, Use>

/** A line as one handle sees it: `active-low` turns it round once more, for this handle. */
class Pin {
  readonly #device: Device
  readonly #config: Config

  constructor(device: Device, config: Config) {
    this.#device = device
    this.#config = config
  }

  get config(): Config {
    return { ...this.#config }
  }

  get #inverted(): boolean {
    return this.#config.activeLevel === 'active-low'
  }

  get active(): boolean {
    return (gpio2025Answer(getLevel(this.#device)).level === true) !== this.#inverted
  }

  set active(active: boolean) {
    gpio2025Answer(setLevel(this.#device, active !== this.#inverted))
  }

  toggle(): void {
    gpio2025Answer(setLevel(this.#device, gpio2025Answer(levelSet(this.#device)).level !== true))
  }
}

const stateOf = (active: boolean): PinState => (active ? 'active' : 'inactive')

class DigitalOutPin {
  readonly #pin: Pin

  constructor(pin: Pin) {
    this.#pin = pin
  }

  getConfig(): Config {
    return this.#pin.config
  }

  setState(state: PinState): void {
    this.#pin.active = state === 'active'
  }

  setActive(): void {
    this.#pin.active = true
  }

  setInactive(): void {
    this.#pin.active = false
  }

  toggle(): void {
    this.#pin.toggle()
  }
}

class DigitalInPin {
  readonly #pin: Pin

  constructor(pin: Pin) {
    this.#pin = pin
  }

  getConfig(): Config {
    return this.#pin.config
  }

  read(): PinState {
    return stateOf(this.#pin.active)
  }

  isActive(): boolean {
    return this.#pin.active
  }

  isInactive(): boolean {
    return !this.#pin.active
  }
}

class DigitalInOutPin {
  readonly #pin: Pin

  constructor(pin: Pin) {
    this.#pin = pin
  }

  getConfig(): Config {
    return this.#pin.config
  }

  setState(state: PinState): void {
    this.#pin.active = state === 'active'
  }

  setActive(): void {
    this.#pin.active = true
  }

  setInactive(): void {
    this.#pin.active = false
  }

  toggle(): void {
    this.#pin.toggle()
  }

  read(): PinState {
    return stateOf(this.#pin.active)
  }

  isActive(): boolean {
    return this.#pin.active
  }

  isInactive(): boolean {
    return !this.#pin.active
  }
}

/** A handle that a caller hands in has no flags. */
export const pinClasses = {
  in: DigitalInPin,
  out: DigitalOutPin,
  'in-out': DigitalInOutPin,
} as const satisfies Record<Mode, new (pin: Pin) => object>
export const pinOf = (device: Device, mode: Mode): object =>
  new pinClasses[mode](new Pin(device, configOf(device, device.spec.name, [], mode)))

/** Of `wasi:gpio/digital`, beside the classes of 2026: jco drops versions, and their names differ. */
export const digital2025Classes = { DigitalOutPin, DigitalInPin, DigitalInOutPin }

/** Constructed by nobody: no kind of device is analog. */
class AnalogOutPin {}
class AnalogInPin {}
class AnalogInOutPin {}
export const analogInterface = () => ({ AnalogOutPin, AnalogInPin, AnalogInOutPin })

export const pinsInterface = (guest: Guest) => ({
  getDigitalIn: (label: string, flags: readonly Flags[]) => new DigitalInPin(open(guest, label, flags, 'in')),
  getDigitalOut: (label: string, flags: readonly Flags[]) => new DigitalOutPin(open(guest, label, flags, 'out')),
  getDigitalInOut: (label: string, flags: readonly Flags[]) => new DigitalInOutPin(open(guest, label, flags, 'in-out')),
  getAnalogIn: (label: string) => noAnalog(guest, label, 'in'),
  getAnalogOut: (label: string) => noAnalog(guest, label, 'out'),
  getAnalogInOut: (label: string) => noAnalog(guest, label, 'in-out'),
})

const refusals = {
  'not-granted': 'pin-not-allowed',
  'wrong-kind': 'pin-mode-not-available',
  'wrong-direction': 'pin-mode-not-allowed',
} as const satisfies Record<Unfit['why'], string>

function find(guest: Guest, label: string, mode: Mode): Device {
  const found = findLine(guest, label, uses[mode])
  if (found instanceof Device) return found
  throw { tag: refusals[found.why] }
}

function open(guest: Guest, label: string, flags: readonly Flags[], mode: Mode): Pin {
  const device = find(guest, label, mode)
  return new Pin(device, configOf(device, label, flags, mode))
}

/** The pull resistor is the profile's: a handle may ask for what is there, and for nothing else. */
function configOf(device: Device, label: string, flags: readonly Flags[], pinMode: Mode): Config {
  const has = (flag: keyof Flags) => flags.some((one) => one[flag])
  const pullResistor = pulls[device.spec.pull ?? 'none']
  const wrongPull = (has('pullUp') && pullResistor !== 'pull-up') || (has('pullDown') && pullResistor !== 'pull-down')
  if (wrongPull || (has('activeHigh') && has('activeLow'))) throw { tag: 'pin-mode-not-available' }
  return { label, pinMode, activeLevel: has('activeLow') ? 'active-low' : 'active-high', pullResistor }
}

function noAnalog(guest: Guest, label: string, mode: Mode): never {
  find(guest, label, mode)
  throw { tag: 'pin-mode-not-available' }
}
