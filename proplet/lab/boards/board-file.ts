import * as v from 'valibot'
import { boardKinds, propertyName, propertyValue } from '../../../shared/lab/index.ts'
import { flag, name, oneOf, table, text, values } from '../file-fields.ts'

/** The part `boards` of a lab file: simulated boards, and what of them people set and read. */

const MAX_BOARD_PARTS = 32
const MAX_ARGUMENTS = 32
const MAX_PATH = 512

const BROKER_RULE = 'mqtt://host:port'
const path = v.pipe(text(MAX_PATH), v.minLength(1, 'the path of a file, relative to the lab file'))
const number = v.pipe(v.number('a number'), v.finite('a number'))
/** Goes to a monitor or a shell as part of a command line. */
const PLACE_RULE = 'at most 128 of A-Z a-z 0-9 _ . -'
const place = v.pipe(v.string(PLACE_RULE), v.regex(/^[A-Za-z0-9_.-]{1,128}$/, PLACE_RULE))

const isPropertyName = (key: string): boolean => v.is(propertyName.check, key)
const property = v.pipe(v.string(propertyName.expected), v.check(isPropertyName, propertyName.expected))

const propertySchema = v.strictObject({
  as: v.optional(place),
  doc: v.optional(text(240)),
  unit: v.optional(text(24)),
  initial: propertyValue.check,
  min: v.optional(number),
  max: v.optional(number),
  readOnly: v.optional(flag),
})

const partSchema = v.strictObject({
  chip: v.pipe(text(48), v.minLength(1, 'what kind of chip it is')),
  at: v.optional(place),
  properties: v.optional(table(property, propertySchema, 32)),
  set: v.optional(values),
})

export const boardSchema = v.strictObject({
  kind: oneOf(boardKinds),
  image: path,
  id: v.optional(name),
  broker: v.optional(v.pipe(v.string(BROKER_RULE), v.regex(/^mqtt:\/\/[^/\s@]+\/?$/, BROKER_RULE))),
  tokenFile: v.optional(path),
  start: v.optional(flag, true),
  program: v.optional(path),
  machine: v.optional(place),
  script: v.optional(path),
  network: v.optional(oneOf(['tap', 'none'])),
  args: v.optional(
    v.pipe(
      v.array(text(MAX_PATH), 'a list of texts'),
      v.maxLength(MAX_ARGUMENTS, `a list of at most ${MAX_ARGUMENTS}`),
    ),
    [],
  ),
  parts: v.optional(table(name, partSchema, MAX_BOARD_PARTS), {}),
})

export type BoardEntry = v.InferOutput<typeof boardSchema>
export type BoardPartEntry = v.InferOutput<typeof partSchema>
export type BoardPropertyEntry = v.InferOutput<typeof propertySchema>
