import type { LabDevice } from '../../../../shared/lab/index.ts'
import type { DeviceSpec, GpioSpec, I2cSpec, SpiSpec, UsbSpec } from '../../profile.ts'
import { connectLab } from './connection.ts'

/** What a lab says that a proplet sees. */
export type LabProfile = { readonly devices: readonly DeviceSpec[]; readonly virtualTime: boolean }

/** Throws UNAVAILABLE where no lab listens. */
export async function fetchProfile(socket: string, propletId: string): Promise<LabProfile> {
  const lab = await connectLab(socket, 'proplet')
  try {
    const { profile } = await lab.ask({ profile: propletId as never })
    const devices = (profile?.devices ?? []).map((device) => specOf(device, socket))
    return { devices, virtualTime: lab.virtualTime }
  } finally {
    lab.close()
  }
}

/** A device of the lab as a profile has it. */
export function specOf(device: LabDevice, socket: string): DeviceSpec {
  const { name, maxBytes, timeoutMs, chip, bus } = device
  const controller = { driver: 'sim', socket, bus } as const
  const common = { name, controller, maxBytes, timeoutMs, ...(chip !== undefined && { chip }) }
  const of = {
    i2c: (): I2cSpec => ({
      ...common,
      kind: 'i2c',
      addresses: device.addresses ?? [],
      tenBit: device.tenBit ?? false,
    }),
    spi: (): SpiSpec => ({
      ...common,
      kind: 'spi',
      mode: (device.mode ?? 0) as SpiSpec['mode'],
      bitsPerWord: device.bitsPerWord ?? 8,
      hz: device.hz ?? 1_000_000,
      lsbFirst: device.lsbFirst ?? false,
      csHigh: device.csHigh ?? false,
    }),
    gpio: (): GpioSpec => ({
      ...common,
      kind: 'gpio',
      line: device.line ?? 0,
      direction: device.direction ?? 'input',
      activeLow: device.activeLow ?? false,
      pull: device.pull,
      debounceUs: device.debounceUs ?? 0,
      safe: device.safe ?? 'low',
    }),
    usb: (): UsbSpec => ({
      ...common,
      kind: 'usb',
      vendor: device.vendor ?? 0,
      product: device.product ?? 0,
      ...(device.serial !== undefined && { serial: device.serial }),
    }),
  }
  return of[device.kind]()
}

/** The same the other way round: what a driver tells the lab of the device that it opens. */
export function labDeviceOf(spec: DeviceSpec, bus: string): LabDevice {
  const { controller: _, ...rest } = spec
  if (rest.kind !== 'gpio') return { ...rest, bus }
  // Lines of a lab have numbers; a name is one that the lab does not have.
  const line = typeof rest.line === 'number' ? rest.line : 0xffff
  return { ...rest, line, bus }
}
