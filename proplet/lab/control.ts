import { SamaraError, toSamaraError } from '../../shared/errors.ts'
import { cut, errorBody } from '../../shared/fields.ts'
import { type LabControl, type LabControlled, type LabView, MAX_ADVANCE_MS } from '../../shared/lab/index.ts'
import type { BoardPart } from './boards/board-parts.ts'
import type { PlacedPart } from './devices.ts'
import type { Lab } from './lab.ts'
import type { Property, PropertyValue } from './part.ts'
import { nowUs } from './trace.ts'
import { placeText } from './wiring.ts'

/**
 * Does one thing to a lab; what goes wrong is in the answer. The same for socket, HTTP and MQTT. What only the lab has to
 * do is done when it returns; a board is another program, and is waited for.
 */
export function control(lab: Lab, command: LabControl): LabControlled | Promise<LabControlled> {
  const id = command.id === undefined ? {} : { id: command.id }
  const failed = (error: unknown) => ({ ...id, error: errorBody(toSamaraError(error)) })
  try {
    const done = perform(lab, command)
    return done instanceof Promise ? done.then((one) => ({ ...id, ...one }), failed) : { ...id, ...done }
  } catch (error) {
    return failed(error)
  }
}

/** As `control`, and throws or rejects. */
export function perform(lab: Lab, command: LabControl): LabControlled | Promise<LabControlled> {
  const { part, property, value, fault, clear, advanceMs, show, trace, start, stop } = command
  const asked = [part ?? property, fault, clear, advanceMs, show, trace, start, stop].filter((one) => one !== undefined)
  if (asked.length !== 1)
    throw new SamaraError(
      'INVALID_ARGUMENT',
      `lab-control: asks for ${asked.length} things, exactly one of part, fault, clear, advanceMs, show, trace, start and stop expected`,
    )
  if (fault) return { fault: lab.addFault(fault) }
  if (clear) return { cleared: lab.faults.clear(clear) }
  if (advanceMs !== undefined) return advance(lab, advanceMs)
  if (show) return shown(lab)
  if (trace) return { trace: lab.trace.rows(trace) }
  if (start !== undefined) return lab.boards.start(start).then((board) => ({ board }))
  if (stop !== undefined) return lab.boards.stop(stop).then((board) => ({ board }))
  return touch(lab, part, property, value)
}

function touch(
  lab: Lab,
  part: string | undefined,
  property: string | undefined,
  value: LabControl['value'],
): LabControlled | Promise<LabControlled> {
  if (part === undefined || property === undefined)
    throw new SamaraError('INVALID_ARGUMENT', 'lab-control: part and property are named together')
  if (lab.boards.parts.has(part)) {
    const { boards } = lab
    const now = value === undefined ? boards.get(part, property) : boards.set(part, property, value)
    return now.then((one) => ({ value: one }))
  }
  const live = lab.part(part)
  if (value !== undefined) live.set(property, value)
  return { value: live.get(property) }
}

function advance(lab: Lab, advanceMs: number): LabControlled {
  if (advanceMs > MAX_ADVANCE_MS)
    throw new SamaraError('INVALID_ARGUMENT', `advanceMs: ${advanceMs} is more than ${MAX_ADVANCE_MS}, a day`)
  lab.time.advance(BigInt(advanceMs) * 1_000_000n)
  return { nowUs: nowUs(lab.time) }
}

function shown(lab: Lab): LabControlled | Promise<LabControlled> {
  const view = viewOf(lab)
  const boards = lab.boards.list()
  if (boards.length === 0) return { view }
  const parts = Promise.all([...lab.boards.parts.values()].map((part) => boardPartView(lab, part)))
  return parts.then((more) => ({ view: { ...view, parts: [...view.parts, ...more], boards: lab.boards.list() } }))
}

const viewOf = (lab: Lab): LabView => ({
  name: lab.name,
  virtualTime: lab.time.isVirtual,
  nowUs: nowUs(lab.time),
  buses: [...lab.buses.values()].map(({ name, kind }) => ({ name, kind })),
  parts: [...lab.parts.values()].map(partView),
  faults: lab.faults.list().map(({ id, on, kind, left }) => ({ id, on, kind, ...(Number.isFinite(left) && { left }) })),
})

type PartView = LabView['parts'][number]

const partView = ({ part, places }: PlacedPart): PartView => ({
  name: part.name,
  chip: part.chip,
  places: places.map(placeText),
  properties: Object.entries(part.properties).map(([name, known]) => propertyView(name, known, part.get(name))),
})

const propertyView = (name: string, { doc, unit, readOnly }: Property, value: PropertyValue) => ({
  name,
  value,
  doc: cut(doc, 240),
  ...(unit !== undefined && { unit: cut(unit, 24) }),
  ...(readOnly && { readOnly }),
})

/** What cannot be read now is left out: the state of its board says why. */
async function boardPartView(lab: Lab, part: BoardPart): Promise<PartView> {
  const { name, chip, board, at } = part
  const isRunning = lab.boards.list().some((one) => one.name === board && one.state === 'running')
  const asked = Object.entries(isRunning ? part.properties : {}).map(async ([property, known]) => {
    const value = await lab.boards.get(name, property).catch(() => undefined)
    return value === undefined ? [] : [propertyView(property, known, value)]
  })
  return { name, chip, places: [cut(`${board} ${at}`, 96)], properties: (await Promise.all(asked)).flat() }
}
