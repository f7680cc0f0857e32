import type { Answer } from '../../../../shared/bus.ts'
import type { Guest } from '../guest.ts'
import type { Device } from './devices.ts'

/** What the three shapes of gpio share. `true` is high: the profile's activeLow is the driver's business. */

/** Why a handle cannot be opened, in words; the shapes say it in their own way. */
export type Unfit = { readonly why: 'not-granted' | 'wrong-kind' | 'wrong-direction'; readonly text: string }

export type Use = 'input' | 'output' | 'both'

/** The line of that name if it can be used so. */
export function findLine(guest: Guest, name: string, use: Use): Device | Unfit {
  guest.repay()
  const device = guest.devices.find(name)
  if (!device) return { why: 'not-granted', text: `not granted: ${name}` }
  return unfitFor(device, use) ?? device
}

/** Why an open device is no line for that use. */
export function unfitFor(device: Device, use: Use): Unfit | undefined {
  const { name, kind, direction = 'both' } = device.spec
  if (kind !== 'gpio') return { why: 'wrong-kind', text: `${name} is ${kind}, no gpio` }
  if (direction !== 'both' && direction !== use)
    return {
      why: 'wrong-direction',
      text: `${name} is an ${direction}, ${use === 'both' ? 'both' : `an ${use}`} needed`,
    }
  const missing = use !== 'input' && !device.mayWrite ? 'writing' : use !== 'output' && !device.mayRead ? 'reading' : ''
  if (missing === '') return undefined
  const { detail } = device.refuse(`${missing} is not granted`)
  return { why: 'not-granted', text: `not granted: ${detail}` }
}

export const setLevel = (device: Device, level: boolean): Answer => device.call({ op: 'set', level })
export const getLevel = (device: Device): Answer => device.call({ op: 'get' })

/** Level that an output was set to: known where this run set it, asked for where it did not. */
export function levelSet(device: Device): Answer {
  const level = device.levelSet
  return level === undefined ? getLevel(device) : { level }
}
