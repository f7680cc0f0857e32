import { setTimeout as passing } from 'node:timers/promises'
import type { Profile } from '../../proplet/hal/profile.ts'
import type { ConformanceRow } from '../contract/conformance.ts'
import type { Chips } from './chips.ts'
import type { SimChip } from './gpio-sim.ts'
import { lineOf } from './profile.ts'

/** The table of conformance.json behind the kernel, whoever runs its guests. */

/** Time is real here: the slowest chip converts within it. */
const CONVERSION_MS = 400

/**
 * Two things differ behind a kernel: no errno tells which byte was not acknowledged, and the gadget gives the OUT endpoint
 * the number that its controller has for one.
 */
export function asTheKernelSays(row: ConformanceRow): ConformanceRow {
  const bus = row.bus.map((line) => line.replace('!nack-data', '!nack').replace(' bulk 01 ', ' bulk 02 '))
  const args = row.export === 'bulk' && row.args[0] === 1 ? [2, ...row.args.slice(1)] : row.args
  return {
    ...row,
    bus,
    args,
    value: JSON.parse(
      JSON.stringify(row.value ?? null).replace('"no-acknowledge":"data"', '"no-acknowledge":"unknown"'),
    ),
  }
}

export type Devices = { readonly chips: Chips; readonly lines: SimChip; readonly profile: Profile }

/** Sets what a row wants of the chips. */
export async function prepare(
  { set = {}, faults = [] }: ConformanceRow,
  { chips, lines, profile }: Devices,
): Promise<void> {
  await chips.ask({ ask: 'clear' })
  for (const [path, value] of Object.entries(set)) {
    const [part = '', property = ''] = path.split('.')
    // A button connects its line to ground: gpio-sim has no chips, so the hand is ours.
    if (property === 'pressed') lines.put(lineOf(profile, part), value !== true)
    else await chips.ask({ ask: 'set', part, property, value })
  }
  if (Object.keys(set).length > 0) await passing(CONVERSION_MS)
  for (const { on, kind, count = 1 } of faults) await chips.ask({ ask: 'fault', on, kind, count })
}
