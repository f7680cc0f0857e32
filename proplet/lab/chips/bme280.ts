import { definePart, type PartContext } from '../part.ts'
import { type Counts, countsOf, trimmingAt88, trimmingAtE1 } from './model/bme280-compensation.ts'
import { inputs } from './model/inputs.ts'
import { type Registers, registersOnI2c, registersOnSpi } from './model/registers.ts'
import { ms } from './model/time.ts'

const ID = 0xd0
const RESET = 0xe0
const CTRL_HUM = 0xf2
const STATUS = 0xf3
const CTRL_MEAS = 0xf4
const CONFIG = 0xf5
const DATA = 0xf7

const NORMAL = 3
/** What data registers hold where a measurement was skipped, and after a reset. */
const SKIPPED: Counts = { temperature: 0x80000, pressure: 0x80000, humidity: 0x8000 }
const STANDBY_MS = [0.5, 62.5, 125, 250, 500, 1000, 10, 20]
/** The trimming is copied from its memory for so long after a reset; a controller waits 2 ms. */
const START_UP_MS = 1

/** How often a quantity is sampled: 3 bits, of which 0 skips it and more than 5 is 16 times. */
const samples = (code: number): number => (code === 0 ? 0 : 2 ** (Math.min(code, 5) - 1))
const resolution = (code: number, filter: number): number => (filter > 1 ? 20 : 15 + Math.min(Math.max(code, 1), 5))

type Weathers = 'temperature' | 'pressure' | 'humidity'
type Oversampling = Record<Weathers, number>

/** Typical length of one measurement, appendix B of the data sheet. */
function measurementMs(codes: Oversampling): number {
  const more = (count: number) => (count === 0 ? 0 : 2 * count + 0.5)
  return 1 + 2 * samples(codes.temperature) + more(samples(codes.pressure)) + more(samples(codes.humidity))
}

type Cycle = { readonly began: bigint; readonly length: bigint; readonly period: bigint; done: bigint }

class Bme280 implements Registers {
  readonly #context: PartContext<Weathers>
  readonly #felt: (name: Weathers) => number
  #control = { humidity: 0, latched: 0, measure: 0, config: 0 }
  #counts = SKIPPED
  /** Memory of the filter; empty until its first measurement. */
  #smooth: { temperature: number; pressure: number } | undefined
  #cycle: Cycle | undefined
  #shadow = new Uint8Array(8)
  #ready: bigint

  constructor(context: PartContext<Weathers>) {
    this.#context = context
    this.#felt = inputs(context, ['temperature', 'pressure', 'humidity'], { settle: () => this.#settle() })
    this.#ready = context.clock.now()
  }

  /** A burst sees the values of one measurement, whatever ends meanwhile (chapter 4.1). */
  begin(): void {
    this.#settle()
    const { temperature: t, pressure: p, humidity: h } = this.#counts
    this.#shadow = Uint8Array.of(p >> 12, p >> 4, p << 4, t >> 12, t >> 4, t << 4, h >> 8, h)
  }

  read(register: number): number {
    if (register === ID) return 0x60
    if (register === CTRL_HUM) return this.#control.humidity
    if (register === STATUS) return (this.#measuring() ? 8 : 0) | (this.#now() < this.#ready ? 1 : 0)
    if (register === CTRL_MEAS) return this.#control.measure
    if (register === CONFIG) return this.#control.config
    if (register >= DATA) return this.#shadow[register - DATA] ?? 0
    if (register >= 0xe1) return trimmingAtE1[register - 0xe1] ?? 0
    return trimmingAt88[register - 0x88] ?? 0
  }

  write(register: number, value: number): void {
    if (register === RESET && value === 0xb6) this.#reset()
    if (register === CTRL_HUM) this.#control.humidity = value & 7
    if (register === CTRL_MEAS) this.#command(value)
    if (register === CONFIG) this.#configure(value)
  }

  #now(): bigint {
    return this.#context.clock.now()
  }

  #codes(): Oversampling {
    const { measure, latched } = this.#control
    return { temperature: measure >> 5, pressure: (measure >> 2) & 7, humidity: latched }
  }

  #filter(): number {
    return 2 ** Math.min((this.#control.config >> 2) & 7, 4)
  }

  #isNormal(): boolean {
    return (this.#control.measure & 3) === NORMAL
  }

  /** Humidity's oversampling counts from the next write to ctrl_meas (chapter 5.4.3). */
  #command(measure: number): void {
    this.#control = { ...this.#control, measure, latched: this.#control.humidity }
    this.#cycle = (measure & 3) === 0 ? undefined : this.#begin()
  }

  #begin(): Cycle {
    const length = ms(measurementMs(this.#codes()))
    const period = length + ms(STANDBY_MS[this.#control.config >> 5] ?? 0)
    return { began: this.#now(), length, period, done: 0n }
  }

  #configure(config: number): void {
    this.#control.config = config & 0xfd
    if (this.#filter() === 1) this.#smooth = undefined
    if (this.#isNormal()) this.#cycle = this.#begin()
  }

  #reset(): void {
    this.#control = { humidity: 0, latched: 0, measure: 0, config: 0 }
    this.#counts = SKIPPED
    this.#smooth = undefined
    this.#cycle = undefined
    this.#ready = this.#now() + ms(START_UP_MS)
  }

  #measuring(): boolean {
    const cycle = this.#cycle
    if (!cycle) return false
    const since = this.#now() - cycle.began
    return (this.#isNormal() ? since % cycle.period : since) < cycle.length
  }

  /** Does the measurements that have ended by now. */
  #settle(): void {
    const cycle = this.#cycle
    if (!cycle) return
    const since = this.#now() - cycle.began - cycle.length
    if (since < 0n) return
    const ended = this.#isNormal() ? since / cycle.period + 1n : 1n
    if (ended > cycle.done) this.#convert(Number(ended - cycle.done))
    cycle.done = ended
    if (!this.#isNormal()) this.#sleep()
  }

  #sleep(): void {
    this.#cycle = undefined
    this.#control.measure &= ~3
  }

  /** The last of `times` measurements of the same weather. */
  #convert(times: number): void {
    const codes = this.#codes()
    const fresh = this.#measure(codes)
    const value = this.#filter() > 1 ? this.#blend(fresh, times) : fresh
    this.#counts = {
      temperature: codes.temperature ? value.temperature : SKIPPED.temperature,
      pressure: codes.pressure ? value.pressure : SKIPPED.pressure,
      humidity: codes.humidity ? value.humidity : SKIPPED.humidity,
    }
  }

  #measure(codes: Oversampling): Counts {
    const felt = this.#felt
    const weather = { temperature: felt('temperature'), pressure: felt('pressure'), humidity: felt('humidity') }
    const bits = (code: number) => resolution(code, this.#filter())
    return countsOf(weather, { temperature: bits(codes.temperature), pressure: bits(codes.pressure) })
  }

  /** The IIR filter of chapter 3.4.4. */
  #blend(fresh: Counts, times: number): Counts {
    const share = this.#smooth ? ((this.#filter() - 1) / this.#filter()) ** times : 0
    const blend = (old: number, value: number) => value + (old - value) * share
    const temperature = blend(this.#smooth?.temperature ?? 0, fresh.temperature)
    const pressure = blend(this.#smooth?.pressure ?? 0, fresh.pressure)
    this.#smooth = { temperature, pressure }
    return { ...fresh, temperature: Math.round(temperature), pressure: Math.round(pressure) }
  }
}

export default definePart({
  name: 'bme280',
  doc: 'Temperature, pressure and humidity sensor of Bosch, on i2c (0x76 or 0x77) or SPI.',
  source: 'BST-BME280-DS001',
  properties: {
    temperature: { doc: 'Air temperature.', unit: '°C', initial: 25, min: -40, max: 85 },
    pressure: { doc: 'Air pressure.', unit: 'Pa', initial: 101_325, min: 30_000, max: 110_000 },
    humidity: { doc: 'Relative humidity.', unit: '%', initial: 40, min: 0, max: 100 },
  },
  create(context) {
    const chip = new Bme280(context)
    return {
      i2c: registersOnI2c(chip, 'pairs'),
      spi: registersOnSpi(chip, (byte) => ({ read: byte >= 0x80, register: byte | 0x80 }), 'pairs'),
    }
  },
})
