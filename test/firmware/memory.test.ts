import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startLab } from '../../proplet/lab/start.ts'
import type { Grant } from '../../shared/capabilities.ts'
import { realClock } from '../../shared/clock.ts'
import { cellFile } from '../support/cell.ts'
import { quiet } from '../support/quiet.ts'
import { example, tempFolder } from '../support/system.ts'
import { hasTool } from '../support/tools.ts'
import { counters } from './agent.ts'
import { BUILD_MS, noAgentTools } from './builds.ts'
import { type Mocked, mocked, published } from './mocked.ts'

/** The whole agent, call after call: what it takes of memory does not grow, and valgrind finds nothing wrong. */

const CALLS = 1_000
const WARM = 100
/** Every so many calls one has devices. */
const DEVICES_EVERY = 20
const TEST_MS = 170_000
const noValgrind = !hasTool('valgrind') && process.env.SAMARA_CI === undefined

const grants: readonly Grant[] = [
  { device: 'line1-temp', kind: 'i2c', access: 'read-write' },
  { device: 'motor-1', kind: 'gpio', access: 'read-write' },
]

/** A lab of its own for the devices. */
async function lab(): Promise<string> {
  const socket = join(await tempFolder(), 'lab.sock')
  const { close } = await startLab({ file: cellFile, socket, clock: realClock, log: quiet })
  onTestFinished(close)
  return socket
}

/** Calls, then what the pool has free with nothing running. */
async function calls({ manager, startOf, run }: Mocked, count: number): Promise<number> {
  const thermostat = await published(manager, await example('thermostat/thermostat.wasm'))
  for (let call = 0; call < count; call++) {
    const measures = call % DEVICES_EVERY === 0
    const start = measures ? { ...manager.start({ export: 'measure', args: [], grants }), ...thermostat } : startOf()
    expect(await run(start)).toMatchObject({ outcome: 'completed' })
    if (call % WARM === 0) manager.clear()
  }
  manager.clear()
  const { message } = await manager.next('alive', ({ running, queued }) => running + queued === 0)
  return message.freeMemory ?? 0
}

describe.skipIf(noAgentTools)('memory of the C agent', () => {
  test(
    `after ${CALLS} calls it has what it had after ${WARM}`,
    async () => {
      const one = await mocked({ lab: await lab() })
      const residentKib = () =>
        Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${one.agent.pid}/status`, 'utf8'))?.[1])
      const early = { free: await calls(one, WARM), residentKib: residentKib() }
      const late = { free: await calls(one, CALLS - WARM), residentKib: residentKib() }
      expect(late).toEqual(early)
      await one.agent.kill('SIGTERM')
      expect(counters(one.agent)).toMatchObject({ calls: CALLS, instances: 0, results: 0, sessions: 0, damaged: 0 })
    },
    BUILD_MS + TEST_MS,
  )

  test.skipIf(noValgrind)(
    `valgrind finds no error and no leak in ${CALLS} calls`,
    async () => {
      const folder = await tempFolder()
      const under = [
        ...[
          'valgrind',
          '--leak-check=full',
          '--show-leak-kinds=definite,possible',
          '--errors-for-leak-kinds=definite,possible',
        ],
        ...['--child-silent-after-fork=yes', `--log-file=${join(folder, 'valgrind.%p')}`],
      ]
      const one = await mocked({ lab: await lab(), under, aliveMs: 2_000 })
      const early = await calls(one, WARM)
      expect(await calls(one, CALLS - WARM)).toBe(early)
      await one.agent.kill('SIGTERM')
      expect(counters(one.agent)).toMatchObject({ calls: CALLS })
      const said = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
      expect(said.join('')).toMatch(/ERROR SUMMARY: 0 errors/)
    },
    TEST_MS,
  )
})
