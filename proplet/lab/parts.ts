import { invalid, notFound, SamaraError } from '../../shared/errors.ts'
import { type LabChange, propertyValue } from '../../shared/lab/index.ts'
import { parse } from '../../shared/schema.ts'
import type { LabClock, Part, PartContext, PartModel, Property, PropertyValue } from './part.ts'
import type { LabTime } from './time.ts'
import { nowUs } from './trace.ts'

/** A part with its properties, as it is in one lab. */
export interface LivePart {
  readonly name: string
  readonly chip: string
  readonly model: PartModel
  readonly properties: Readonly<Record<string, Property>>
  get(property: string): PropertyValue
  /** From outside. Throws NOT_FOUND, INVALID_ARGUMENT or FAILED_PRECONDITION that names part and property. */
  set(property: string, value: unknown): void
  /** Hears that the part may answer otherwise than before: a timer of it fired, or somebody set a property. */
  onStir(fn: () => void): () => void
}

export type PartSpec = {
  readonly name: string
  readonly part: Part
  readonly options: Readonly<Record<string, PropertyValue>>
  readonly initial: Readonly<Record<string, PropertyValue>>
}

export type PartWorld = {
  readonly time: LabTime
  /** Hears of every change of a property. */
  readonly changed: (change: LabChange) => void
  /** Hears of a part that threw where nobody asked it anything. */
  readonly broken?: (part: string, error: unknown) => void
}

/** Throws INVALID_ARGUMENT that names the property or option. */
export function createPart({ name, part, options, initial }: PartSpec, { time, changed, broken }: PartWorld): LivePart {
  const properties: Readonly<Record<string, Property>> = part.properties
  const values = new Map(Object.entries(properties).map(([property, { initial: value }]) => [property, value]))
  const stirred = new Set<() => void>()
  const hearers: ((property: string, value: PropertyValue) => void)[] = []
  const where = (property: string) => `${name}.${property}`

  const stir = () => {
    for (const fn of [...stirred]) fn()
  }
  const described = (property: string): Property => {
    const found = Object.hasOwn(properties, property) ? properties[property] : undefined
    if (found) return found
    const known = Object.keys(properties).join(', ') || 'none'
    throw new SamaraError('NOT_FOUND', `part ${name}: has no property ${property}; it has ${known}`, {
      expected: known,
    })
  }
  function put(property: string, value: PropertyValue): void {
    if (values.get(property) === value) return
    values.set(property, value)
    changed({ part: name, property, value, atUs: nowUs(time) })
  }
  const context: PartContext<string> = {
    clock: stirringClock(time, stir, (error) => broken?.(name, error)),
    get: (property) => values.get(property) as PropertyValue,
    set(property, value) {
      described(property)
      put(property, parse(where(property), propertyValue, value))
    },
    onChange: (fn) => hearers.push(fn),
  }

  for (const [property, value] of Object.entries(initial)) {
    const known = described(property)
    values.set(property, checked(where(property), known, value))
  }
  const model = part.create(context, optionsOf(name, part, options))

  return {
    name,
    chip: part.name,
    model,
    properties,
    get(property) {
      described(property)
      return values.get(property) as PropertyValue
    },
    set(property, value) {
      const known = described(property)
      if (known.readOnly)
        throw new SamaraError('FAILED_PRECONDITION', `part ${name}: ${property} is set by the part alone`, {
          field: property,
        })
      const next = checked(where(property), known, value)
      put(property, next)
      for (const fn of hearers) fn(property, next)
      stir()
    },
    onStir(fn) {
      stirred.add(fn)
      return () => stirred.delete(fn)
    },
  }
}

/** What a timer of a part does may be seen on its wires. */
const stirringClock = (time: LabTime, stir: () => void, broken: (error: unknown) => void): LabClock => ({
  now: () => time.now(),
  after: (ns, fn) =>
    time.after(ns, () => {
      try {
        fn()
        stir()
      } catch (error) {
        broken(error)
      }
    }),
})

/** Throws INVALID_ARGUMENT that names the field. */
export function checked(field: string, property: Property, given: unknown): PropertyValue {
  const value = parse(field, propertyValue, given)
  const { initial, min, max } = property
  if (typeof value !== typeof initial) throw invalid(field, value, words(property))
  if (typeof value !== 'number') return value
  if ((min !== undefined && value < min) || (max !== undefined && value > max))
    throw invalid(field, value, words(property))
  return value
}

/** What a property takes, in words. */
function words({ initial, min, max, unit }: Property): string {
  if (typeof initial === 'boolean') return 'true or false'
  if (typeof initial === 'string') return 'a text'
  const range = [min === undefined ? '' : ` from ${min}`, max === undefined ? '' : ` to ${max}`].join('')
  return `a number${range}${unit ? ` ${unit}` : ''}`
}

function optionsOf(
  name: string,
  part: Part,
  given: Readonly<Record<string, PropertyValue>>,
): Readonly<Record<string, PropertyValue>> {
  const known = part.options ?? {}
  for (const [option, value] of Object.entries(given)) {
    if (!Object.hasOwn(known, option)) throw notFound(`part ${name}: option`, option)
    const initial = known[option] as PropertyValue
    if (typeof value !== typeof initial) throw invalid(`${name}.options.${option}`, value, words({ doc: '', initial }))
  }
  return { ...known, ...given }
}
