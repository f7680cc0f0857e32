import type { DeviceKind } from '../../shared/bus.ts'
import type { LabDevice } from '../../shared/lab/index.ts'
import { type DeviceEntry, labError } from './lab-file.ts'
import type { LivePart } from './parts.ts'
import { type AnyBus, busOf, type Place } from './wiring.ts'

/** Which devices a proplet sees: entries of the lab file, completed by what is known of the parts they name. */

const MAX_BYTES = 4096
const TIMEOUT_MS = 1000
const SPI_HZ = 1_000_000

export type PlacedPart = { readonly part: LivePart; readonly places: readonly Place[] }

type Known = {
  readonly file: string
  readonly buses: ReadonlyMap<string, AnyBus>
  readonly parts: ReadonlyMap<string, PlacedPart>
}

/** Keys that mean something on a bus of one kind only. */
const keysOf: Readonly<Record<DeviceKind, readonly (keyof DeviceEntry)[]>> = {
  i2c: ['address', 'addresses', 'tenBit'],
  spi: ['select', 'mode', 'hz', 'bitsPerWord', 'lsbFirst', 'csHigh'],
  gpio: ['line', 'direction', 'activeLow', 'pull', 'debounceMs', 'safe'],
  usb: ['vendor', 'product', 'serial'],
}
const commonKeys: readonly string[] = ['part', 'bus', 'chip', 'maxBytes', 'timeoutMs']

/** Throws INVALID_ARGUMENT that names the key. */
export function readDevice(known: Known, path: string, name: string, entry: DeviceEntry): LabDevice {
  const { file, buses } = known
  const placed = partOf(known, path, entry)
  const place = placed?.places.find((one) => entry.bus === undefined || one.bus.name === entry.bus) ?? placed?.places[0]
  const bus = busOf(file, buses, path, entry.bus ?? place?.bus.name)
  for (const key of Object.keys(entry))
    if (!commonKeys.includes(key) && !(keysOf[bus.kind] as readonly string[]).includes(key))
      throw labError(file, `${path}.${key}`, `means nothing on ${bus.name}, which is of ${bus.kind}`)
  const chip = entry.chip ?? placed?.part.chip.slice(0, 24)
  const common = {
    name,
    kind: bus.kind,
    bus: bus.name,
    maxBytes: entry.maxBytes ?? MAX_BYTES,
    timeoutMs: entry.timeoutMs ?? TIMEOUT_MS,
    ...(chip !== undefined && { chip }),
  }
  const own = place?.bus === bus ? place : undefined
  const need = <T>(key: string, value: T | undefined): T => {
    if (value === undefined) throw labError(file, `${path}.${key}`, 'is missing')
    return value
  }
  if (bus.kind === 'i2c') {
    const addresses = entry.addresses ?? [need('address', entry.address ?? own?.address)]
    return { ...common, addresses, tenBit: entry.tenBit ?? own?.tenBit ?? false }
  }
  if (bus.kind === 'spi') return { ...common, ...spiKeys(entry, `${bus.name}:${entry.select ?? own?.select ?? 0}`) }
  if (bus.kind === 'gpio') {
    const direction = need('direction', entry.direction ?? directionOf(placed?.part))
    if (direction === 'input' && entry.safe !== undefined)
      throw labError(file, `${path}.safe`, 'an input has no safe state')
    return { ...common, line: need('line', entry.line ?? own?.line), direction, ...gpioKeys(entry, direction) }
  }
  const identity = own?.port === undefined ? undefined : bus.identity(own.port)
  return {
    ...common,
    vendor: need('vendor', entry.vendor ?? identity?.vendor),
    product: need('product', entry.product ?? identity?.product),
    ...(entry.serial !== undefined && { serial: entry.serial }),
  }
}

function partOf({ file, parts }: Known, path: string, { part }: DeviceEntry): PlacedPart | undefined {
  if (part === undefined) return undefined
  const found = parts.get(part)
  if (!found)
    throw labError(file, `${path}.part`, `${JSON.stringify(part)} is not one of ${[...parts.keys()].join(', ')}`)
  return found
}

const spiKeys = ({ mode, bitsPerWord, hz, lsbFirst, csHigh }: DeviceEntry, bus: string) => ({
  bus,
  mode: mode ?? 0,
  bitsPerWord: bitsPerWord ?? 8,
  hz: hz ?? SPI_HZ,
  lsbFirst: lsbFirst ?? false,
  csHigh: csHigh ?? false,
})

const gpioKeys = ({ activeLow, pull, debounceMs = 0, safe }: DeviceEntry, direction: string) => ({
  activeLow: activeLow ?? false,
  debounceUs: Math.round(debounceMs * 1000),
  safe: safe ?? (direction === 'output' ? ('low' as const) : ('hold' as const)),
  ...(pull !== undefined && { pull }),
})

/** What only listens is driven, what only speaks is listened to. */
function directionOf(part: LivePart | undefined): 'input' | 'output' | undefined {
  const model = part?.model.gpio
  if (!model || (model.drive && model.level)) return undefined
  return model.drive ? 'output' : 'input'
}
