import { type Answer, type Operation, type PinEvent, pinEvents } from '../../../../shared/bus.ts'
import { isSamaraError, toSamaraError } from '../../../../shared/errors.ts'
import type { Driver, OpenDevice } from '../../driver.ts'
import type { DeviceSpec } from '../../profile.ts'
import { connectLab, type LabConnection } from './connection.ts'
import { labDeviceOf } from './profile.ts'

export { fetchProfile, type LabProfile } from './profile.ts'

/** The lab as one connection, made again when it was lost. */
type Link = { connect(): Promise<LabConnection>; close(): void }

function createLink(socket: string): Link {
  let current: Promise<LabConnection> | undefined
  let made: LabConnection | undefined
  return {
    connect() {
      if (current && made?.isOpen !== false) return current
      made = undefined
      current = connectLab(socket, 'proplet')
      current.then(
        (connection) => {
          made = connection
        },
        () => {
          current = undefined
        },
      )
      return current
    },
    close() {
      void current?.then(
        (connection) => connection.close(),
        () => undefined,
      )
      current = undefined
    },
  }
}

/** One bus of a lab. A lab that is gone is a device that is gone; the next operation looks for it again. */
export function createSimDriver(socket: string, bus: string): Driver {
  const link = createLink(socket)
  return {
    open: (spec) => openDevice(link, spec, bus),
    close: () => link.close(),
  }
}

async function openDevice(link: Link, spec: DeviceSpec, bus: string): Promise<OpenDevice> {
  const wiring = labDeviceOf(spec, bus)
  const isInverted = spec.kind === 'gpio' && spec.activeLow
  let at: LabConnection | undefined
  let number = 0
  let opening: Promise<LabConnection> | undefined

  /** Numbers of devices are the connection's: on a new one the device is opened again. */
  async function reopen(): Promise<LabConnection> {
    const connection = await link.connect()
    if (connection === at) return connection
    number = (await connection.ask({ open: wiring })).opened ?? 0
    at = connection
    return connection
  }
  function attached(): LabConnection | Promise<LabConnection> {
    if (at?.isOpen) return at
    opening ??= reopen().finally(() => {
      opening = undefined
    })
    return opening
  }

  await attached()
  return {
    async run(operation, signal) {
      if (signal.aborted) return { error: 'cancelled' }
      try {
        const ready = attached()
        const lab = ready instanceof Promise ? await ready : ready
        if (signal.aborted) return { error: 'cancelled' }
        const wire = isInverted ? inverted(operation) : operation
        const { ran = {} } = await lab.ask({ run: { device: number, ...wire } }, signal)
        return isInverted ? { ...ran, ...(ran.level !== undefined && { level: !ran.level }) } : ran
      } catch (error) {
        return failure(error)
      }
    },
    close() {
      if (at?.isOpen) void at.ask({ close: number }).catch(() => undefined)
      at = undefined
    },
  }
}

function failure(error: unknown): Answer {
  const { code, message } = toSamaraError(error)
  const isWrong = isSamaraError(error) && (code === 'INVALID_ARGUMENT' || code === 'TOO_LARGE')
  return { error: isWrong ? 'invalid' : 'no-device', detail: message.slice(0, 120) }
}

const opposite: Readonly<Record<PinEvent, PinEvent>> = {
  high: 'low',
  low: 'high',
  rising: 'falling',
  falling: 'rising',
  any: 'any',
}

/** What is active is low on the wire, and the lab speaks of wires. */
function inverted(operation: Operation): Operation {
  if (operation.op === 'set' && operation.level !== undefined) return { ...operation, level: !operation.level }
  const event = operation.op === 'wait' ? pinEvents[operation.target ?? -1] : undefined
  return event ? { ...operation, target: pinEvents.indexOf(opposite[event]) } : operation
}
