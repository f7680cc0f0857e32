import { definePart, type PartContext } from '../part.ts'
import { Fifo, type FifoMode } from './model/fifo.ts'
import { type Registers, registersOnI2c, registersOnSpi } from './model/registers.ts'
import { Samples } from './model/samples.ts'
import { hertz } from './model/time.ts'
import {
  createVibration,
  type Vector,
  type Vibration,
  type VibrationProperty,
  vibrationProperties,
} from './model/vibration.ts'

const DEVICE_ID = 0x00
const THRESH_TAP = 0x1d
const OFFSET_X = 0x1e
const ACT_TAP_STATUS = 0x2b
const BW_RATE = 0x2c
const POWER_CTL = 0x2d
const INT_SOURCE = 0x30
const DATA_FORMAT = 0x31
const DATA_X0 = 0x32
const DATA_Z1 = 0x37
const FIFO_CTL = 0x38
const FIFO_STATUS = 0x39

const MEASURE = 0x08
const FULL_RESOLUTION = 0x08
const LEFT_JUSTIFIED = 0x04
const DATA_READY = 0x80
const WATERMARK = 0x02
const OVERRUN = 0x01
const LSB_PER_G = 256
/** Of the offset registers, in g. */
const OFFSET_LSB = 0.0156

const FIFO_MODES: readonly FifoMode[] = ['bypass', 'fill', 'stream', 'stream']

const isWritable = (register: number) =>
  (register >= THRESH_TAP && register <= DATA_FORMAT && register !== ACT_TAP_STATUS && register !== INT_SOURCE) ||
  register === FIFO_CTL

class Adxl345 implements Registers {
  readonly #samples: Samples
  readonly #vibration: Vibration
  readonly #fifo = new Fifo()
  readonly #registers = new Uint8Array(64)
  #out: Vector = [0, 0, 0]
  /** Whether this burst has begun to read data. */
  #reading = false

  constructor(context: PartContext<VibrationProperty>) {
    this.#samples = new Samples(context.clock)
    this.#vibration = createVibration(context, () => this.#settle())
    this.#registers[BW_RATE] = 0x0a
  }

  begin(): void {
    this.#reading = false
    this.#settle()
  }

  read(register: number): number {
    const at = register & 0x3f
    if (at === DEVICE_ID) return 0xe5
    if (at >= DATA_X0 && at <= DATA_Z1) return this.#readData(at - DATA_X0)
    if (at === INT_SOURCE) return this.#sources()
    if (at === FIFO_STATUS) return this.#fifo.isOn ? this.#fifo.length : Number(this.#fifo.isFresh)
    return this.#at(at)
  }

  write(register: number, value: number): void {
    const at = register & 0x3f
    if (!isWritable(at)) return
    this.#settle()
    const before = this.#at(at)
    this.#registers[at] = value
    if (at === FIFO_CTL) this.#fifo.enter(FIFO_MODES[value >> 6] ?? 'bypass')
    if ((at === BW_RATE || at === POWER_CTL) && value !== before) this.#pace()
  }

  #at(register: number): number {
    return this.#registers[register] ?? 0
  }

  #pace(): void {
    if (this.#at(POWER_CTL) & MEASURE) this.#samples.run(hertz(3200 / 2 ** (15 - (this.#at(BW_RATE) & 15))))
    else this.#samples.halt()
  }

  #settle(): void {
    this.#fifo.take(this.#samples.due(), (ns) => this.#sample(ns))
  }

  /** 10 bits, or with full resolution one more for each doubling of the range. */
  #sample(ns: bigint): Vector {
    const format = this.#at(DATA_FORMAT)
    const range = format & 3
    const isFull = (format & FULL_RESOLUTION) !== 0
    const bits = isFull ? 10 + range : 10
    const limit = 2 ** (bits - 1)
    const perG = isFull ? LSB_PER_G : LSB_PER_G / 2 ** range
    const shift = format & LEFT_JUSTIFIED ? 2 ** (16 - bits) : 1
    const count = (g: number, axis: number) => {
      const offset = (this.#at(OFFSET_X + axis) << 24) >> 24
      return Math.max(-limit, Math.min(limit - 1, Math.round((g + offset * OFFSET_LSB) * perG))) * shift
    }
    const [x, y, z] = this.#vibration.at(ns)
    return [count(x, 0), count(y, 1), count(z, 2)]
  }

  /** The first byte of data in a burst takes a sample out of the FIFO; the others belong to it. */
  #readData(offset: number): number {
    if (!this.#reading) this.#takeOut()
    this.#reading = true
    const value = this.#out[(offset >> 1) as 0 | 1 | 2]
    return (offset % 2 === 1 ? value >> 8 : value) & 0xff
  }

  #takeOut(): void {
    this.#out = this.#fifo.oldest
    this.#fifo.drop()
    this.#fifo.isFresh = this.#fifo.length > 0
  }

  #sources(): number {
    const isAtWatermark = this.#fifo.length >= (this.#at(FIFO_CTL) & 0x1f)
    return (this.#fifo.isFresh ? DATA_READY : 0) | (isAtWatermark ? WATERMARK : 0) | (this.#fifo.overrun ? OVERRUN : 0)
  }
}

export default definePart({
  name: 'adxl345',
  doc: 'Accelerometer of Analog Devices, on SPI or i2c (0x53 or 0x1d). Taps, activity, free fall and self-test are left out.',
  source: 'Analog Devices ADXL345 rev. E',
  properties: vibrationProperties,
  create(context) {
    const chip = new Adxl345(context)
    const parse = (byte: number) => ({ read: byte >= 0x80, register: byte & 0x3f, fixed: (byte & 0x40) === 0 })
    return { i2c: registersOnI2c(chip), spi: registersOnSpi(chip, parse) }
  },
})
