import * as v from 'valibot'
import { MAX_TRANSFER_BYTES } from '../../shared/bus.ts'
import { MAX_DEVICES } from '../../shared/capabilities.ts'
import { invalid, SamaraError } from '../../shared/errors.ts'
import { NAME_PATTERN, NAME_RULE } from '../../shared/ids.ts'
import { controllerKey } from './controllers.ts'
import type { ControllerSpec, DeviceSpec, GpioSpec, Profile } from './profile.ts'

/** A profile as a person writes it; see proplet/README.md. */

const MAX_ADDRESSES = 16
const MAX_PATH = 64

const text = (pattern: RegExp, expected: string) => v.pipe(v.string(expected), v.regex(pattern, expected))
const integer = (min: number, max: number, expected = `a whole number from ${min} to ${max}`) =>
  v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected))
const one = <const T extends readonly (string | number)[]>(values: T) =>
  v.picklist(values, `one of ${values.join(', ')}`)
const flag = v.boolean('true or false')
const busName = text(/^[^\s@#]{1,64}$/, `a name under buses, or a path of at most ${MAX_PATH} characters`)
const address = integer(0, 0x3ff, 'an address from 0 to 0x3ff')
const id16 = integer(0, 0xffff, 'a number from 0 to 0xffff')

const LINE = "a line's number from 0 to 65535, or its name of at most 31 characters"
const isLine = (value: number | string) =>
  typeof value === 'string' ? /^[^\s@#]{1,31}$/.test(value) : Number.isInteger(value) && value >= 0 && value <= 65_535
const line = v.pipe(v.union([v.number(), v.string()], LINE), v.check(isLine, LINE))

const common = {
  chip: v.optional(text(/^[a-z0-9][a-z0-9-]{0,23}$/, 'the name of a chip, at most 24 of a-z 0-9 -')),
  maxBytes: v.optional(integer(1, MAX_TRANSFER_BYTES), 4096),
  timeoutMs: v.optional(integer(1, 3_600_000), 1000),
}
const shapes = {
  i2c: v.strictObject({
    ...common,
    i2c: busName,
    address: v.optional(address),
    addresses: v.optional(
      v.pipe(
        v.array(address, 'a list of addresses'),
        v.minLength(1, 'at least one address'),
        v.maxLength(MAX_ADDRESSES, `at most ${MAX_ADDRESSES} addresses`),
      ),
    ),
    tenBit: v.optional(flag, false),
  }),
  spi: v.strictObject({
    ...common,
    spi: busName,
    mode: v.optional(one([0, 1, 2, 3]), 0),
    hz: v.optional(integer(1, 1_000_000_000), 1_000_000),
    bitsPerWord: v.optional(integer(1, 32), 8),
    lsbFirst: v.optional(flag, false),
    csHigh: v.optional(flag, false),
  }),
  gpio: v.strictObject({
    ...common,
    gpio: busName,
    line,
    direction: one(['input', 'output', 'both']),
    activeLow: v.optional(flag, false),
    pull: v.optional(one(['up', 'down', 'none'])),
    debounceMs: v.optional(
      v.pipe(v.number('milliseconds'), v.minValue(0, '0 or more'), v.maxValue(10_000, '10000 or less')),
      0,
    ),
    safe: v.optional(one(['low', 'high', 'hold'])),
  }),
  usb: v.strictObject({
    ...common,
    usb: v.strictObject(
      {
        vendor: id16,
        product: id16,
        serial: v.optional(text(/^[^\s]{1,64}$/, 'a serial number of at most 64 characters')),
        bus: v.optional(busName, 'usb'),
      },
      'vendor and product',
    ),
  }),
}
const file = v.strictObject({
  buses: v.optional(v.record(v.string(), text(/^[^\s@#]{1,64}$/, `a path of at most ${MAX_PATH} characters`)), {}),
  devices: v.record(v.string(), v.unknown()),
})

type Kind = keyof typeof shapes
type Entry = { [K in Kind]: v.InferOutput<(typeof shapes)[K]> }
/** Where a bus is that a device names. */
export type BusOf = (bus: string) => ControllerSpec

/** The file's content as devices. Throws INVALID_ARGUMENT that names key, value and what was expected. */
export function parseProfile(content: unknown): Profile {
  const { buses, devices } = parse(file, content, 'profile')
  const onLinux: BusOf = (bus) => ({ driver: 'linux', path: buses[bus] ?? bus })
  return checkProfile(Object.entries(devices).map(([name, value]) => deviceOf(name, value, onLinux)))
}

/** One entry of `devices`; what its bus is, is the caller's to say. */
export function deviceOf(name: string, value: unknown, controllerOf: BusOf): DeviceSpec {
  if (!NAME_PATTERN.test(name)) throw invalid('profile: devices', name, NAME_RULE)
  const key = `profile: devices.${name}`
  const kinds = Object.keys(shapes).filter((kind) => typeof value === 'object' && value !== null && kind in value)
  const [kind] = kinds as Kind[]
  if (!kind || kinds.length !== 1) throw invalid(key, value, 'a device with one of the keys i2c, spi, gpio, usb')
  return makers[kind](name, parse(shapes[kind], value, key) as never, controllerOf)
}

const makers: { [K in Kind]: (name: string, entry: Entry[K], controllerOf: BusOf) => DeviceSpec } = {
  i2c: (name, { i2c, address: only, addresses, ...rest }, controllerOf) => {
    if ((only === undefined) === (addresses === undefined))
      throw new SamaraError('INVALID_ARGUMENT', `profile: devices.${name}: one of address and addresses is expected`)
    const all = only === undefined ? (addresses ?? []) : [only]
    return { name, kind: 'i2c', controller: controllerOf(i2c), addresses: all, ...rest }
  },
  spi: (name, { spi, ...rest }, controllerOf) => ({ name, kind: 'spi', controller: controllerOf(spi), ...rest }),
  gpio: (name, { gpio, debounceMs, safe, ...rest }, controllerOf) => {
    if (rest.direction === 'input' && safe !== undefined)
      throw new SamaraError('INVALID_ARGUMENT', `profile: devices.${name}.safe: an input has no safe state`)
    const level = safe ?? (rest.direction === 'output' ? 'low' : 'hold')
    const debounceUs = Math.round(debounceMs * 1000)
    return { name, kind: 'gpio', controller: controllerOf(gpio), debounceUs, safe: level, ...rest }
  },
  usb: (name, { usb: { bus, ...ids }, ...rest }, controllerOf) => ({
    name,
    kind: 'usb',
    controller: controllerOf(bus),
    ...ids,
    ...rest,
  }),
}

/** What no single device shows. */
export function checkProfile(profile: Profile): Profile {
  if (profile.length > MAX_DEVICES)
    throw new SamaraError('INVALID_ARGUMENT', `profile: ${profile.length} devices, at most ${MAX_DEVICES} are taken`)
  const kinds = new Map<string, DeviceSpec>()
  for (const device of profile) {
    const key = controllerKey(device.controller)
    const first = kinds.get(key) ?? device
    if (first.kind !== device.kind)
      throw new SamaraError(
        'INVALID_ARGUMENT',
        `profile: ${key} is ${first.kind} for ${first.name} and ${device.kind} for ${device.name}`,
      )
    kinds.set(key, first)
  }
  refuseTwoWaysOfNaming(profile)
  return profile
}

/** Only the kernel knows which number a name is: named both ways, one line would be two devices, each with its own lock. */
function refuseTwoWaysOfNaming(profile: Profile): void {
  const firsts = new Map<string, GpioSpec>()
  for (const device of profile) {
    if (device.kind !== 'gpio') continue
    const key = controllerKey(device.controller)
    const first = firsts.get(key) ?? device
    firsts.set(key, first)
    if (typeof first.line === typeof device.line) continue
    const expected = typeof first.line === 'string' ? 'a name' : 'a number'
    throw invalid(
      `profile: devices.${device.name}.line`,
      device.line,
      `${expected} as that of ${first.name} is: lines of one chip, ${key}, are all named or all numbered`,
    )
  }
}

function parse<S extends v.GenericSchema>(schema: S, value: unknown, key: string): v.InferOutput<S> {
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const [issue] = result.issues
  const field = [key, ...(issue.path?.map((item) => String(item.key)) ?? [])].join('.').replace('profile.', 'profile: ')
  if (issue.expected === 'never') throw new SamaraError('INVALID_ARGUMENT', `${field}: no such key`, { field })
  if (issue.input === undefined) throw new SamaraError('INVALID_ARGUMENT', `${field}: is missing`, { field })
  throw invalid(field, issue.input, issue.message)
}
