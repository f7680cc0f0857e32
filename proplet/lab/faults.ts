import type { DeviceKind } from '../../shared/bus.ts'
import { invalid, notFound, SamaraError } from '../../shared/errors.ts'
import { type FaultKind, type LabFault, MAX_FAULTS } from '../../shared/lab/index.ts'

/** What can go wrong on which bus. */
export const faultsOf: Readonly<Record<DeviceKind, readonly FaultKind[]>> = {
  i2c: ['nack', 'nack-data', 'timeout', 'stuck', 'arbitration-lost', 'no-device'],
  spi: ['timeout', 'stuck', 'overrun', 'mode-fault', 'no-device'],
  gpio: ['timeout', 'stuck', 'no-device'],
  usb: ['timeout', 'stuck', 'stall', 'no-device'],
}

export type ActiveFault = { readonly id: number; readonly on: string; readonly kind: FaultKind; left: number }

/** Where an operation goes: the bus, and the parts that it reaches. */
export type Target = { readonly bus: string; readonly part?: string | undefined }

export interface Faults {
  add(fault: LabFault): number
  /** How many ended. */
  clear(which?: { readonly on?: string | undefined; readonly fault?: number | undefined }): number
  /** The fault that strikes this operation, and one strike less of it; of these kinds only, where they are named. */
  strike(target: Target, kinds?: readonly FaultKind[]): ActiveFault | undefined
  isActive(fault: ActiveFault): boolean
  list(): readonly ActiveFault[]
  /** Hears when faults end. */
  onClear(fn: () => void): () => void
}

export function createFaults(): Faults {
  const active: ActiveFault[] = []
  const listeners = new Set<() => void>()
  let nextId = 1

  function remove(gone: (fault: ActiveFault) => boolean): number {
    const before = active.length
    for (let at = active.length - 1; at >= 0; at--) if (gone(active[at] as ActiveFault)) active.splice(at, 1)
    if (active.length < before) for (const fn of [...listeners]) fn()
    return before - active.length
  }

  return {
    add({ on, kind, count }) {
      if (kind === 'stuck' && count !== undefined)
        throw invalid('count', count, 'left out: a bus is stuck until it is cleared')
      if (count === 0) throw invalid('count', count, 'at least 1')
      if (active.length >= MAX_FAULTS)
        throw new SamaraError(
          'RESOURCE_EXHAUSTED',
          `fault on ${on}: ${MAX_FAULTS} faults are active, the most there may be`,
        )
      active.push({ id: nextId, on, kind, left: count ?? Number.POSITIVE_INFINITY })
      return nextId++
    },
    clear({ on, fault } = {}) {
      const count = remove((one) => (on === undefined || one.on === on) && (fault === undefined || one.id === fault))
      if (count === 0 && fault !== undefined) throw notFound('fault', `${fault}`)
      return count
    },
    strike(target, kinds) {
      if (active.length === 0) return undefined
      const found = active.find(
        (one) => (one.on === target.bus || one.on === target.part) && (kinds === undefined || kinds.includes(one.kind)),
      )
      if (!found) return undefined
      if (--found.left <= 0) remove((one) => one === found)
      return found
    },
    isActive: (fault) => active.includes(fault),
    list: () => active,
    onClear(fn) {
      listeners.add(fn)
      return () => listeners.delete(fn)
    },
  }
}
