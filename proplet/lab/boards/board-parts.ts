import { SamaraError } from '../../../shared/errors.ts'
import type { BoardKind } from '../../../shared/lab/index.ts'
import { labError } from '../lab-file.ts'
import type { Property, PropertyValue } from '../part.ts'
import { checked } from '../parts.ts'
import type { BoardPartEntry, BoardPropertyEntry } from './board-file.ts'

/** Parts of simulated boards: the same properties as those of the lab's own chips, reached by other ways. */

/** A property, and what the model on the other side calls it. */
export type BoardProperty = Property & { readonly as: string }

export type BoardPart = {
  readonly name: string
  readonly board: string
  readonly chip: string
  /** Path of the model in Renode's monitor, or its name in the shell of the image. */
  readonly at: string
  readonly properties: Readonly<Record<string, BoardProperty>>
  /** What is set as the board starts. */
  readonly initial: Readonly<Record<string, PropertyValue>>
}

type Known = Readonly<Record<string, Property & { readonly renode: string }>>

const temperature = (min: number, max: number) => ({
  temperature: { doc: 'Temperature.', unit: '°C', initial: 20, min, max, renode: 'Temperature' },
})

/**
 * Renode's BME280 has a pressure too, in steps of 6 kPa from an offset of 52 kPa: nothing that a lab could set to what
 * the weather is.
 */
const chips: Readonly<Record<string, Known>> = {
  bme280: {
    ...temperature(-40, 85),
    humidity: { doc: 'Relative humidity.', unit: '%', initial: 50, min: 0, max: 100, renode: 'Humidity' },
  },
  lm74: temperature(-55, 150),
  button: { pressed: { doc: 'Whether it is held down.', initial: false, renode: 'Pressed' } },
  led: { lit: { doc: 'Whether it shines.', initial: false, readOnly: true, renode: 'State' } },
  relay: { closed: { doc: 'Whether its contact is closed.', initial: false, readOnly: true, renode: 'State' } },
}

export const knownBoardChips = (): readonly string[] => Object.keys(chips)

export type PartPlace = { readonly file: string; readonly board: string; readonly kind: BoardKind }

/** Throws INVALID_ARGUMENT that names the key. */
export function readBoardPart({ file, board, kind }: PartPlace, name: string, entry: BoardPartEntry): BoardPart {
  const path = `boards.${board}.parts.${name}`
  const properties = propertiesOf(file, path, kind, entry)
  if (kind === 'renode' && entry.at === undefined)
    throw labError(file, `${path}.at`, 'is missing', 'the path of the model in the monitor, as sysbus.i2c1.bme280')
  const initial = entry.set ?? {}
  for (const [property, value] of Object.entries(initial)) {
    const known = properties[property]
    if (!known) throw labError(file, `${path}.set.${property}`, `is no property of ${entry.chip}`, list(properties))
    if (known.readOnly) throw labError(file, `${path}.set.${property}`, 'is set by the part alone')
    try {
      checked(`${path}.set.${property}`, known, value)
    } catch (error) {
      throw labError(file, path, (error as Error).message)
    }
  }
  return { name, board, chip: entry.chip, at: entry.at ?? name, properties, initial }
}

function propertiesOf(file: string, path: string, kind: BoardKind, entry: BoardPartEntry) {
  const known = Object.hasOwn(chips, entry.chip) ? chips[entry.chip] : undefined
  if (!known && !entry.properties)
    throw labError(
      file,
      `${path}.chip`,
      `${JSON.stringify(entry.chip)} is not one of ${knownBoardChips().join(', ')}, and has no properties of its own`,
    )
  const own = Object.entries(entry.properties ?? {}).map(([name, one]) => [name, ownProperty(name, one)] as const)
  const given = Object.entries(known ?? {}).map(([name, { renode, ...one }]) => {
    const property: BoardProperty = { ...one, as: kind === 'renode' ? renode : name }
    return [name, property] as const
  })
  return Object.fromEntries([...given, ...own])
}

function ownProperty(name: string, { as, doc, unit, initial, min, max, readOnly }: BoardPropertyEntry): BoardProperty {
  return {
    as: as ?? name,
    doc: doc ?? `Property ${name}.`,
    initial,
    ...(unit !== undefined && { unit }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(readOnly && { readOnly }),
  }
}

const list = (properties: object): string => Object.keys(properties).join(', ') || 'none'

/** Throws NOT_FOUND. */
export function propertyOf(part: BoardPart, property: string): BoardProperty {
  const found = Object.hasOwn(part.properties, property) ? part.properties[property] : undefined
  if (found) return found
  throw new SamaraError(
    'NOT_FOUND',
    `part ${part.name}: has no property ${property}; it has ${list(part.properties)}`,
    {
      expected: list(part.properties),
    },
  )
}

/** Throws FAILED_PRECONDITION or INVALID_ARGUMENT, before the board hears of it. */
export function valueFor(part: BoardPart, property: string, value: unknown): PropertyValue {
  const known = propertyOf(part, property)
  if (known.readOnly)
    throw new SamaraError('FAILED_PRECONDITION', `part ${part.name}: ${property} is set by the part alone`, {
      field: property,
    })
  return checked(`${part.name}.${property}`, known, value)
}

/** What a model said, as a value of the property's own type. Throws DATA_LOSS where it is none. */
export function readValue(part: BoardPart, property: string, said: string): PropertyValue {
  const { initial } = propertyOf(part, property)
  const text = said.trim()
  if (typeof initial === 'string') return text
  if (typeof initial === 'boolean') {
    if (/^(true|1|on|yes|high)$/i.test(text)) return true
    if (/^(false|0|off|no|low)$/i.test(text)) return false
  } else if (/^[+-]?(0x[0-9a-f]+|\d+(\.\d*)?([e][+-]?\d+)?)$/i.test(text)) return shortest(Number(text))
  throw new SamaraError(
    'DATA_LOSS',
    `part ${part.name}: ${property} is ${JSON.stringify(text)}, ${kindOf(initial)} expected`,
  )
}

const kindOf = (value: PropertyValue): string => (typeof value === 'boolean' ? 'true or false' : 'a number')

const FLOAT_DIGITS = 9
/** A number that went through 32 bits, as the one that somebody wrote: 23.4, not 23.399999618530273. */
function shortest(value: number): number {
  if (Math.fround(value) !== value) return value
  for (let digits = 1; digits < FLOAT_DIGITS; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value
}
