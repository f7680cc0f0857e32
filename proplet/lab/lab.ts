import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import { notFound, SamaraError } from '../../shared/errors.ts'
import type { LabChange, LabDevice, LabFault } from '../../shared/lab/index.ts'
import { type BoardDefaults, readBoard } from './boards/board-spec.ts'
import { type Boards, createBoards } from './boards/boards.ts'
import type { BusDevice } from './buses/bus.ts'
import { splitPath } from './buses/spi.ts'
import { type PlacedPart, readDevice } from './devices.ts'
import { createFaults, type Faults, faultsOf } from './faults.ts'
import { type LabFile, labError, type PartEntry, readLabFile } from './lab-file.ts'
import { loadPart } from './load-part.ts'
import { createPart, type LivePart } from './parts.ts'
import { type LabTime, realTime, virtualTime } from './time.ts'
import { createTrace, nowUs, type Trace } from './trace.ts'
import { type AnyBus, attach, createBuses, type Place } from './wiring.ts'

export type LabOptions = {
  readonly clock: Clock
  readonly log: Logger
  /** What simulated boards have where the lab file leaves it out. @default no broker, namespace `default` */
  readonly boards?: BoardDefaults | undefined
}

/** Simulated hardware: buses, parts, time, faults and a trace. Nobody is connected to it yet. */
export interface Lab {
  readonly name: string
  readonly time: LabTime
  readonly trace: Trace
  readonly faults: Faults
  readonly buses: ReadonlyMap<string, AnyBus>
  readonly parts: ReadonlyMap<string, PlacedPart>
  /** Simulated boards; none of them runs yet. */
  readonly boards: Boards
  /** Throws NOT_FOUND. */
  part(name: string): LivePart
  /** Devices that a proplet sees under their names: its own before those of `*`. */
  profile(proplet: string): readonly LabDevice[]
  /** Throws SamaraError that names the device. */
  open(device: LabDevice): BusDevice
  /** Throws NOT_FOUND or INVALID_ARGUMENT. */
  addFault(fault: LabFault): number
  /** Hears of every change of a property. */
  watch(fn: (change: LabChange) => void): () => void
}

/** Reads a lab file and the chips that it names. Throws SamaraError that names file and key. */
export async function openLab(path: string, options: LabOptions): Promise<Lab> {
  return createLab(readLabFile(readText(path), path), path, options)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    throw new SamaraError('NOT_FOUND', `lab file ${path}: cannot be read: ${why}`, { cause: error })
  }
}

export async function createLab(
  content: LabFile,
  file: string,
  { clock, log, boards: defaults }: LabOptions,
): Promise<Lab> {
  const time = content.time === 'virtual' ? virtualTime() : realTime(clock)
  const trace = createTrace(time)
  const faults = createFaults()
  const watchers = new Set<(change: LabChange) => void>()
  const buses = createBuses(content, { time, faults, trace, log })
  const parts = new Map<string, PlacedPart>()

  const changed = (change: LabChange) => {
    for (const fn of [...watchers]) fn(change)
  }
  const broken = (part: string, err: unknown) => log.error({ err, part }, 'a part of the lab failed')
  for (const [name, entry] of Object.entries(content.parts)) {
    if (buses.has(name)) throw labError(file, `parts.${name}`, 'a bus has this name too')
    const part = await makePart(file, name, entry, { time, changed, broken })
    parts.set(name, { part, places: places({ file, buses }, part, entry) })
  }
  const boards = createBoards(
    boardsOf(content, file, { namespace: 'default', ...defaults }, [...buses.keys(), ...parts.keys()]),
    {
      ...{ clock, log },
      startMs: defaults?.startMs,
      limitMs: defaults?.limitMs,
      isWatched: () => watchers.size > 0,
      changed: (part, property, value) => changed({ part, property, value, atUs: nowUs(time) }),
    },
  )
  const profiles = new Map(
    Object.entries(content.proplets).map(([proplet, devices]) => [
      proplet,
      Object.entries(devices).map(([name, entry]) =>
        readDevice({ file, buses, parts }, `proplets.${proplet}.${name}`, name, entry),
      ),
    ]),
  )

  function open(device: LabDevice): BusDevice {
    const path = splitPath(device.bus)
    const bus = buses.get(path.bus)
    if (!bus) throw new SamaraError('NOT_FOUND', `device ${device.name}: lab ${content.name} has no bus ${path.bus}`)
    if (bus.kind !== device.kind)
      throw new SamaraError('NOT_FOUND', `device ${device.name}: ${bus.name} is of ${bus.kind}, not of ${device.kind}`)
    return bus.open(device)
  }

  function addFault(fault: LabFault): number {
    const kinds = kindsAt(fault.on)
    if (!kinds.some((kind) => faultsOf[kind].includes(fault.kind))) {
      const known = [...new Set(kinds.flatMap((kind) => faultsOf[kind]))].join(', ')
      throw new SamaraError('INVALID_ARGUMENT', `fault on ${fault.on}: ${fault.kind} is not one of ${known}`, {
        field: 'kind',
        expected: known,
      })
    }
    return faults.add(fault)
  }

  function kindsAt(name: string) {
    const bus = buses.get(name)
    const found = bus ? [bus.kind] : parts.get(name)?.places.map((place) => place.bus.kind)
    if (!found) throw notFound('bus or part', name)
    return found
  }

  return {
    name: content.name,
    time,
    trace,
    faults,
    buses,
    parts,
    boards,
    part(name) {
      const found = parts.get(name)
      if (found) return found.part
      const known = [...parts.keys(), ...boards.parts.keys()].join(', ')
      throw new SamaraError('NOT_FOUND', `part ${name} does not exist; there are ${known}`)
    },
    profile(proplet) {
      const own = profiles.get(proplet) ?? []
      const names = new Set(own.map((device) => device.name))
      return [...own, ...(profiles.get('*') ?? []).filter((device) => !names.has(device.name))]
    },
    open,
    addFault,
    watch(fn) {
      watchers.add(fn)
      return () => watchers.delete(fn)
    },
  }
}

/** Names of boards and of their parts are among those of the lab: nobody is asked twice who is meant. */
function boardsOf(content: LabFile, file: string, defaults: BoardDefaults, taken: readonly string[]) {
  const names = new Set(taken)
  const take = (path: string, name: string) => {
    if (names.has(name)) throw labError(file, path, 'a bus, part or board has this name too')
    names.add(name)
  }
  return Object.entries(content.boards).map(([name, entry]) => {
    take(`boards.${name}`, name)
    for (const part of Object.keys(entry.parts)) take(`boards.${name}.parts.${part}`, part)
    return readBoard(file, name, entry, defaults)
  })
}

async function makePart(
  file: string,
  name: string,
  entry: PartEntry,
  world: Parameters<typeof createPart>[1],
): Promise<LivePart> {
  const part = await loadPart(entry.chip, file, `parts.${name}.chip`)
  try {
    return createPart({ name, part, options: entry.options ?? {}, initial: entry.set ?? {} }, world)
  } catch (error) {
    throw labError(file, `parts.${name}`, (error as Error).message)
  }
}

function places(
  wiring: { file: string; buses: ReadonlyMap<string, AnyBus> },
  part: LivePart,
  entry: PartEntry,
): Place[] {
  const path = `parts.${part.name}`
  const others = (entry.also ?? []).map((one, at) => attach(wiring, `${path}.also.${at}`, part, one))
  return [attach(wiring, path, part, entry), ...others]
}
