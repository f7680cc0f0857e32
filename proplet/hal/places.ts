import type { DeviceReport } from '../../shared/capabilities.ts'
import type { ControllerSpec, DeviceSpec, Profile } from './profile.ts'

/** Most characters of a place in a report. */
const MAX_PLACE = 96

/** What a device is made of: equal texts are one pin, one chip, one plug, whatever it is called. */
export function placesOf(device: DeviceSpec, addresses?: readonly number[]): string[] {
  const bus = busOf(device.controller)
  switch (device.kind) {
    case 'i2c':
      return (addresses ?? device.addresses).map((address) =>
        `${bus}@0x${address.toString(16)}${device.tenBit && address <= 0x7f ? '/10' : ''}`.slice(-MAX_PLACE),
      )
    case 'gpio':
      return [`${bus}#${device.line}`.slice(-MAX_PLACE)]
    case 'spi':
      return [bus.slice(-MAX_PLACE)]
    case 'usb':
      return [
        `${bus}:${id(device.vendor)}:${id(device.product)}${device.serial ? `:${device.serial}` : ''}`.slice(
          0,
          MAX_PLACE,
        ),
      ]
  }
}

const id = (value: number): string => value.toString(16).padStart(4, '0')

const busOf = (controller: ControllerSpec): string =>
  controller.driver === 'linux' ? controller.path : `lab/${controller.bus}`

/** What the manager is told of a profile. [P-10.1] */
export const reportsOf = (profile: Profile): DeviceReport[] =>
  profile.map((device) => ({
    name: device.name,
    kind: device.kind,
    places: placesOf(device),
    simulated: device.controller.driver === 'sim',
    ...(device.kind === 'gpio' && { direction: device.direction }),
    ...(device.kind === 'i2c' && { addresses: [...device.addresses] }),
    ...(device.chip !== undefined && { chip: device.chip }),
  }))
