import type { Logger } from 'pino'
import { isSamaraError, SamaraError } from '../../shared/errors.ts'
import type { Bus, BusWorld } from './buses/bus.ts'
import { createGpioBus, type GpioBus } from './buses/gpio.ts'
import { addressText, createI2cBus, type I2cBus } from './buses/i2c.ts'
import { createSpiBus, type SpiBus } from './buses/spi.ts'
import { createUsbBus, type UsbBus } from './buses/usb.ts'
import type { Faults } from './faults.ts'
import { type BusEntry, type LabFile, labError, type PlaceEntry } from './lab-file.ts'
import type { LivePart } from './parts.ts'
import type { LabTime } from './time.ts'
import type { Trace } from './trace.ts'

/** Buses of a lab file, and its parts on them. */

const STANDARD_HZ = 100_000
const LINES = 32

export type AnyBus = I2cBus | SpiBus | GpioBus | UsbBus
type World = { readonly time: LabTime; readonly faults: Faults; readonly trace: Trace; readonly log: Logger }

export function createBuses(file: LabFile, world: World): ReadonlyMap<string, AnyBus> {
  const entries = Object.entries(file.buses)
  return new Map(entries.map(([name, entry], index) => [name, createBus(entry, { ...world, name }, index + 1)]))
}

function createBus(entry: BusEntry, world: BusWorld, number: number): AnyBus {
  if (entry.kind === 'i2c') return createI2cBus(world, { hz: entry.hz ?? STANDARD_HZ })
  if (entry.kind === 'spi') return createSpiBus(world)
  if (entry.kind === 'gpio') return createGpioBus(world, { lines: entry.lines ?? LINES })
  return createUsbBus(world, { number })
}

/** A place of a part that was found to be right. */
export type Place = {
  readonly bus: Bus
  readonly address?: number | undefined
  readonly tenBit?: boolean | undefined
  readonly select?: number | undefined
  readonly line?: number | undefined
  readonly port?: number | undefined
}

/** In words: `i2c-1 0x76`, `gpio-0 line 17`. */
export function placeText({ bus, address = 0, tenBit = false, select, line, port }: Place): string {
  if (bus.kind === 'i2c') return `${bus.name} 0x${addressText(address, tenBit)}`
  if (bus.kind === 'spi') return `${bus.name} select ${select}`
  return bus.kind === 'gpio' ? `${bus.name} line ${line}` : `${bus.name} port ${port}`
}

export type Wiring = {
  readonly file: string
  readonly buses: ReadonlyMap<string, AnyBus>
}

/** Puts a part in its place. Throws INVALID_ARGUMENT that names the key. */
export function attach({ file, buses }: Wiring, path: string, part: LivePart, entry: PlaceEntry): Place {
  const bus = busOf(file, buses, path, entry.bus)
  const model = part.model[bus.kind]
  if (!model)
    throw labError(file, `${path}.bus`, `${part.chip} is no ${bus.kind} part, and ${bus.name} is of ${bus.kind}`)
  try {
    return connect(file, path, part, entry, bus)
  } catch (error) {
    if (isSamaraError(error) && error.code === 'INVALID_ARGUMENT') throw error
    throw new SamaraError('INVALID_ARGUMENT', `${file}: ${path}: ${(error as Error).message}`, {
      field: path,
      cause: error,
    })
  }
}

function connect(file: string, path: string, part: LivePart, entry: PlaceEntry, bus: AnyBus): Place {
  const need = (key: 'address' | 'select' | 'line' | 'port'): number => {
    const value = entry[key]
    if (value === undefined) throw labError(file, `${path}.${key}`, 'is missing')
    return value
  }
  const { name, model } = part
  if (bus.kind === 'i2c') {
    const tenBit = entry.tenBit ?? false
    bus.attach({ name, model: model.i2c as never }, need('address'), tenBit)
    return { bus, address: need('address'), tenBit }
  }
  if (bus.kind === 'spi') {
    const select = entry.select ?? 0
    bus.attach({ name, model: model.spi as never }, select)
    return { bus, select }
  }
  if (bus.kind === 'gpio') {
    const line = need('line')
    if (line >= bus.lines)
      throw labError(file, `${path}.line`, `${line} is not a line of ${bus.name}, 0 to ${bus.lines - 1}`)
    bus.attach({ name, model: model.gpio as never, pull: entry.pull, onStir: part.onStir }, line)
    return { bus, line }
  }
  const port = need('port')
  bus.attach({ name, model: model.usb as never, onStir: part.onStir }, port)
  return { bus, port }
}

/** The bus that is named; the only one where none is. */
export function busOf(
  file: string,
  buses: ReadonlyMap<string, AnyBus>,
  path: string,
  name: string | undefined,
): AnyBus {
  const known = [...buses.keys()].join(', ') || 'none'
  if (name === undefined) throw labError(file, `${path}.bus`, 'is missing', `one of ${known}`)
  const bus = buses.get(name)
  if (!bus) throw labError(file, `${path}.bus`, `${JSON.stringify(name)} is not one of ${known}`, `one of ${known}`)
  return bus
}
