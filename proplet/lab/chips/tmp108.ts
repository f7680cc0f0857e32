import { definePart, type PartContext } from '../part.ts'
import { Conversions } from './model/conversions.ts'
import { inputs } from './model/inputs.ts'
import { OpenDrain } from './model/open-drain.ts'
import { ms } from './model/time.ts'
import { celsiusOf, type WordRegisters, wordOf, wordsOnI2c } from './model/word-registers.ts'

const TEMPERATURE = 0
const CONFIG = 1
const LOW = 2

const BITS = 12
const CONVERSION_MS = 27
/** Conversion rates of 0.25, 1, 4 and 16 Hz. */
const PERIOD_MS = [4000, 1000, 250, 62.5]
const HYSTERESIS = [0, 1, 2, 4]

/** Of the first configuration byte. */
const RATE = 0x60
const FLAG_HIGH = 0x10
const FLAG_LOW = 0x08
const LATCHING = 0x04
const MODE = 0x03
const ONE_SHOT = 1
/** Of the second. */
const ACTIVE_HIGH = 0x80

class Tmp108 implements WordRegisters {
  readonly #context: PartContext<'temperature' | 'alert'>
  readonly #felt: (name: 'temperature') => number
  readonly #conversions: Conversions
  readonly #poweredAt: bigint
  #temperature: readonly number[]
  /** Without the flags. 1 Hz, continuous; hysteresis of 1 °C. */
  #config: readonly [number, number] = [0x22, 0x10]
  #flags = 0
  readonly alert: OpenDrain
  #low: readonly number[] = [0x80, 0x00]
  #high: readonly number[] = [0x7f, 0xf0]

  constructor(context: PartContext<'temperature' | 'alert'>) {
    this.#context = context
    this.#poweredAt = context.clock.now()
    this.alert = new OpenDrain(() => this.#flags > 0 !== (this.#config[1] & ACTIVE_HIGH) > 0)
    const converter = { convert: () => this.#convert(), pending: () => this.#isPending() }
    this.#conversions = new Conversions(context.clock, converter)
    const settle = () => this.#conversions.settle()
    this.#felt = inputs(context, ['temperature'], { settle, changed: () => this.#changed() })
    this.#temperature = this.#measured()
    this.#runAsConfigured()
  }

  begin(): void {
    this.#conversions.settle()
  }

  sizeOf(): number {
    return 2
  }

  read(register: number): readonly number[] {
    if (register === TEMPERATURE) return this.#temperature
    if (register === CONFIG) return this.#readConfig()
    return register === LOW ? this.#low : this.#high
  }

  write(register: number, bytes: readonly number[]): void {
    const [first = 0, second = 0] = bytes
    if (register === TEMPERATURE) return
    if (register === CONFIG) this.#configure(first, second)
    else if (register === LOW) this.#low = [first, second & 0xf0]
    else this.#high = [first, second & 0xf0]
    this.#conversions.arm()
  }

  /** Flags that latch are cleared by whoever reads them. */
  #readConfig(): readonly number[] {
    const [first, second] = this.#config
    const bytes = [first | this.#flags, second]
    if (first & LATCHING) this.#flag(0)
    return bytes
  }

  /** A write that changes neither rate nor mode leaves the rhythm of the conversions alone. */
  #configure(first: number, second: number): void {
    const before = this.#config[0]
    this.#config = [first & (RATE | LATCHING | MODE), second & 0xb0]
    this.alert.look()
    const same = ((before ^ first) & (RATE | MODE)) === 0
    if (!same || (first & MODE) === ONE_SHOT) this.#runAsConfigured()
  }

  #runAsConfigured(): void {
    const [first] = this.#config
    if ((first & MODE) === 0) return this.#conversions.halt()
    this.#conversions.run(ms(PERIOD_MS[(first & RATE) >> 5] ?? 0), ms(CONVERSION_MS))
  }

  #measured(): readonly number[] {
    return wordOf(this.#felt('temperature'), BITS)
  }

  /** At the moment of power-up the weather is not yet settled: the first conversion sees what comes last. */
  #changed(): void {
    if (this.#context.clock.now() === this.#poweredAt) this.#temperature = this.#measured()
    this.#conversions.arm()
  }

  #flagsFor(temperature: readonly number[]): number {
    const celsius = celsiusOf(temperature)
    const [first, second] = this.#config
    const hysteresis = HYSTERESIS[(second >> 4) & 3] ?? 0
    const stay = (flag: number) => (this.#flags & flag ? hysteresis : 0)
    const high = celsius >= celsiusOf(this.#high) - stay(FLAG_HIGH) ? FLAG_HIGH : 0
    const low = celsius <= celsiusOf(this.#low) + stay(FLAG_LOW) ? FLAG_LOW : 0
    return high | low | (first & LATCHING ? this.#flags : 0)
  }

  #isPending(): boolean {
    return (this.#config[0] & MODE) === ONE_SHOT || this.#flagsFor(this.#measured()) !== this.#flags
  }

  #convert(): void {
    this.#temperature = this.#measured()
    this.#flag(this.#flagsFor(this.#temperature))
    const [first, second] = this.#config
    if ((first & MODE) !== ONE_SHOT) return
    this.#config = [first & ~MODE, second]
    this.#conversions.halt()
  }

  #flag(flags: number): void {
    this.#flags = flags
    if (this.#context.get('alert') === flags > 0) return
    this.#context.set('alert', flags > 0)
    this.alert.look()
  }
}

export default definePart({
  name: 'tmp108',
  doc: 'Thermometer with two limits on i2c (0x48 to 0x4b), and ALERT for a gpio line.',
  source: 'Texas Instruments SBOS663',
  properties: {
    temperature: { doc: 'Temperature of the chip.', unit: '°C', initial: 25, min: -40, max: 125 },
    alert: { doc: 'Whether a limit is passed.', initial: false, readOnly: true },
  },
  create(context) {
    const chip = new Tmp108(context)
    return { i2c: wordsOnI2c(chip), gpio: chip.alert }
  },
})
