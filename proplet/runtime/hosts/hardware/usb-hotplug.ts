import type { Guest } from '../guest.ts'
import type { Device } from './devices.ts'
import { type Description, tryDescribe, UsbDevice, usbDevices } from './usb.ts'

type Event = { readonly arrived: boolean; readonly left: boolean }
type Info = { readonly bus: number; readonly address: number; readonly vendor: number; readonly product: number }
type Seen = Map<Device, Description>

/**
 * `component:usb/usb-hotplug`: nobody tells a guest of a plug, so what is there is held against what was there when it
 * last looked. A device with a transfer under way counts as it was.
 */
export function hotplugInterface(guest: Guest) {
  let enabled: { readonly session: number; seen: Seen } | undefined
  const present = (before?: Seen): Seen =>
    new Map(
      usbDevices(guest).flatMap((device) => {
        const found = device.busy ? before?.get(device) : tryDescribe(device)
        return found ? [[device, found] as const] : []
      }),
    )
  const pollEvents = () => {
    if (enabled?.session !== guest.devices.session) return []
    const { seen } = enabled
    const now = present(seen)
    enabled.seen = now
    const left = [...seen].filter(([device, was]) => !sameDevice(was, now.get(device)))
    const arrived = [...now].filter(([device, is]) => !sameDevice(is, seen.get(device)))
    return [...left.map((one) => row(guest, 'left', one)), ...arrived.map((one) => row(guest, 'arrived', one))]
  }
  const enableHotplug = () => {
    enabled = { session: guest.devices.session, seen: present() }
  }
  return { enableHotplug, pollEvents }
}

/** A device that was pulled and plugged in again has another address. */
const sameDevice = (one: Description, other: Description | undefined): boolean =>
  one.location.busNumber === other?.location.busNumber && one.location.deviceAddress === other.location.deviceAddress

function row(guest: Guest, what: keyof Event, [device, is]: [Device, Description]): [Event, Info, UsbDevice] {
  const info = {
    bus: is.location.busNumber,
    address: is.location.deviceAddress,
    vendor: is.descriptor.vendorId,
    product: is.descriptor.productId,
  }
  return [{ arrived: what === 'arrived', left: what === 'left' }, info, new UsbDevice(guest, device)]
}
