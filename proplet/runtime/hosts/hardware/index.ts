import { freezeInterfaces, type Interface } from '../freeze.ts'
import type { Guest } from '../guest.ts'
import { Delay, delayInterface } from './delay.ts'
import { digitalInterface, pwmInterface } from './gpio.ts'
import { analogInterface, digital2025Classes, pinsInterface } from './gpio-2025.ts'
import { digitalAsyncInterface } from './gpio-async.ts'
import { I2c } from './i2c.ts'
import { configInterface, openInterface } from './open.ts'
import { spiInterface } from './spi.ts'
import { usbInterface } from './usb.ts'
import { hotplugInterface } from './usb-hotplug.ts'
import { transfersInterface } from './usb-transfer.ts'

/**
 * The hardware interfaces for the components of one worker, by interface without version. They are bound once, to
 * instances that are made ahead too; what a handle may reach is the business of the call that runs.
 */
export function hardware(guest: Guest): Readonly<Record<string, Interface>> {
  const usb = {
    errors: {},
    configuration: {},
    descriptors: {},
    transfers: transfersInterface(),
    device: usbInterface(guest),
    'usb-hotplug': hotplugInterface(guest),
  }
  return freezeInterfaces({
    'samara:device/open': openInterface(guest),
    'samara:device/config': configInterface(guest),
    'samara:pins/open': pinsInterface(guest),
    'wasi:i2c/i2c': { I2c },
    'wasi:i2c/delay': { Delay },
    'wasi:spi/spi': spiInterface(guest),
    'wasi:gpio/types': {},
    'wasi:gpio/general': {},
    'wasi:gpio/digital': { ...digitalInterface(guest), ...digital2025Classes },
    'wasi:gpio/digital-async': digitalAsyncInterface(guest),
    'wasi:gpio/pwm': pwmInterface(guest),
    'wasi:gpio/analog': analogInterface(),
    'wasi:gpio/delay': delayInterface(guest),
    ...named('component:usb', usb),
    ...named('wasi:usb', usb),
  })
}

const named = (name: string, interfaces: Readonly<Record<string, Interface>>): Record<string, Interface> =>
  Object.fromEntries(Object.entries(interfaces).map(([one, value]) => [`${name}/${one}`, value]))

/** Every interface that `hardware` has. */
export const hardwareNames: ReadonlySet<string> = new Set(Object.keys(hardware({} as Guest)))
