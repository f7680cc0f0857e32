import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync } from 'node:fs'
import { startChips } from '../../kernel/chips.ts'
import { createSimChip } from '../../kernel/gpio-sim.ts'
import { kernelProfile, realTimeLab } from '../../kernel/profile.ts'
import { byTurns, CELL, type Plan, pairsOf, RAW_PROGRAM } from './hardware.ts'
import { openWorld } from './world.ts'

/** Runs inside the lab kernel, whose chips answer from another thread: compare with its floors, not with other machines. */

const LINES = 32
const lab = new URL('../../../examples/lab/cell.lab.yaml', import.meta.url).pathname

export async function measureInKernel(plan: Plan): Promise<void> {
  const pins = createSimChip('bench', LINES)
  const chips = await startChips(realTimeLab(lab))
  const { profile } = kernelProfile(lab, pins.path)
  const world = await openWorld(profile, CELL)
  const samples: Record<string, number[]> = {}
  const raw = existsSync(RAW_PROGRAM) && RAW_PROGRAM
  const inC = async (count: number) => Number(execFileSync(RAW_PROGRAM, [`${count}`]))
  await byTurns(samples, plan, [...pairsOf('kernel', world), ...(raw ? [['floor.hw.i2c.kernel.c', inC] as const] : [])])
  for (const [name, values] of Object.entries(samples))
    appendFileSync('/run/out/results.jsonl', `${JSON.stringify({ suite: 'bench', name, ms: 0, values })}\n`)
  await chips.close()
  process.kill(process.pid, 'SIGKILL')
}
