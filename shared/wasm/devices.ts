import { Grant, MAX_GRANTS } from '../capabilities.ts'
import { invalid, SamaraError, show } from '../errors.ts'
import { parse } from '../schema.ts'
import { sectionIds } from './core-module.ts'
import { ByteReader, leb, readSections, type Section } from './sections.ts'

/**
 * The devices that a function asks for, inside the module that asks: a custom section whose text is
 * `{"devices":{"line1-temp":{"kind":"i2c","access":"read-write","addresses":[118]}}}`. Core modules and components have
 * the same frame of sections, so one reader serves both. [P-8.6]
 */
export const DEVICES_SECTION = 'samara:devices'

const MAX_TEXT_BYTES = 65_536
/** Of 10 bits. */
const MAX_ADDRESS = 0x3ff

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** What the module asks for; undefined where it says nothing. Errors name the key. */
export function devicesOf(bytes: Uint8Array): readonly Grant[] | undefined {
  const [section, second] = sectionsNamed(bytes)
  if (!section) return undefined
  if (second) throw refused('is there twice, one expected')
  return parseDevices(textOf(bytes, section))
}

/** The same module asking for `devices`; what it asked for before is replaced. */
export function addDevices(bytes: Uint8Array, devices: readonly Grant[]): Uint8Array {
  const rest = readSections(bytes).filter((section) => !isNamed(bytes, section))
  const rows = devices.map(({ device, ...asked }) => [device, asked] as const)
  const json = Buffer.from(JSON.stringify({ devices: Object.fromEntries(rows) }))
  const name = Buffer.from(DEVICES_SECTION)
  const payload = Buffer.concat([Buffer.from(leb(name.length)), name, json])
  return new Uint8Array(
    Buffer.concat([
      bytes.subarray(0, 8),
      ...rest.map(({ start, to }) => bytes.subarray(start, to)),
      Buffer.from([sectionIds.custom, ...leb(payload.length)]),
      payload,
    ]),
  )
}

/** Reads `{devices: {NAME: {kind, access, ...}}}`, as it stands in a file or in a module. */
export function parseDevices(json: unknown): readonly Grant[] {
  const { devices, ...others } = objectAt('', json)
  const [other] = Object.keys(others)
  if (other !== undefined) throw refused(`unknown key ${show(other)}, devices expected`)
  const rows = Object.entries(objectAt('devices', devices))
  if (rows.length > MAX_GRANTS) throw refused(`devices: ${rows.length} of them, at most ${MAX_GRANTS} expected`)
  return rows.map(([device, asked]) => deviceAt(device, asked))
}

function deviceAt(device: string, asked: unknown): Grant {
  const at = `devices.${device}`
  const row = objectAt(at, asked)
  if ('device' in row) throw refused(`${at}: unknown key "device"`)
  const grant = parse(`${DEVICES_SECTION}: ${at}`, Grant, { device, ...row })
  const { addresses } = grant
  if (!addresses) return grant
  if (grant.kind !== 'i2c') throw refused(`${at}.addresses: only i2c has addresses, not ${grant.kind}`)
  const wrong = addresses.find((address) => address > MAX_ADDRESS)
  if (wrong !== undefined) throw invalid(`${DEVICES_SECTION}: ${at}.addresses`, wrong, `at most ${MAX_ADDRESS}`)
  return grant
}

function objectAt(at: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw refused(`${at ? `${at}: ` : ''}${show(value)} is not an object`)
}

const refused = (message: string): SamaraError =>
  new SamaraError('INVALID_ARGUMENT', `${DEVICES_SECTION}: ${message}`, { field: 'devices' })

const sectionsNamed = (bytes: Uint8Array): Section[] => readSections(bytes).filter((section) => isNamed(bytes, section))

const isNamed = (bytes: Uint8Array, { id, from, to }: Section): boolean =>
  id === sectionIds.custom && new ByteReader(bytes, from, to).name() === DEVICES_SECTION

function textOf(bytes: Uint8Array, { from, to }: Section): unknown {
  const reader = new ByteReader(bytes, from, to)
  reader.name()
  if (reader.left > MAX_TEXT_BYTES) throw refused(`${reader.left} bytes, at most ${MAX_TEXT_BYTES} expected`)
  try {
    return JSON.parse(utf8.decode(bytes.subarray(reader.at, to)))
  } catch (cause) {
    throw new SamaraError('INVALID_ARGUMENT', `${DEVICES_SECTION}: is not JSON in UTF-8`, { field: 'devices', cause })
  }
}
