import { definePart, type PartContext } from '../part.ts'
import { Fifo, type FifoMode } from './model/fifo.ts'
import { inputs } from './model/inputs.ts'
import { type Registers, registersOnI2c, registersOnSpi } from './model/registers.ts'
import { Samples } from './model/samples.ts'
import { hertz, ms } from './model/time.ts'
import { createVibration, type Vector, type Vibration, vibrationProperties } from './model/vibration.ts'

const TEMPERATURE_LOW = 0x0d
const TEMPERATURE_HIGH = 0x0e
const WHO_AM_I = 0x0f
const CTRL1 = 0x20
const CTRL2 = 0x21
const CTRL3 = 0x22
const CTRL6 = 0x25
const TEMPERATURE = 0x26
const STATUS = 0x27
const OUT_X_L = 0x28
const OUT_Z_H = 0x2d
const FIFO_CTRL = 0x2e
const FIFO_SAMPLES = 0x2f
const STATUS_DUP = 0x37
const LAST = 0x3f

const RESET_AND_BOOT = 0xc0
const BLOCK_UPDATE = 0x08
const INCREMENT = 0x04
const ON_DEMAND = 2
/** CTRL3: conversions on demand are asked for by its bit 0, where bit 1 says so. */
const DEMAND = 0x03

const LOW_POWER_HZ = [0, 1.6, 12.5, 25, 50, 100, 200, 200, 200, 200]
const HIGH_PERFORMANCE_HZ = [0, 12.5, 12.5, 25, 50, 100, 200, 400, 800, 1600]
/** Length of a conversion on demand in each of the four low-power modes. */
const DEMAND_MS = [1.2, 1.7, 2.3, 3.55]
const FIFO_MODES: readonly FifoMode[] = ['bypass', 'fill', 'bypass', 'stream', 'bypass', 'bypass', 'stream', 'bypass']

/** Registers that a controller may write: the others measure, or are reserved. */
const isWritable = (register: number) =>
  (register >= CTRL1 && register <= CTRL6) ||
  register === FIFO_CTRL ||
  (register >= 0x30 && register <= 0x36) ||
  (register >= 0x3c && register <= LAST)

type Properties = keyof typeof vibrationProperties | 'temperature'

class Lis2dw12 implements Registers {
  readonly #samples: Samples
  readonly #vibration: Vibration
  readonly #felt: (name: 'temperature') => number
  readonly #fifo = new Fifo()
  #registers = powerOn()
  #out: Vector = [0, 0, 0]
  /** Axes whose low byte was read and whose high byte has to match. */
  readonly #held = [false, false, false]

  constructor(context: PartContext<Properties>) {
    this.#samples = new Samples(context.clock)
    this.#vibration = createVibration(context, () => this.#settle())
    this.#felt = inputs(context, ['temperature'], { settle: () => this.#settle() })
  }

  begin(): void {
    this.#settle()
    const next = this.#fifo.oldest
    const pick = (axis: 0 | 1 | 2) => (this.#held[axis] ? this.#out[axis] : next[axis])
    this.#out = [pick(0), pick(1), pick(2)]
  }

  /** With the FIFO on, a burst over the data goes round, so that it empties in one go. */
  next(register: number): number {
    if (!(this.#at(CTRL2) & INCREMENT)) return register
    return register === OUT_Z_H && this.#fifo.isOn ? OUT_X_L : (register + 1) & 0xff
  }

  read(register: number): number {
    const at = register & 0x7f
    if (at === WHO_AM_I) return 0x44
    if (at >= OUT_X_L && at <= OUT_Z_H) return this.#readOut(at - OUT_X_L)
    if (at === STATUS || at === STATUS_DUP) return this.#status()
    if (at === FIFO_SAMPLES) return this.#fifoSamples()
    const degrees = this.#felt('temperature') - 25
    if (at === TEMPERATURE) return Math.round(degrees) & 0xff
    if (at === TEMPERATURE_LOW) return (Math.round(degrees * 16) << 4) & 0xff
    if (at === TEMPERATURE_HIGH) return (Math.round(degrees * 16) >> 4) & 0xff
    return this.#at(at)
  }

  write(register: number, value: number): void {
    const at = register & 0x7f
    if (!isWritable(at)) return
    this.#settle()
    if (at === CTRL2 && value & RESET_AND_BOOT) return this.#reset()
    this.#registers[at] = value
    if (at === CTRL1) this.#pace()
    if (at === CTRL3 && (value & DEMAND) === DEMAND) this.#convertOnce()
    if (at === FIFO_CTRL) this.#fifo.enter(FIFO_MODES[value >> 5] ?? 'bypass')
  }

  #at(register: number): number {
    return this.#registers[register] ?? 0
  }

  #reset(): void {
    this.#registers = powerOn()
    this.#samples.halt()
    this.#fifo.enter('bypass')
  }

  #mode(): number {
    return (this.#at(CTRL1) >> 2) & 3
  }

  #pace(): void {
    const rates = this.#mode() === 1 ? HIGH_PERFORMANCE_HZ : LOW_POWER_HZ
    const rate = rates[this.#at(CTRL1) >> 4] ?? 0
    if (rate === 0 || this.#mode() === ON_DEMAND) this.#samples.halt()
    else this.#samples.run(hertz(rate))
  }

  #convertOnce(): void {
    const powered = this.#at(CTRL1) >> 4 > 0
    if (powered && this.#mode() === ON_DEMAND) this.#samples.run(ms(DEMAND_MS[this.#at(CTRL1) & 3] ?? 0))
  }

  #settle(): void {
    const due = this.#samples.due()
    if (due.count === 0) return
    const isSingle = this.#mode() === ON_DEMAND
    this.#fifo.take(isSingle ? { ...due, count: 1 } : due, (ns) => this.#sample(ns))
    if (!isSingle) return
    this.#samples.halt()
    this.#registers[CTRL3] = this.#at(CTRL3) & ~1
  }

  /** Left-justified: 14 bits of 0.244 mg at ±2 g, and 12 bits in low-power mode 1. */
  #sample(ns: bigint): Vector {
    const isCoarse = this.#mode() !== 1 && (this.#at(CTRL1) & 3) === 0
    const bits = isCoarse ? 12 : 14
    const lsb = (isCoarse ? 0.000976 : 0.000244) * 2 ** ((this.#at(CTRL6) >> 4) & 3)
    const limit = 2 ** (bits - 1)
    const count = (g: number) => Math.max(-limit, Math.min(limit - 1, Math.round(g / lsb))) * 2 ** (16 - bits)
    const [x, y, z] = this.#vibration.at(ns)
    return [count(x), count(y), count(z)]
  }

  #readOut(offset: number): number {
    const axis = (offset >> 1) as 0 | 1 | 2
    const isHigh = offset % 2 === 1
    const byte = (isHigh ? this.#out[axis] >> 8 : this.#out[axis]) & 0xff
    this.#held[axis] = !isHigh && (this.#at(CTRL2) & BLOCK_UPDATE) !== 0
    if (isHigh) this.#fifo.isFresh = false
    if (offset + OUT_X_L === OUT_Z_H && this.#fifo.isOn) this.#step()
    return byte
  }

  #step(): void {
    this.#fifo.drop()
    this.#out = this.#fifo.oldest
  }

  #isAtThreshold(): boolean {
    return this.#fifo.isOn && this.#fifo.length >= (this.#at(FIFO_CTRL) & 0x1f) && this.#fifo.length > 0
  }

  #status(): number {
    return (this.#isAtThreshold() ? 0x80 : 0) | (this.#fifo.isFresh ? 1 : 0)
  }

  #fifoSamples(): number {
    return (this.#isAtThreshold() ? 0x80 : 0) | (this.#fifo.overrun ? 0x40 : 0) | this.#fifo.length
  }
}

const powerOn = (): Uint8Array => {
  const registers = new Uint8Array(LAST + 1)
  registers[CTRL2] = INCREMENT
  return registers
}

export default definePart({
  name: 'lis2dw12',
  doc: 'Accelerometer of ST, on SPI or i2c (0x18 or 0x19). Taps, free fall, orientation, self-test and user offsets are left out.',
  source: 'ST DS12022, AN5038',
  properties: {
    ...vibrationProperties,
    temperature: { doc: 'Temperature of the chip.', unit: '°C', initial: 25, min: -40, max: 85 },
  },
  create(context) {
    const chip = new Lis2dw12(context)
    return {
      i2c: registersOnI2c(chip),
      spi: registersOnSpi(chip, (byte) => ({ read: byte >= 0x80, register: byte & 0x7f })),
    }
  },
})
