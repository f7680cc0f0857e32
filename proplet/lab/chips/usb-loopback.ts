import { definePart, type UsbModel } from '../part.ts'

const VENDOR = 0x1209
const PRODUCT = 0x0001
const OUT = 0x01
const IN = 0x81
const PACKET = 64

/** Of vendor requests, to the device or to its interface. */
const STORE = 0x01
const RECALL = 0x02
const VENDOR_OUT = 0x40
const VENDOR_IN = 0xc0

const word = (value: number) => [value & 0xff, value >> 8]

const deviceDescriptor = Uint8Array.from([
  ...[18, 1, ...word(0x0200), 0xff, 0, 0, PACKET],
  ...[...word(VENDOR), ...word(PRODUCT), ...word(0x0100), 0, 0, 0, 1],
])
const endpoint = (address: number) => [7, 5, address, 2, ...word(PACKET), 0]
const interfaceDescriptor = [9, 4, 0, 0, 2, 0xff, 0, 0, 0]
const tail = [...interfaceDescriptor, ...endpoint(OUT), ...endpoint(IN)]
const configuration = Uint8Array.from([9, 2, ...word(9 + tail.length), 1, 1, 0, 0x80, 50, ...tail])

/** More than this and the endpoint halts: nobody reads. */
const MAX_QUEUED = 1024 * 1024

class Loopback implements UsbModel {
  readonly deviceDescriptor = deviceDescriptor
  readonly configuration = configuration
  #queue: Uint8Array[] = []
  #stored = 0

  control(setup: Uint8Array): Uint8Array | undefined {
    const [type = 0, request, low = 0, high = 0] = setup
    const kind = type & 0xe0
    if (kind === VENDOR_OUT && request === STORE) {
      this.#stored = (high << 8) | low
      return new Uint8Array()
    }
    return kind === VENDOR_IN && request === RECALL ? Uint8Array.from(word(this.#stored)) : undefined
  }

  out(address: number, data: Uint8Array): boolean {
    const queued = this.#queue.reduce((sum, one) => sum + one.length, 0)
    if (address !== OUT || queued + data.length > MAX_QUEUED) return false
    this.#queue.push(data.slice())
    return true
  }

  /** A transfer comes back as it went out; what does not fit comes with the next one. */
  in(address: number, length: number): Uint8Array | undefined {
    const [first] = this.#queue
    if (address !== IN || !first) return undefined
    if (first.length > length) this.#queue[0] = first.subarray(length)
    else this.#queue.shift()
    return first.subarray(0, length)
  }
}

export default definePart({
  name: 'usb-loopback',
  doc: 'USB device 1209:0001. What goes to bulk endpoint 0x01 comes back on 0x81; vendor request 1 stores wValue, request 2 gives it.',
  source: 'USB 2.0 chapter 9',
  properties: {},
  create: () => ({ usb: new Loopback() }),
})
