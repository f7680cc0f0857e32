import type { DeviceKind } from '../../../shared/bus.ts'
import type { Driver } from '../driver.ts'
import type { ControllerSpec } from '../profile.ts'

/** What a module of drivers exports as `openDriver`. Runs in the I/O worker of that controller. */
export type OpenDriver = (controller: ControllerSpec, kind: DeviceKind) => Driver | Promise<Driver>

/** Loaded when they are needed: a proplet without USB never loads the USB library. */
export const openDriver: OpenDriver = async (controller, kind) => {
  if (controller.driver === 'sim') {
    const { createSimDriver } = await import('./sim/index.ts')
    return createSimDriver(controller.socket, controller.bus)
  }
  return await linux[kind](controller.path)
}

const linux: Readonly<Record<DeviceKind, (path: string) => Promise<Driver>>> = {
  i2c: async (path) => (await import('./linux/i2c.ts')).createLinuxI2c(path),
  gpio: async (path) => (await import('./linux/gpio.ts')).createLinuxGpio(path),
  spi: async (path) => (await import('./linux/spi.ts')).createLinuxSpi(path),
  usb: async () => (await import('./linux/usb.ts')).createLinuxUsb(),
}
