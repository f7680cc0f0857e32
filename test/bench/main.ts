import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Bench, Group } from './bench.ts'
import { delivery } from './delivery.ts'
import { hardware } from './hardware/hardware.ts'
import { invoke } from './invoke.ts'
import { mcu } from './mcu/mcu.ts'
import { proplets } from './proplets.ts'
import { type Measured, type Row, table, withFloors } from './rows.ts'
import { starts } from './starts.ts'
import { throughput } from './throughput.ts'
import { workers } from './workers.ts'
import { zephyr } from './zephyr/zephyr.ts'

/** Measures the product beside the floors that it stands on: `npm run bench -- [--json FILE] [--only PREFIX] [--quick]`. */
const groups: readonly Group[] = [
  starts,
  workers,
  invoke,
  throughput,
  delivery,
  hardware,
  ...mcu,
  ...zephyr,
  proplets(1_000),
  proplets(10_000),
]

const root = join(import.meta.dirname, '../..')
const folder = join(root, '.cache/bench')
const { json, only, quick } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
  },
}).values

const note = (text: string): void => console.error(text)

/** What is measured is what is packed. Each run has its own, so that two of them do not meet. */
function build(): string {
  const dist = join(dir, 'dist')
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const arguments_ = [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', dist]
  const { status, stdout } = spawnSync(process.execPath, arguments_, { encoding: 'utf8' })
  if (status !== 0) note(`the build complains:\n${stdout}`)
  if (!existsSync(join(dist, 'manager/main.js'))) throw new Error('there is no built manager')
  return dist
}

async function measureAll(bench: Bench): Promise<readonly Row[]> {
  const measured: Measured[] = []
  for (const group of groups) {
    if (!group.ids.some((id) => id.startsWith(only))) continue
    note(`measuring ${group.ids.filter((id) => !id.startsWith('floor.')).join(', ')}`)
    measured.push(...(await group.measure(bench)))
  }
  const rows = withFloors(measured)
  const wanted = new Set(rows.filter(({ id }) => id.startsWith(only)).flatMap(({ id, floorId }) => [id, floorId]))
  return rows.filter(({ id }) => wanted.has(id))
}

await mkdir(folder, { recursive: true })
const dir = await mkdtemp(join(folder, 'run-'))
// Compiled code that Node keeps, for the programs that are started from here.
process.env.NODE_COMPILE_CACHE = join(dir, 'compiled')
try {
  const rows = await measureAll({ dir, dist: build(), quick, note })
  console.log(table(rows))
  if (json !== undefined) await writeFile(json, `${JSON.stringify(rows, undefined, 2)}\n`)
} finally {
  await rm(dir, { recursive: true, force: true, maxRetries: 5 })
}
process.exit(0)
