import { appendFileSync } from 'node:fs'
import { createHal } from '../../proplet/hal/hardware.ts'
import { realClock } from '../../shared/clock.ts'
import { type ConformanceRow, conformanceRows, difference, labFile } from '../contract/conformance.ts'
import { plain, runRow } from '../contract/conformance-run.ts'
import { rig } from '../proplet/runtime/fixtures.ts'
import { quiet } from '../support/quiet.ts'
import { startChips } from './chips.ts'
import { createSimChip } from './gpio-sim.ts'
import { asTheKernelSays, prepare } from './guests.ts'
import { kernelProfile, realTimeLab } from './profile.ts'
import { CONFORMANCE, type Result } from './result.ts'

/** The table of conformance.json behind the kernel: the same guests, our Linux drivers, the same chips, the same bytes. */

const RESULTS = '/run/out/results.jsonl'
const LINES = 8

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

function leave(result: Result): void {
  appendFileSync(RESULTS, `${JSON.stringify(result)}\n`)
}

async function errorOf(row: ConformanceRow): Promise<string | undefined> {
  try {
    await prepare(row, { chips, lines, profile })
    const ran = await runRow(row, { hal, profile, rig: runtime })
    return wrong(row, ran)
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
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
