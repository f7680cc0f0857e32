import * as v from 'valibot'
import { Float } from '../cbor.ts'
import { NAME_PATTERN, NAME_RULE } from '../ids.ts'
import { type FieldType, text } from '../schema.ts'

/** Field types of the lab's own messages. */

export const MAX_PROPERTY_TEXT_BYTES = 240

export type PropertyValue = number | boolean | string

const EXPECTED = `a number, true, false or a text of at most ${MAX_PROPERTY_TEXT_BYTES} bytes`
const fits = (value: unknown): boolean =>
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value)) ||
  (typeof value === 'string' && Buffer.byteLength(value) <= MAX_PROPERTY_TEXT_BYTES)

/** What a property of a part is: the one field of ours whose type the other end decides. */
export const propertyValue: FieldType<PropertyValue> = {
  check: v.custom<PropertyValue>(fits, EXPECTED),
  toItem: (value) => (typeof value === 'number' && !Number.isSafeInteger(value) ? new Float(value, 64) : value),
  fromItem: (item) => item,
  toJson: (value) => value,
  fromJson: (json) => json,
  cddl: `(bool / int / float64 / tstr .size (0..${MAX_PROPERTY_TEXT_BYTES}))`,
  words: 'number, bool or text',
  maxBytes: 2 + MAX_PROPERTY_TEXT_BYTES,
  expected: EXPECTED,
}

/** Name of a lab, a bus, a part or a device. */
export const labName = text({ min: 1, max: 48, pattern: NAME_PATTERN, rule: NAME_RULE })

const BUS_PATTERN = /^[a-z0-9](?:[a-z0-9._-]{0,46}[a-z0-9])?(?::\d{1,2})?$/
/** A controller of the lab: a bus, and of SPI a chip select too: `spi-0:1`, since each is a controller of its own. */
export const busPath = text({
  min: 1,
  max: 52,
  pattern: BUS_PATTERN,
  rule: 'the name of a bus, and :N for a chip select',
})

const PROPERTY_PATTERN = /^[A-Za-z][A-Za-z0-9_-]{0,47}$/
export const propertyName = text({
  min: 1,
  max: 48,
  pattern: PROPERTY_PATTERN,
  rule: 'a letter and up to 47 of A-Z a-z 0-9 _ -',
})
