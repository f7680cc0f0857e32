import type { Driver, OpenDevice } from './driver.ts'
import type { DeviceSpec, GpioSpec } from './profile.ts'

type Entry = { readonly opened: Promise<OpenDevice>; users: number }

/**
 * Devices of one controller, each open once however many sessions and names have it. An output that was opened stays so until the
 * agent ends: many controllers let a line float when nobody holds it, and a relay would move by that.
 */
export class IoDevices {
  readonly #openDriver: () => Promise<Driver>
  readonly #entries = new Map<string, Entry>()
  #driver: Promise<Driver> | undefined

  constructor(openDriver: () => Promise<Driver>) {
    this.#openDriver = openDriver
  }

  async take(device: DeviceSpec): Promise<OpenDevice> {
    const entry = this.#entries.get(keyOf(device)) ?? this.#begin(device)
    entry.users++
    try {
      return await entry.opened
    } catch (error) {
      // The next one tries again: a device may be plugged in, a lab started.
      if (this.#entries.get(keyOf(device)) === entry) this.#entries.delete(keyOf(device))
      throw error
    }
  }

  async give(device: DeviceSpec): Promise<void> {
    const entry = this.#entries.get(keyOf(device))
    if (!entry || --entry.users > 0 || isOutput(device)) return
    this.#entries.delete(keyOf(device))
    await (await entry.opened).close()
  }

  async close(): Promise<void> {
    for (const { opened } of this.#entries.values())
      await opened.then((device) => device.close()).catch(() => undefined)
    this.#entries.clear()
    await this.#driver?.then((driver) => driver.close()).catch(() => undefined)
  }

  #begin(device: DeviceSpec): Entry {
    const entry = { opened: this.#open(device), users: 0 }
    this.#entries.set(keyOf(device), entry)
    return entry
  }

  async #open(device: DeviceSpec): Promise<OpenDevice> {
    this.#driver ??= this.#openDriver()
    try {
      await this.#driver
    } catch (error) {
      this.#driver = undefined
      throw error
    }
    return await (await this.#driver).open(device)
  }
}

/** Nobody gives a line away twice, so two names that use it alike share it. Whoever has which name is the locks' business. */
function keyOf(device: DeviceSpec): string {
  if (device.kind !== 'gpio') return device.name
  const { line, direction, activeLow, pull = 'none', debounceUs } = device
  return [typeof line, line, direction, activeLow, pull, debounceUs].join(' ')
}

export const isOutput = (device: DeviceSpec): device is GpioSpec =>
  device.kind === 'gpio' && device.direction !== 'input'
