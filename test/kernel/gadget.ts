import { execFileSync } from 'node:child_process'
import { mkdirSync, open, openSync, read, symlinkSync, write, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import koffi from 'koffi'
import type { UsbModel } from '../../proplet/lab/part.ts'

/** A USB device of the lab behind a real host controller: FunctionFS on the kernel's dummy_hcd. */
export type Gadget = {
  /** The bulk endpoint towards the host answers with a stall until the host clears it. */
  halt(): void
}

const CONFIGFS = '/sys/kernel/config/usb_gadget'
const MOUNT = '/run/ffs'
const HIGH_SPEED_PACKET = 512
const OUT_BYTES = 32 * HIGH_SPEED_PACKET

/** <linux/usb/functionfs.h> */
const DESCRIPTORS_MAGIC_V2 = 3
const STRINGS_MAGIC = 2
const HAS_FS_AND_HS = 3
/** Requests to the device come to us too, not only those to the interface. */
const ALL_CTRL_RECIP = 64
const EVENT_BYTES = 12
const EVENT_ENABLE = 2
const EVENT_SETUP = 4

const libc = koffi.load(null)
// Node leaves out a read of no bytes, and that is how a request without data is acknowledged.
const plainRead = libc.func('long read(int fd, void *bytes, unsigned long length)')

const le16 = (value: number): number[] => [value & 0xff, value >> 8]
const le32 = (value: number): number[] => [...le16(value & 0xffff), ...le16(value >>> 16)]

export function startGadget(model: UsbModel): Gadget {
  const about = Buffer.from(model.deviceDescriptor)
  const folder = describeGadget(about.readUInt16LE(8), about.readUInt16LE(10))
  const ep0 = openSync(`${MOUNT}/ep0`, 'r+')
  const [endpoints, count] = endpointsOf(Buffer.from(model.configuration))
  writeDescriptors(ep0, endpoints, count)
  const device = new FunctionDevice(model, ep0)
  device.start()
  writeFileSync(`${folder}/UDC`, 'dummy_udc.0')
  return { halt: () => device.halt() }
}

function describeGadget(vendor: number, product: number): string {
  const folder = `${CONFIGFS}/lab`
  for (const part of ['', '/configs/c.1', '/functions/ffs.lab']) mkdirSync(`${folder}${part}`)
  writeFileSync(`${folder}/idVendor`, `${vendor}`)
  writeFileSync(`${folder}/idProduct`, `${product}`)
  symlinkSync(`${folder}/functions/ffs.lab`, `${folder}/configs/c.1/ffs.lab`)
  mkdirSync(MOUNT)
  execFileSync('mount', ['-t', 'functionfs', 'lab', MOUNT])
  return folder
}

/** What follows the configuration's own 9 bytes, and how many descriptors that is. */
function endpointsOf(configuration: Buffer): [descriptors: Buffer, count: number] {
  const descriptors = configuration.subarray(configuration[0])
  let count = 0
  for (let at = 0; at < descriptors.length; at += descriptors[at] || descriptors.length) count++
  return [descriptors, count]
}

function writeDescriptors(ep0: number, full: Buffer, count: number): void {
  const high = Buffer.from(full)
  for (let at = 0; at < high.length; at += high[at] || high.length)
    if (high[at + 1] === 5 && high[at + 3] === 2) high.writeUInt16LE(HIGH_SPEED_PACKET, at + 4)
  const length = 20 + full.length + high.length
  const head = [DESCRIPTORS_MAGIC_V2, length, HAS_FS_AND_HS | ALL_CTRL_RECIP, count, count].flatMap(le32)
  writeFileSync(ep0, Buffer.concat([Buffer.from(head), full, high]))
  writeFileSync(ep0, Buffer.from([STRINGS_MAGIC, 16, 0, 0].flatMap(le32)))
}

class FunctionDevice {
  readonly #model: UsbModel
  readonly #ep0: number
  #into = -1
  #sending = false

  constructor(model: UsbModel, ep0: number) {
    this.#model = model
    this.#ep0 = ep0
  }

  start(): void {
    void this.#events().catch((error: unknown) => console.error('gadget:', error))
  }

  /** A read of an endpoint that only writes is how FunctionFS is told to halt it. */
  halt(): void {
    plainRead(this.#into, Buffer.alloc(1), 1)
  }

  async #events(): Promise<void> {
    const event = Buffer.alloc(EVENT_BYTES)
    for (;;) {
      await promisify(read)(this.#ep0, event, 0, EVENT_BYTES, null)
      if (event[8] === EVENT_ENABLE && this.#into < 0) await this.#enable()
      if (event[8] === EVENT_SETUP) this.#setup(Buffer.from(event.subarray(0, 8)))
    }
  }

  async #enable(): Promise<void> {
    const [out, into] = await Promise.all([
      promisify(open)(`${MOUNT}/ep1`, 'r+'),
      promisify(open)(`${MOUNT}/ep2`, 'r+'),
    ])
    this.#into = into
    void this.#receive(out)
  }

  #setup(setup: Buffer): void {
    const isIn = ((setup[0] ?? 0) & 0x80) !== 0
    const length = setup.readUInt16LE(6)
    const data = Buffer.alloc(isIn ? 0 : length)
    if (!isIn && length > 0) plainRead(this.#ep0, data, length)
    const answer = this.#model.control(setup, data)
    if (answer === undefined) this.#stall(isIn)
    else if (isIn) writeFileSync(this.#ep0, answer.subarray(0, length))
    else if (length === 0) plainRead(this.#ep0, data, 0)
  }

  /** The wrong direction stalls. */
  #stall(isIn: boolean): void {
    if (isIn) plainRead(this.#ep0, Buffer.alloc(1), 1)
    else write(this.#ep0, Buffer.alloc(1), () => undefined)
  }

  async #receive(out: number): Promise<void> {
    const bytes = Buffer.alloc(OUT_BYTES)
    for (;;) {
      const { bytesRead } = await promisify(read)(out, bytes, 0, OUT_BYTES, null).catch(() => ({ bytesRead: -1 }))
      if (bytesRead < 0) continue
      this.#model.out(1, new Uint8Array(bytes.subarray(0, bytesRead)))
      void this.#send()
    }
  }

  async #send(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    for (;;) {
      const bytes = this.#model.in(0x81, OUT_BYTES)
      if (bytes === undefined) break
      await promisify(write)(this.#into, bytes).catch(() => undefined)
    }
    this.#sending = false
  }
}
