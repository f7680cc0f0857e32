/** What the driver has to know of descriptors. Offsets: USB 2.0, tables 9-8 to 9-13. */

const DEVICE_BYTES = 18
const CONFIGURATION = 2
const INTERFACE = 4
const ENDPOINT = 5
const PACKET_MASK = 0x7ff
const types = ['control', 'isochronous', 'bulk', 'interrupt'] as const

export type Endpoint = {
  readonly address: number
  readonly type: (typeof types)[number]
  readonly packetBytes: number
  readonly interface: number
  readonly setting: number
}

/** Device and active configuration out of what the kernel keeps: the device's descriptor and all configurations. */
export function splitDescriptors(all: Buffer, value: number): [device: Uint8Array, configuration: Uint8Array] {
  const device = new Uint8Array(all.subarray(0, DEVICE_BYTES))
  for (
    let at = DEVICE_BYTES;
    at + 9 <= all.length && all[at + 1] === CONFIGURATION;
    at += all.readUInt16LE(at + 2) || 9
  )
    if (all[at + 5] === value) return [device, new Uint8Array(all.subarray(at, at + all.readUInt16LE(at + 2)))]
  return [device, new Uint8Array()]
}

export function endpointsOf(configuration: Uint8Array): Endpoint[] {
  const found: Endpoint[] = []
  let within = { interface: 0, setting: 0 }
  for (let at = 0; at < configuration.length; at += configuration[at] || configuration.length) {
    const [, type, ...rest] = configuration.subarray(at)
    if (type === INTERFACE) within = { interface: rest[0] ?? 0, setting: rest[1] ?? 0 }
    if (type === ENDPOINT) found.push({ ...within, ...endpointOf(rest) })
  }
  return found
}

function endpointOf([address = 0, attributes = 0, low = 0, high = 0]: readonly number[]) {
  return { address, type: types[attributes & 3] ?? 'control', packetBytes: (low | (high << 8)) & PACKET_MASK }
}

export function settingsOf(configuration: Uint8Array): { interface: number; setting: number }[] {
  const found: { interface: number; setting: number }[] = []
  for (let at = 0; at < configuration.length; at += configuration[at] || configuration.length)
    if (configuration[at + 1] === INTERFACE)
      found.push({ interface: configuration[at + 2] ?? 0, setting: configuration[at + 3] ?? 0 })
  return found
}
