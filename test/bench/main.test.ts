import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { agentTools, missingTools, program } from '../../cli/firmware/tools.ts'
import { cachedKernel } from '../kernel/cached.ts'
import { armTools } from './mcu/builds.ts'
import { floors, type Row } from './rows.ts'
import { zephyrLacks } from './zephyr/board.ts'

/** Of the C agent, where it was not built yet. */
const BUILDS_MS = 600_000
const hasNoArm = missingTools(armTools).length > 0
const hasNoAgent = missingTools([...agentTools, program('openssl', 'openssl')]).length > 0

/** Figures are not judged here: other work shares the machine. */
test('the benchmark gives every row, and each with its floor', { timeout: 120_000 + BUILDS_MS }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'samara-bench-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const file = join(dir, 'rows.json')
  const main = join(import.meta.dirname, 'main.ts')
  await promisify(execFile)(process.execPath, [main, '--quick', '--json', file])
  const rows = JSON.parse(await readFile(file, 'utf8')) as Row[]
  const byId = new Map(rows.map((row) => [row.id, row]))

  for (const [id, floorId] of Object.entries(floors)) {
    if (id.endsWith('.kernel') && cachedKernel() === undefined) continue
    if (id.startsWith('mcu.') && hasNoAgent) continue
    if (id.startsWith('zephyr.') && (hasNoAgent || zephyrLacks().length > 0)) continue
    if (id.startsWith('mcu.instance') && hasNoArm) continue
    const row = byId.get(id)
    expect(row, id).toMatchObject({ floorId, floor: byId.get(floorId)?.value })
    expect(row?.samples, id).toBeGreaterThan(0)
  }
  for (const { id, value, p50, p99 } of rows) expect([value, p50, p99].every(Number.isFinite), id).toBe(true)
})
