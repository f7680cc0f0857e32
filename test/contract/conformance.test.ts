import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fetchProfile } from '../../proplet/hal/drivers/sim/index.ts'
import { createHal } from '../../proplet/hal/hardware.ts'
import type { Lab } from '../../proplet/lab/lab.ts'
import { startLab } from '../../proplet/lab/start.ts'
import { realClock } from '../../shared/clock.ts'
import { type Rig, rig } from '../proplet/runtime/fixtures.ts'
import { quiet } from '../support/quiet.ts'
import { conformanceRows, difference, labFile } from './conformance.ts'
import { type ConformanceWorld, plain, prepare, runRow } from './conformance-run.ts'
import { digests } from './guests/build.ts'

/** The table in the virtual lab: components, their hosts, I/O workers, the simulated driver, the chips. */

type Time = 'virtual' | 'real'
type Running = ConformanceWorld & { readonly lab: Lab; close(): Promise<void> }

const dir = mkdtempSync(join(tmpdir(), 'samara-conformance-'))
const running = new Map<Time, Running>()
let runtime: Rig

async function start(time: Time): Promise<Running> {
  const file = join(dir, `${time}.lab.yaml`)
  writeFileSync(file, readFileSync(labFile, 'utf8').replace('time: virtual', `time: ${time}`))
  const socket = join(dir, `${time}.sock`)
  const { lab, close } = await startLab({ file, socket, clock: realClock, log: quiet })
  const { devices: profile, virtualTime } = await fetchProfile(socket, 'any')
  const hal = await createHal({ profile, virtualTime, interfaces: [], clock: realClock, log: quiet, guard: false })
  return { hal, profile, rig: runtime, lab, close: () => hal.close().then(close) }
}

beforeAll(async () => {
  runtime = rig({ size: 1 })
  for (const time of ['virtual', 'real'] as const) running.set(time, await start(time))
})
afterAll(async () => {
  await runtime?.close()
  for (const one of running.values()) await one.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('guests put on the bus what the data sheets say', () => {
  test.each(conformanceRows)('$name', async (row) => {
    const world = running.get(row.time ?? 'virtual') as Running
    prepare(row, world.lab)
    const { lines, refusals, value } = await runRow(row, world)
    expect(difference(row.bus, lines)).toBeUndefined()
    expect(refusals).toBe(row.refusals ?? 0)
    if (row.fails === undefined) expect(plain(value)).toEqual(row.value)
    else expect(value).toHaveProperty(['err', row.fails])
  })
})

describe('the comparison', () => {
  test.each([
    ['a byte that differs', ['a 48 w00'], ['a 48 w01'], 'line 1 is a 48 w01, expected a 48 w00'],
    ['a line too few', ['a 48 w00', 'a 48 r1=00'], ['a 48 w00'], 'line 2 is missing, expected a 48 r1=00'],
    ['a line too many', ['a 48 w00'], ['a 48 w00', 'a 48 w00'], 'line 2 is a 48 w00, expected nothing more'],
  ])('names %s', (_, expected, lines, words) => {
    expect(difference(expected, lines)).toBe(words)
  })

  test('takes any number of lines that the table leaves open', () => {
    const expected = ['a w05 r1=00', '* a w05 r1=03', 'a w03']
    for (const polls of [0, 1, 7])
      expect(difference(expected, ['a w05 r1=00', ...Array(polls).fill('a w05 r1=03'), 'a w03'])).toBeUndefined()
  })
})

test('the committed guests are of the sources beside them (node test/contract/guests/build.ts)', () => {
  const built = JSON.parse(readFileSync(new URL('guests/built.json', import.meta.url), 'utf8'))
  expect(built).toEqual(digests())
})
