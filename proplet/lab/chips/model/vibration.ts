import type { LabClock, PartContext, Property } from '../../part.ts'
import { inputs } from './inputs.ts'

/** What an accelerometer feels: gravity at rest, and a sine along one direction. */
export const vibrationProperties = {
  x: { doc: 'Acceleration along x at rest.', unit: 'g', initial: 0, min: -16, max: 16 },
  y: { doc: 'Acceleration along y at rest.', unit: 'g', initial: 0, min: -16, max: 16 },
  z: { doc: 'Acceleration along z at rest.', unit: 'g', initial: 1, min: -16, max: 16 },
  amplitude: { doc: 'Peak of the vibration along the axis it has.', unit: 'g', initial: 0, min: 0, max: 16 },
  frequency: { doc: 'Frequency of the vibration.', unit: 'Hz', initial: 50, min: 0, max: 10_000 },
  axis: { doc: 'Axis of the vibration: x, y or z.', initial: 'z' },
} as const satisfies Record<string, Property>
export type VibrationProperty = keyof typeof vibrationProperties

export type Vector = readonly [x: number, y: number, z: number]

export interface Vibration {
  /** Acceleration in g. */
  at(ns: bigint): Vector
}

const seconds = (ns: bigint): number => Number(ns) / 1e9

/** A change of frequency bends the sine, it does not make it jump. `settle` takes the samples that are due before a change. */
export function createVibration<P extends string>(
  context: PartContext<P | VibrationProperty>,
  settle: () => void,
): Vibration {
  const { clock }: { clock: LabClock } = context
  let turns = 0
  let since = clock.now()
  let axis = String(context.get('axis'))
  const felt = inputs(context, ['x', 'y', 'z', 'amplitude', 'frequency'], {
    settle() {
      settle()
      turns = turnsAt(clock.now()) % 1
      since = clock.now()
    },
  })
  const turnsAt = (ns: bigint) => turns + seconds(ns - since) * felt('frequency')
  context.onChange((name, value) => {
    if (name !== 'axis') return
    settle()
    axis = String(value)
  })
  return {
    at(ns) {
      const swing = felt('amplitude') * Math.sin(2 * Math.PI * turnsAt(ns))
      const along = (name: 'x' | 'y' | 'z') => felt(name) + (axis === name ? swing : 0)
      return [along('x'), along('y'), along('z')]
    },
  }
}
