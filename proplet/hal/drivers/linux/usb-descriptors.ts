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

/** Up to the first that cannot be one. */
function* descriptorsIn(configuration: Uint8Array): Generator<Uint8Array> {
  let at = 0
  while (at < configuration.length) {
    const length = configuration[at] as number
    if (length < 2 || at + length > configuration.length) return
    yield configuration.subarray(at, at + length)
    at += length
  }
}

export function endpointsOf(configuration: Uint8Array): Endpoint[] {
  const found: Endpoint[] = []
  let within = { interface: 0, setting: 0 }
  for (const descriptor of descriptorsIn(configuration)) {
    if (descriptor[1] === INTERFACE) within = settingOf(descriptor)
    if (descriptor[1] === ENDPOINT) found.push({ ...within, ...endpointOf(descriptor) })
  }
  return found
}

const settingOf = ([, , number = 0, setting = 0]: Uint8Array) => ({ interface: number, setting })

function endpointOf([, , address = 0, attributes = 0, low = 0, high = 0]: Uint8Array) {
  return { address, type: types[attributes & 3] ?? 'control', packetBytes: (low | (high << 8)) & PACKET_MASK }
}

export const settingsOf = (configuration: Uint8Array): { interface: number; setting: number }[] =>
  [...descriptorsIn(configuration)].filter((descriptor) => descriptor[1] === INTERFACE).map(settingOf)
