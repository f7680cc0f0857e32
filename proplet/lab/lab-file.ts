import * as v from 'valibot'
import { parse as parseYaml } from 'yaml'
import { deviceKinds } from '../../shared/bus.ts'
import { pinDirections } from '../../shared/capabilities.ts'
import { SamaraError, show } from '../../shared/errors.ts'
import { NAME_PATTERN, NAME_RULE } from '../../shared/ids.ts'
import { MAX_BOARDS, MAX_BUSES, MAX_LAB_DEVICES, MAX_PARTS, pulls, safeStates } from '../../shared/lab/index.ts'
import { boardSchema } from './boards/board-file.ts'
import { flag, integer, name, oneOf, table, text, values } from './file-fields.ts'

/** A lab file: what is written, checked key by key. What its chips say of it comes later. */

const MAX_FILE_BYTES = 1024 * 1024
const MAX_PROPLETS = 64

const address = integer(0, 0x3ff)

const busSchema = v.strictObject({
  kind: oneOf(deviceKinds),
  hz: v.optional(integer(1, 100_000_000)),
  lines: v.optional(integer(1, 512)),
})

/** A second place of a part, as the line of its interrupt. */
const placeKeys = {
  bus: v.optional(name),
  address: v.optional(address),
  tenBit: v.optional(flag),
  select: v.optional(integer(0, 15)),
  line: v.optional(integer(0, 511)),
  pull: v.optional(oneOf(pulls)),
  port: v.optional(integer(1, 31)),
}
const partSchema = v.strictObject({
  chip: v.pipe(text(512), v.minLength(1, 'the name of a chip, or ./file.ts of your own')),
  ...placeKeys,
  also: v.optional(v.pipe(v.array(v.strictObject(placeKeys), 'a list'), v.maxLength(4, 'a list of at most 4'))),
  options: v.optional(values),
  set: v.optional(values),
})

const CHIP_RULE = 'the name of a chip, at most 24 of a-z 0-9 -'
/** As a profile's devices have them. */
const deviceSchema = v.strictObject({
  part: v.optional(name),
  bus: v.optional(name),
  address: v.optional(address),
  addresses: v.optional(
    v.pipe(
      v.array(address, 'a list of addresses'),
      v.minLength(1, 'at least one address'),
      v.maxLength(16, 'at most 16 addresses'),
    ),
  ),
  tenBit: v.optional(flag),
  select: v.optional(integer(0, 15)),
  mode: v.optional(integer(0, 3)),
  hz: v.optional(integer(1, 100_000_000)),
  bitsPerWord: v.optional(integer(1, 32)),
  lsbFirst: v.optional(flag),
  csHigh: v.optional(flag),
  line: v.optional(integer(0, 511)),
  direction: v.optional(oneOf(pinDirections)),
  activeLow: v.optional(flag),
  pull: v.optional(oneOf(pulls)),
  debounceMs: v.optional(
    v.pipe(v.number('milliseconds'), v.minValue(0, '0 or more'), v.maxValue(10_000, '10000 or less')),
  ),
  safe: v.optional(oneOf(safeStates)),
  vendor: v.optional(integer(0, 0xffff)),
  product: v.optional(integer(0, 0xffff)),
  serial: v.optional(text(126)),
  chip: v.optional(v.pipe(v.string(CHIP_RULE), v.regex(/^[a-z0-9][a-z0-9-]{0,23}$/, CHIP_RULE))),
  maxBytes: v.optional(integer(1, 65_536)),
  timeoutMs: v.optional(integer(1, 3_600_000)),
})

const propletKey = v.pipe(
  v.string(NAME_RULE),
  v.check((key) => key === '*' || NAME_PATTERN.test(key), `* or a name: ${NAME_RULE}`),
)
const labSchema = v.strictObject({
  name,
  time: v.optional(oneOf(['real', 'virtual']), 'real'),
  buses: v.optional(table(name, busSchema, MAX_BUSES)),
  parts: v.optional(table(name, partSchema, MAX_PARTS), {}),
  boards: v.optional(table(name, boardSchema, MAX_BOARDS), {}),
  proplets: v.optional(table(propletKey, table(name, deviceSchema, MAX_LAB_DEVICES), MAX_PROPLETS), {}),
})

type Written = v.InferOutput<typeof labSchema>
export type LabFile = Written & { readonly buses: NonNullable<Written['buses']> }
export type BusEntry = v.InferOutput<typeof busSchema>
export type PartEntry = v.InferOutput<typeof partSchema>
export type PlaceEntry = Pick<PartEntry, keyof typeof placeKeys>
export type DeviceEntry = v.InferOutput<typeof deviceSchema>

/** Throws INVALID_ARGUMENT that names file, key, value and what was expected. */
export function readLabFile(source: string, file: string): LabFile {
  if (Buffer.byteLength(source) > MAX_FILE_BYTES)
    throw new SamaraError('TOO_LARGE', `${file}: is larger than ${MAX_FILE_BYTES} bytes`)
  const content = parsed(source, file)
  // valibot takes a list for an object.
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw labError(file, 'the file', `${show(content)} is not an object`, 'an object')
  const result = v.safeParse(labSchema, content, { abortEarly: true })
  if (!result.success) throw issueError(file, result.issues[0])
  const { buses, ...rest } = result.output
  // A lab of boards alone has no buses of its own.
  if (buses === undefined && Object.keys(rest.boards).length === 0) throw labError(file, 'buses', 'is missing')
  return { buses: buses ?? {}, ...rest }
}

function parsed(source: string, file: string): unknown {
  try {
    return parseYaml(source)
  } catch (error) {
    const [line] = (error as Error).message.split('\n')
    throw new SamaraError('INVALID_ARGUMENT', `${file}: is not YAML: ${line}`, { cause: error })
  }
}

function issueError(file: string, issue: v.BaseIssue<unknown>): SamaraError {
  const path = (issue.path ?? []).map((part) => String(part.key)).join('.')
  if (issue.expected === 'never') return labError(file, path, 'no such key')
  if (issue.input === undefined) return labError(file, path, 'is missing')
  const wanted = issue.message.startsWith('Invalid') ? 'an object' : issue.message
  return labError(file, path || 'the file', `${show(issue.input)} is not ${wanted}`, wanted)
}

/** What is wrong at one key of a lab file. */
export const labError = (file: string, path: string, what: string, expected?: string): SamaraError =>
  new SamaraError('INVALID_ARGUMENT', `${file}: ${path}: ${what}`, { field: path, ...(expected && { expected }) })
