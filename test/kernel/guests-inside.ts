import { appendFileSync } from 'node:fs'
import { setTimeout as passing } from 'node:timers/promises'
import { createHal } from '../../proplet/hal/hardware.ts'
import { realClock } from '../../shared/clock.ts'
import { type ConformanceRow, conformanceRows, difference, labFile } from '../contract/conformance.ts'
import { plain, runRow } from '../contract/conformance-run.ts'
import { rig } from '../proplet/runtime/fixtures.ts'
import { quiet } from '../support/quiet.ts'
import { type Chips, startChips } from './chips.ts'
import { createSimChip, type SimChip } from './gpio-sim.ts'
import { kernelProfile, lineOf, realTimeLab } from './profile.ts'
import { CONFORMANCE, type Result } from './result.ts'

/** The table of conformance.json behind the kernel: the same guests, our Linux drivers, the same chips, the same bytes. */

const RESULTS = '/run/out/results.jsonl'
const LINES = 8
const CONVERSION_MS = 400

const file = realTimeLab(labFile)
const lines = createSimChip('lab', LINES)
const chips = await startChips(file, 'loop')
const { profile } = kernelProfile(file, lines.path)
const hal = await createHal({ profile, virtualTime: false, interfaces: [], clock: realClock, log: quiet, guard: false })
const runtime = rig({ size: 1 })
for (const row of conformanceRows.map(asTheKernelSays))
  leave({ suite: CONFORMANCE, name: row.name, ms: 0, error: await errorOf(row) })
// Reads of the gadget's endpoints are under way, which nothing ends: an ordinary exit would wait for them.
process.kill(process.pid, 'SIGKILL')

/**
 * Two things differ behind a kernel: no errno tells which byte was not acknowledged, and the gadget gives the OUT endpoint
 * the number that its controller has for one.
 */
function asTheKernelSays(row: ConformanceRow): ConformanceRow {
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

function leave(result: Result): void {
  appendFileSync(RESULTS, `${JSON.stringify(result)}\n`)
}

async function errorOf(row: ConformanceRow): Promise<string | undefined> {
  try {
    await prepare(row, chips, lines)
    const ran = await runRow(row, { hal, profile, rig: runtime })
    return wrong(row, ran)
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}

async function prepare({ set = {}, faults = [] }: ConformanceRow, chips: Chips, lines: SimChip): Promise<void> {
  await chips.ask({ ask: 'clear' })
  for (const [path, value] of Object.entries(set)) {
    const [part = '', property = ''] = path.split('.')
    // A button connects its line to ground: gpio-sim has no chips, so the hand is ours.
    if (property === 'pressed') lines.put(lineOf(profile, part), value !== true)
    else await chips.ask({ ask: 'set', part, property, value })
  }
  // Time is real here: the slowest chip converts within it.
  if (Object.keys(set).length > 0) await passing(CONVERSION_MS)
  for (const { on, kind, count = 1 } of faults) await chips.ask({ ask: 'fault', on, kind, count })
}

type Ran = Awaited<ReturnType<typeof runRow>>

function wrong(row: ConformanceRow, { lines: seen, refusals, value }: Ran): string | undefined {
  const differs = difference(row.bus, seen)
  if (differs !== undefined) return differs
  if (refusals !== (row.refusals ?? 0)) return `${refusals} refusals, expected ${row.refusals ?? 0}`
  if (row.fails !== undefined) {
    const { err } = value as { err?: Readonly<Record<string, unknown>> }
    return err && row.fails in err ? undefined : `gave ${JSON.stringify(value)}, expected the error ${row.fails}`
  }
  const [got, expected] = [plain(value), row.value].map((one) => JSON.stringify(one ?? null))
  return got === expected ? undefined : `gave ${got}, expected ${expected}`
}
