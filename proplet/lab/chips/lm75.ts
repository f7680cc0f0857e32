import { definePart, type PartContext } from '../part.ts'
import { Conversions } from './model/conversions.ts'
import { inputs } from './model/inputs.ts'
import { OpenDrain } from './model/open-drain.ts'
import { wholeOption } from './model/options.ts'
import { ms } from './model/time.ts'
import { celsiusOf, type WordRegisters, wordOf, wordsOnI2c } from './model/word-registers.ts'

const TEMPERATURE = 0
const CONFIG = 1
const HYSTERESIS = 2

const SHUTDOWN = 1
const INTERRUPT = 2
const ACTIVE_HIGH = 4
const CONVERSION_MS = 100
/** Conversions in a row that make the output switch; bits 4 and 3 of the configuration. */
const QUEUE = [1, 2, 4, 6]

class Lm75 implements WordRegisters {
  readonly #context: PartContext<'temperature' | 'os'>
  readonly #felt: (name: 'temperature') => number
  readonly #conversions: Conversions
  readonly #bits: number
  readonly #poweredAt: bigint
  #temperature: readonly number[]
  #config = 0
  #hysteresis: readonly number[] = [75, 0]
  #limit: readonly number[] = [80, 0]
  #faults = 0
  /** Whether the output waits for the temperature to fall. */
  #above = false
  readonly os: OpenDrain

  constructor(context: PartContext<'temperature' | 'os'>, bits: number) {
    this.#context = context
    this.#bits = bits
    this.os = new OpenDrain(() => context.get('os') !== ((this.#config & ACTIVE_HIGH) !== 0))
    this.#poweredAt = context.clock.now()
    const converter = { convert: (times: number) => this.#convert(times), pending: () => this.#isPending() }
    this.#conversions = new Conversions(context.clock, converter)
    const settle = () => this.#conversions.settle()
    this.#felt = inputs(context, ['temperature'], { settle, changed: () => this.#changed() })
    this.#temperature = this.#measured()
    this.#conversions.run(ms(CONVERSION_MS))
  }

  begin(): void {
    this.#conversions.settle()
  }

  sizeOf(register: number): number {
    return register === CONFIG ? 1 : 2
  }

  read(register: number): readonly number[] {
    if (this.#config & INTERRUPT) this.#output(false)
    if (register === TEMPERATURE) return this.#temperature
    if (register === CONFIG) return [this.#config]
    return register === HYSTERESIS ? this.#hysteresis : this.#limit
  }

  write(register: number, bytes: readonly number[]): void {
    if (register === TEMPERATURE) return
    if (register === CONFIG) this.#configure(bytes[0] ?? 0)
    else if (register === HYSTERESIS) this.#hysteresis = this.#threshold(bytes)
    else this.#limit = this.#threshold(bytes)
    this.#conversions.arm()
  }

  /** Thresholds have as many bits as the temperature; the rest reads as zero. */
  #threshold(bytes: readonly number[]): readonly number[] {
    return [bytes[0] ?? 0, (bytes[1] ?? 0) & (0xff00 >> (this.#bits - 8))]
  }

  #configure(value: number): void {
    const woken = this.#config & SHUTDOWN && !(value & SHUTDOWN)
    this.#config = value & 0x1f
    this.os.look()
    if (value & SHUTDOWN) this.#conversions.halt()
    if (woken) this.#conversions.run(ms(CONVERSION_MS))
  }

  #measured(): readonly number[] {
    return wordOf(this.#felt('temperature'), this.#bits)
  }

  /** At the moment of power-up the weather is not yet settled: the first conversion sees what comes last. */
  #changed(): void {
    if (this.#context.clock.now() === this.#poweredAt) this.#temperature = this.#measured()
    this.#conversions.arm()
  }

  #crossed(temperature: readonly number[]): boolean {
    const celsius = celsiusOf(temperature)
    return this.#above ? celsius < celsiusOf(this.#hysteresis) : celsius > celsiusOf(this.#limit)
  }

  #isPending(): boolean {
    return this.#crossed(this.#measured())
  }

  #convert(times: number): void {
    this.#temperature = this.#measured()
    for (let time = 0; time < times; time++) this.#judge()
  }

  #judge(): void {
    this.#faults = this.#crossed(this.#temperature) ? this.#faults + 1 : 0
    if (this.#faults < (QUEUE[(this.#config >> 3) & 3] ?? 1)) return
    this.#faults = 0
    this.#above = !this.#above
    this.#output(this.#above || (this.#config & INTERRUPT) !== 0)
  }

  #output(active: boolean): void {
    if (this.#context.get('os') === active) return
    this.#context.set('os', active)
    this.os.look()
  }
}

export default definePart({
  name: 'lm75',
  doc: 'Thermometer on i2c (0x48 to 0x4f), with a thermostat output OS for a gpio line.',
  source: 'Texas Instruments SNOS808, NXP LM75A',
  properties: {
    temperature: { doc: 'Temperature of the chip.', unit: '°C', initial: 25, min: -55, max: 125 },
    os: { doc: 'Whether the thermostat output is active.', initial: false, readOnly: true },
  },
  options: { bits: 9 },
  create(context, options) {
    const chip = new Lm75(context, wholeOption(options, 'bits', { min: 9, max: 12 }))
    return { i2c: wordsOnI2c(chip), gpio: chip.os }
  },
})
