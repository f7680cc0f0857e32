import type { Entry } from './platform.ts'

/** Models of Renode as its monitor sees them: properties with the types of C#, and methods. */

/** What went wrong in a way that the monitor tells and survives. */
export class Recoverable extends Error {}

export type Kind = 'decimal' | 'double' | 'bool' | 'int'
export type ModelProperty = {
  readonly kind: Kind
  readonly get: () => number | boolean
  /** Absent where nobody outside may set it: the monitor then reads it, whatever stands behind its name. */
  readonly set?: (value: number | boolean) => void
}
export type Model = {
  readonly type: string
  readonly properties: Readonly<Record<string, ModelProperty>>
  readonly methods: Readonly<Record<string, () => void>>
}

/** Wires of the board: levels by `port@pin`. */
export class Wires {
  readonly #levels = new Map<string, boolean>()
  readonly #hearers = new Map<string, ((level: boolean) => void)[]>()

  level = (wire: string): boolean => this.#levels.get(wire) ?? false

  set(wire: string, level: boolean): void {
    if (this.level(wire) === level) return
    this.#levels.set(wire, level)
    for (const fn of this.#hearers.get(wire) ?? []) fn(level)
  }

  hear(wire: string, fn: (level: boolean) => void): void {
    this.#hearers.set(wire, [...(this.#hearers.get(wire) ?? []), fn])
  }
}

const field = (kind: Kind, check: (value: number) => void = () => undefined): ModelProperty => {
  let value = 0
  return {
    kind,
    get: () => value,
    set(next) {
      check(next as number)
      value = next as number
    },
  }
}

const within = (min: number, max: number) => (value: number) => {
  if (value < min || value > max) throw new Recoverable(`The temperature value must be between ${min} and ${max}.`)
}

/** A model of this type; undefined where there is none of it. */
export function createModel(entry: Entry, wires: Wires): Model | undefined {
  const type = entry.type ?? ''
  const wire = `${entry.parent}@${entry.address}`
  switch (type) {
    case 'I2C.BME280':
      return {
        type,
        properties: { Temperature: field('decimal'), Pressure: field('double'), Humidity: field('double') },
        methods: {},
      }
    case 'Sensors.TI_LM74':
      return { type, properties: { Temperature: field('decimal', within(-55, 150)) }, methods: {} }
    case 'Miscellaneous.LED':
      return { type, properties: { State: { kind: 'bool', get: () => wires.level(wire) } }, methods: {} }
    case 'Miscellaneous.Button':
      return button(type, wire, wires)
    case 'Memory.GenericI2cEeprom':
      if (!['8', '16'].includes(entry.values.addressBitSize ?? '8'))
        throw new Recoverable("'addressBitSize' has to be one of the legal values: 8, 16")
      return { type, properties: {}, methods: {} }
    default:
      return /^(GPIOPort|I2C|SPI|UART|Network|IRQControllers|Miscellaneous)\.STM32|^Network\.|^IRQControllers\./.test(
        type,
      )
        ? { type, properties: {}, methods: {} }
        : undefined
  }
}

function button(type: string, wire: string, wires: Wires): Model {
  let pressed = false
  const move = (to: boolean) => () => {
    pressed = to
    wires.set(wire, to)
  }
  return {
    type,
    properties: { Pressed: { kind: 'bool', get: () => pressed } },
    methods: { Press: move(true), Release: move(false) },
  }
}
