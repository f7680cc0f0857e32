import type { Guest } from '../guest.ts'
import { Delay } from './delay.ts'
import { I2c } from './i2c.ts'

/** `samara:device/open` */
export const openInterface = (guest: Guest) => ({
  openI2c(name: string): I2c {
    guest.repay()
    const device = guest.devices.find(name)
    if (!device) throw 'not-granted'
    if (device.spec.kind !== 'i2c') throw 'wrong-kind'
    return new I2c(guest, device)
  },
  openDelay: () => new Delay(guest),
})

/** `samara:device/config`: of a name that was given twice the first counts, as in an environment. */
export const configInterface = (guest: Guest) => ({
  get(key: string): string | undefined {
    guest.repay()
    return guest.env.find(([name]) => name === key)?.[1]
  },
})
