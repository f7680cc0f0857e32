import * as v from 'valibot'
import { NAME_PATTERN, NAME_RULE } from '../../shared/ids.ts'
import { propertyValue } from '../../shared/lab/index.ts'

/** Types of the values in a lab file. */

export const integer = (min: number, max: number) => {
  const expected = `an integer from ${min} to ${max}`
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected))
}
export const flag = v.boolean('true or false')
export const oneOf = <const T extends readonly string[]>(names: T) => v.picklist(names, `one of ${names.join(', ')}`)
export const name = v.pipe(v.string(NAME_RULE), v.regex(NAME_PATTERN, NAME_RULE))
export const text = (max: number) =>
  v.pipe(v.string(`a text of at most ${max}`), v.maxLength(max, `a text of at most ${max}`))
export const table = <T extends v.GenericSchema<unknown, unknown>>(
  key: v.GenericSchema<string, string>,
  value: T,
  max: number,
) =>
  v.pipe(
    v.record(key, value, 'an object'),
    v.check((object) => Object.keys(object).length <= max, `an object of at most ${max}`),
  )
export const values = table(text(48), propertyValue.check, 64)
