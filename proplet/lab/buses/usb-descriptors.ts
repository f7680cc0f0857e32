/** What descriptors say, as far as the lab has to know it. Offsets and types: USB 2.0, tables 9-8 to 9-13. */

const DEVICE_BYTES = 18
const TYPE = { configuration: 2, interface: 4, endpoint: 5 } as const

export type Endpoint = { readonly address: number; readonly type: 'control' | 'isochronous' | 'bulk' | 'interrupt' }
export type Alternate = {
  readonly interface: number
  readonly setting: number
  readonly endpoints: readonly Endpoint[]
}
export type Configuration = { readonly value: number; readonly alternates: readonly Alternate[] }

const endpointTypes = ['control', 'isochronous', 'bulk', 'interrupt'] as const
export const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)

/** Throws what is wrong with them, in words: a part is written by a person. */
export function readConfiguration(bytes: Uint8Array): Configuration {
  if (bytes[1] !== TYPE.configuration) throw new Error(`configuration: type ${bytes[1]} is not ${TYPE.configuration}`)
  if (u16(bytes, 2) !== bytes.length)
    throw new Error(`configuration: wTotalLength ${u16(bytes, 2)} is not ${bytes.length}`)
  const alternates: { interface: number; setting: number; endpoints: Endpoint[] }[] = []
  for (let at = 0; at < bytes.length; at += bytes[at] as number) {
    const length = bytes[at] as number
    if (length < 2 || at + length > bytes.length)
      throw new Error(`configuration: descriptor at ${at} is ${length} bytes long`)
    if (bytes[at + 1] === TYPE.interface)
      alternates.push({ interface: bytes[at + 2] ?? 0, setting: bytes[at + 3] ?? 0, endpoints: [] })
    if (bytes[at + 1] === TYPE.endpoint)
      alternates.at(-1)?.endpoints.push({
        address: bytes[at + 2] ?? 0,
        type: endpointTypes[(bytes[at + 3] ?? 0) & 3] as Endpoint['type'],
      })
  }
  return { value: bytes[5] ?? 0, alternates }
}

export type Identity = { readonly vendor: number; readonly product: number; readonly serialIndex: number }

export function readDevice(bytes: Uint8Array): Identity {
  if (bytes.length !== DEVICE_BYTES)
    throw new Error(`device descriptor: ${bytes.length} bytes, ${DEVICE_BYTES} expected`)
  return { vendor: u16(bytes, 8), product: u16(bytes, 10), serialIndex: bytes[16] ?? 0 }
}

const FULL_SPEED = 2
const HIGH_SPEED = 3
const SUPER_SPEED = 4
/** Speeds as libusb numbers them: what the device says it is made for. */
export function speedOf(device: Uint8Array): number {
  const version = u16(device, 2)
  return version >= 0x300 ? SUPER_SPEED : version >= 0x200 ? HIGH_SPEED : FULL_SPEED
}

/** Time of one byte on the wire, stuffing and packets left out. */
export const byteNs = (speed: number): number => (speed >= HIGH_SPEED ? 8e9 / 480e6 : 8e9 / 12e6)
