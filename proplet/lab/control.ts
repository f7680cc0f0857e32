import { SamaraError, toSamaraError } from '../../shared/errors.ts'
import { cut, errorBody } from '../../shared/fields.ts'
import { type LabControl, type LabControlled, type LabView, MAX_ADVANCE_MS } from '../../shared/lab/index.ts'
import type { PlacedPart } from './devices.ts'
import type { Lab } from './lab.ts'
import { nowUs } from './trace.ts'
import { placeText } from './wiring.ts'

/** Does one thing to a lab; what goes wrong is in the answer. The same for socket, HTTP and MQTT. */
export function control(lab: Lab, command: LabControl): LabControlled {
  const id = command.id === undefined ? {} : { id: command.id }
  try {
    return { ...id, ...perform(lab, command) }
  } catch (error) {
    return { ...id, error: errorBody(toSamaraError(error)) }
  }
}

/** As `control`, and throws. */
export function perform(lab: Lab, command: LabControl): LabControlled {
  const { part, property, value, fault, clear, advanceMs, show, trace } = command
  const asked = [part ?? property, fault, clear, advanceMs, show, trace].filter((one) => one !== undefined)
  if (asked.length !== 1)
    throw new SamaraError(
      'INVALID_ARGUMENT',
      `lab-control: asks for ${asked.length} things, exactly one of part, fault, clear, advanceMs, show and trace expected`,
    )
  if (fault) return { fault: lab.addFault(fault) }
  if (clear) return { cleared: lab.faults.clear(clear) }
  if (advanceMs !== undefined) return advance(lab, advanceMs)
  if (show) return { view: viewOf(lab) }
  if (trace) return { trace: lab.trace.rows(trace) }
  return touch(lab, part, property, value)
}

function touch(lab: Lab, part: string | undefined, property: string | undefined, value: LabControl['value']) {
  if (part === undefined || property === undefined)
    throw new SamaraError('INVALID_ARGUMENT', 'lab-control: part and property are named together')
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

export const viewOf = (lab: Lab): LabView => ({
  name: lab.name,
  virtualTime: lab.time.isVirtual,
  nowUs: nowUs(lab.time),
  buses: [...lab.buses.values()].map(({ name, kind }) => ({ name, kind })),
  parts: [...lab.parts.values()].map(partView),
  faults: lab.faults.list().map(({ id, on, kind, left }) => ({ id, on, kind, ...(Number.isFinite(left) && { left }) })),
})

const partView = ({ part, places }: PlacedPart): LabView['parts'][number] => ({
  name: part.name,
  chip: part.chip,
  places: places.map(placeText),
  properties: Object.entries(part.properties).map(([name, { doc, unit, readOnly }]) => ({
    name,
    value: part.get(name),
    doc: cut(doc, 240),
    ...(unit !== undefined && { unit: cut(unit, 24) }),
    ...(readOnly && { readOnly }),
  })),
})
