/** Descriptors of USB 2.0 chapter 9, out of what a `describe` gives. */

export type DeviceDescriptor = {
  readonly length: number
  readonly descriptorType: number
  readonly usbVersionBcd: number
  readonly deviceClass: number
  readonly deviceSubclass: number
  readonly deviceProtocol: number
  readonly maxPacketSize0: number
  readonly vendorId: number
  readonly productId: number
  readonly deviceVersionBcd: number
  readonly manufacturerIndex: number
  readonly productIndex: number
  readonly serialNumberIndex: number
  readonly numConfigurations: number
}

export type EndpointDescriptor = {
  readonly length: number
  readonly descriptorType: number
  readonly endpointAddress: number
  readonly attributes: number
  readonly maxPacketSize: number
  readonly interval: number
  readonly refresh: number
  readonly synchAddress: number
}

export type InterfaceDescriptor = {
  readonly length: number
  readonly descriptorType: number
  readonly interfaceNumber: number
  readonly alternateSetting: number
  readonly endpoints: EndpointDescriptor[]
  readonly interfaceClass: number
  readonly interfaceSubclass: number
  readonly interfaceProtocol: number
  readonly interfaceIndex: number
}

export type ConfigurationDescriptor = {
  readonly length: number
  readonly descriptorType: number
  readonly totalLength: number
  readonly interfaces: InterfaceDescriptor[]
  readonly configurationValue: number
  readonly configurationIndex: number
  readonly attributes: number
  readonly maxPower: number
}

const speeds = ['unknown', 'low', 'full', 'high', 'super', 'super-plus', 'super-plus-X2'] as const
export type DeviceLocation = {
  readonly busNumber: number
  readonly deviceAddress: number
  readonly portNumber: number
  readonly speed: (typeof speeds)[number]
}

const DEVICE_BYTES = 18
export const CONFIGURATION_BYTES = 9
const INTERFACE_BYTES = 9
const ENDPOINT_BYTES = 7
const TYPE_INTERFACE = 4
const TYPE_ENDPOINT = 5

const u8 = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0
const u16 = (bytes: Uint8Array, at: number): number => u8(bytes, at) | (u8(bytes, at + 1) << 8)

/** Undefined where the bytes are none. */
export function readDevice(bytes: Uint8Array): DeviceDescriptor | undefined {
  if (bytes.length < DEVICE_BYTES) return undefined
  return {
    length: u8(bytes, 0),
    descriptorType: u8(bytes, 1),
    usbVersionBcd: u16(bytes, 2),
    deviceClass: u8(bytes, 4),
    deviceSubclass: u8(bytes, 5),
    deviceProtocol: u8(bytes, 6),
    maxPacketSize0: u8(bytes, 7),
    vendorId: u16(bytes, 8),
    productId: u16(bytes, 10),
    deviceVersionBcd: u16(bytes, 12),
    manufacturerIndex: u8(bytes, 14),
    productIndex: u8(bytes, 15),
    serialNumberIndex: u8(bytes, 16),
    numConfigurations: u8(bytes, 17),
  }
}

/** Undefined where the bytes are none; what stands between its parts (HID, class-specific ones) is skipped. */
export function readConfiguration(bytes: Uint8Array): ConfigurationDescriptor | undefined {
  if (bytes.length < CONFIGURATION_BYTES || u8(bytes, 0) < CONFIGURATION_BYTES) return undefined
  const interfaces: InterfaceDescriptor[] = []
  for (const part of partsOf(bytes.subarray(u8(bytes, 0)))) {
    const type = u8(part, 1)
    if (type === TYPE_INTERFACE && part.length >= INTERFACE_BYTES) interfaces.push(readInterface(part))
    if (type === TYPE_ENDPOINT && part.length >= ENDPOINT_BYTES) interfaces.at(-1)?.endpoints.push(readEndpoint(part))
  }
  return {
    length: u8(bytes, 0),
    descriptorType: u8(bytes, 1),
    totalLength: u16(bytes, 2),
    interfaces,
    configurationValue: u8(bytes, 5),
    configurationIndex: u8(bytes, 6),
    attributes: u8(bytes, 7),
    maxPower: u8(bytes, 8),
  }
}

/** Descriptors in a row. One that says that it is shorter than its own head ends them: nothing behind it can be found. */
function* partsOf(bytes: Uint8Array): Generator<Uint8Array> {
  let at = 0
  while (at + 2 <= bytes.length && u8(bytes, at) >= 2) {
    yield bytes.subarray(at, at + u8(bytes, at))
    at += u8(bytes, at)
  }
}

const readInterface = (bytes: Uint8Array): InterfaceDescriptor => ({
  length: u8(bytes, 0),
  descriptorType: u8(bytes, 1),
  interfaceNumber: u8(bytes, 2),
  alternateSetting: u8(bytes, 3),
  endpoints: [],
  interfaceClass: u8(bytes, 5),
  interfaceSubclass: u8(bytes, 6),
  interfaceProtocol: u8(bytes, 7),
  interfaceIndex: u8(bytes, 8),
})

/** The last two are those of audio devices alone, whose endpoint descriptors are longer. */
const readEndpoint = (bytes: Uint8Array): EndpointDescriptor => ({
  length: u8(bytes, 0),
  descriptorType: u8(bytes, 1),
  endpointAddress: u8(bytes, 2),
  attributes: u8(bytes, 3),
  maxPacketSize: u16(bytes, 4),
  interval: u8(bytes, 6),
  refresh: u8(bytes, 7),
  synchAddress: u8(bytes, 8),
})

/** Bus, address, port and speed, a byte each. */
export const readLocation = (bytes: Uint8Array): DeviceLocation => ({
  busNumber: u8(bytes, 0),
  deviceAddress: u8(bytes, 1),
  portNumber: u8(bytes, 2),
  speed: speeds[u8(bytes, 3)] ?? 'unknown',
})
