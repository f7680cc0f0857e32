import type { Logger } from 'pino'
import type { Answer, BusError, DeviceKind, Operation } from '../../../shared/bus.ts'
import type { LabDevice } from '../../../shared/lab/index.ts'
import type { ActiveFault, Faults, Target } from '../faults.ts'
import { type LabTime, pause } from '../time.ts'
import type { Trace } from '../trace.ts'

/** What every bus of a lab shares. */
export type BusWorld = {
  readonly name: string
  readonly time: LabTime
  readonly faults: Faults
  readonly trace: Trace
  readonly log: Logger
}

export type Ran = Answer | Promise<Answer>

/** A bus of a lab, as wires and what hangs on them. */
export interface Bus {
  readonly kind: DeviceKind
  readonly name: string
  /** Throws SamaraError that names the device. */
  open(device: LabDevice): BusDevice
}

/** What one driver has opened. It is of wires: active-low is the driver's business. */
export interface BusDevice {
  run(operation: Operation, signal: AbortSignal): Ran
  close(): void
}

export const failed = (error: BusError, detail?: string): Answer =>
  detail === undefined ? { error } : { error, detail }
export const invalidOperation = (detail: string): Answer => failed('invalid', detail)

const NS_PER_MS = 1e6

/** A fault that strikes before anything is on the wires; undefined where the operation goes on. */
export function hold(world: BusWorld, fault: ActiveFault, timeoutMs: number, signal: AbortSignal): Ran | undefined {
  if (fault.kind === 'stuck') return standStill(world, fault, timeoutMs, signal)
  if (fault.kind === 'timeout') return runOut(world.time, timeoutMs, signal)
  return undefined
}

/** A time limit that passes. */
function runOut(time: LabTime, timeoutMs: number, signal: AbortSignal): Ran {
  const late = failed('timeout', `nothing came within ${timeoutMs} ms`)
  if (time.isVirtual) {
    time.pass(timeoutMs * NS_PER_MS)
    return late
  }
  return pause(time, { ns: timeoutMs * NS_PER_MS, signal }).then((why) =>
    why === 'cancelled' ? failed('cancelled') : late,
  )
}

const GO_ON: Answer = {}

async function standStill({ time, faults }: BusWorld, fault: ActiveFault, timeoutMs: number, signal: AbortSignal) {
  const why = await pause(time, {
    ns: timeoutMs * NS_PER_MS,
    signal,
    listen: (look) => faults.onClear(look),
    until: () => !faults.isActive(fault),
  })
  if (why === 'cancelled') return failed('cancelled')
  return why === 'late' ? failed('timeout', 'the bus stands still') : GO_ON
}

/** `work`, unless a fault makes the operation wait or keeps it from the bus. */
export function unlessHeld(
  world: BusWorld,
  { target, timeoutMs, signal }: { target: Target; timeoutMs: number; signal: AbortSignal },
  work: () => Ran,
): Ran {
  const fault = world.faults.strike(target, ['timeout', 'stuck', 'no-device'])
  if (!fault) return work()
  const wire = world.trace.begin()
  wire.put(`!${fault.kind}`)
  world.trace.end(world.name, wire)
  if (fault.kind === 'no-device') return failed('no-device', 'pulled out')
  const held = hold(world, fault, timeoutMs, signal)
  if (!(held instanceof Promise)) return held ?? work()
  return held.then((answer) => (answer === GO_ON ? work() : answer))
}

/** A delay is the lab's, whatever the bus. */
export function delay(time: LabTime, { segments }: Operation, signal: AbortSignal): Ran {
  const [segment, ...more] = segments ?? []
  if (segment?.kind !== 'delay' || more.length > 0) return invalidOperation('a delay has one segment, of kind delay')
  return wait(time, segment.length, signal) ?? {}
}

/** Lets time pass: at once where it is virtual. */
export function wait(time: LabTime, ns: number, signal: AbortSignal): Promise<Answer> | undefined {
  if (time.isVirtual) {
    time.pass(ns)
    return undefined
  }
  return pause(time, { ns, signal }).then((why) => (why === 'cancelled' ? failed('cancelled') : {}))
}

/** One operation at a time, as a controller does; without a detour while nobody waits. */
export class Turn {
  #last: Promise<unknown> | undefined

  take(signal: AbortSignal, work: () => Ran): Ran {
    if (this.#last) return this.#queue(this.#last, signal, work)
    const ran = work()
    return ran instanceof Promise ? this.#keep(ran) : ran
  }

  /** Who gives up while others are at it is told so at once. */
  #queue(before: Promise<unknown>, signal: AbortSignal, work: () => Ran): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    const cancel = () => resolve(failed('cancelled'))
    signal.addEventListener('abort', cancel, { once: true })
    const ran = this.#keep(before.then(() => (signal.aborted ? failed('cancelled') : work())))
    const done = () => signal.removeEventListener('abort', cancel)
    ran.then(resolve, () => undefined).finally(done)
    return promise
  }

  #keep(ran: Promise<Answer>): Promise<Answer> {
    const settled = ran
      .catch(() => undefined)
      .then(() => {
        if (this.#last === settled) this.#last = undefined
      })
    this.#last = settled
    return ran
  }
}

/** Chips are written by users too: what they throw is an answer, not our end. */
export function guarded(world: BusWorld, work: () => Ran): Ran {
  const caught = (error: unknown): Answer => {
    world.log.error({ err: error, bus: world.name }, 'a part of the lab failed')
    return failed(
      'io',
      `a part of the lab failed: ${error instanceof Error ? error.message : String(error)}`.slice(0, 120),
    )
  }
  try {
    const ran = work()
    return ran instanceof Promise ? ran.catch(caught) : ran
  } catch (error) {
    return caught(error)
  }
}
