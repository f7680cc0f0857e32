import { nativeGetDevices, type UsbDevice } from 'usb/index.js'
import { type Clock, realClock } from '../../../../shared/clock.ts'
import { SamaraError } from '../../../../shared/errors.ts'
import type { Driver } from '../../driver.ts'
import type { UsbSpec } from '../../profile.ts'
import { wrongKind } from './device-file.ts'
import { LinuxUsbDevice } from './usb-device.ts'
import { usbErrorOf } from './usb-errors.ts'

/** USB devices of this machine. Ports change, so each device is found by what it says of itself. */
export function createLinuxUsb(clock: Clock = realClock): Driver {
  const open = new Set<LinuxUsbDevice>()
  return {
    async open(spec) {
      if (spec.kind !== 'usb') throw wrongKind(spec, 'the USB of this machine', 'usb')
      const native = await find(spec)
      await openNative(native, spec)
      const device = new LinuxUsbDevice(native, { spec, clock, onClose: () => open.delete(device) })
      open.add(device)
      return device
    },
    async close() {
      await Promise.all([...open].map((device) => device.close()))
    },
  }
}

const hex4 = (value: number): string => value.toString(16).padStart(4, '0')

async function find(spec: UsbSpec): Promise<UsbDevice> {
  const { name, vendor, product, serial } = spec
  const all = await nativeGetDevices()
  const found = all.filter((device) => device.vendorId === vendor && device.productId === product && fits(device, spec))
  const [first, ...more] = found
  const wanted = `${hex4(vendor)}:${hex4(product)}${serial === undefined ? '' : ` with serial number ${serial}`}`
  if (first === undefined) throw new SamaraError('NOT_FOUND', `device ${name}: no USB device ${wanted}`)
  if (more.length === 0) return first
  throw new SamaraError(
    'UNAVAILABLE',
    `device ${name}: ${found.length} USB devices are ${wanted}; a serial tells which`,
  )
}

/** A serial number that the kernel could not read is asked of the device, which may refuse. */
function fits(device: UsbDevice, { serial }: UsbSpec): boolean {
  if (serial === undefined) return true
  try {
    return device.serialNumber === serial
  } catch {
    return false
  }
}

const codes = { access: 'PERMISSION_DENIED', 'no-device': 'NOT_FOUND' } as const

async function openNative(device: UsbDevice, { name }: UsbSpec): Promise<void> {
  try {
    await device.open()
  } catch (error) {
    const { message } = error as Error
    const code = codes[usbErrorOf(message) as keyof typeof codes] ?? 'UNAVAILABLE'
    throw new SamaraError(code, `device ${name}: cannot be opened: ${message}`, { cause: error })
  }
}
