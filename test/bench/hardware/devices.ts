import type { GpioSpec, I2cSpec, Profile } from '../../../proplet/hal/profile.ts'
import type { Operation } from '../../../shared/bus.ts'
import type { Grant } from '../../../shared/capabilities.ts'

/** The two devices that everything here is measured on, and what is done with them. */

export const ADDRESS = 0x50
const REGISTER = 0
export const READ_BYTES = 4
const common = { maxBytes: 64, timeoutMs: 1000 }

export const storeAt = (path: string, name = 'store'): I2cSpec => ({
  ...common,
  name,
  kind: 'i2c',
  controller: { driver: 'linux', path },
  addresses: [ADDRESS],
  tenBit: false,
})

export const lampAt = (path: string): GpioSpec => ({
  ...common,
  name: 'lamp',
  kind: 'gpio',
  controller: { driver: 'linux', path },
  line: 0,
  direction: 'output',
  activeLow: false,
  debounceUs: 0,
  safe: 'low',
})

export const grantsOf = (profile: Profile): Grant[] =>
  profile.map(({ name, kind }) => ({ device: name, kind, access: 'read-write' }))

/** What the guest's loop does, as it reaches a driver. */
export const readRegister: Operation = {
  op: 'transfer',
  target: ADDRESS,
  segments: [
    { kind: 'write', bytes: Uint8Array.of(REGISTER) },
    { kind: 'read', length: READ_BYTES },
  ],
}
export const setLevel = (count: number): Operation => ({ op: 'set', level: count % 2 === 0 })
