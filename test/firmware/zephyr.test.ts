import { describe, expect, test } from 'vitest'
import { expected } from '../e2e/campaign-judge.ts'
import { BUILD_MS } from './builds.ts'
import { AGENT, type AgentFleetOptions, brokers, startAgentFleet } from './fleet.ts'
import { malformed, oversized, sayAll, truncated } from './hostile.ts'
import { mocked } from './mocked.ts'
import { endless } from './modules.ts'
import { noZephyr, zephyrAgent } from './zephyr.ts'

/** The C agent in Zephyr's native simulator, over Zephyr's MQTT client and flash simulator, against a real manager. */

const TEST_MS = 180_000
const LINUX = 'linux-1'
/** Long enough for the broker to go meanwhile. */
const SPIN = 5_000_000
const functions = () => ({ add: 'add/add.wasm', endless: endless() })
const start = (options: Partial<AgentFleetOptions> = {}) =>
  startAgentFleet({ broker: 'embedded', functions: functions(), make: zephyrAgent, ...options })

describe.skipIf(noZephyr)('the C agent on Zephyr', () => {
  test(
    'gives the results that a proplet for Linux gives',
    async () => {
      const { fleet, call } = await start({ beside: [LINUX] })
      await fleet.proplet(LINUX).start()
      for (const job of [
        { export: 'add', args: [2, 3] },
        { export: 'add', args: [2_147_483_647, 1] },
        { export: 'spin', args: [1_000] },
      ]) {
        const [here, there] = await Promise.all(
          [AGENT, LINUX].map((proplet) => call({ function: 'add', proplet, ...job })),
        )
        expect(here).toMatchObject({ outcome: 'completed', value: there.value })
        expect(there).toMatchObject({ outcome: 'completed' })
      }
    },
    BUILD_MS + TEST_MS,
  )

  test(
    'ends a loop at its deadline, and the instructions of a call end one too',
    async () => {
      const { call } = await start()
      const spin = { function: 'endless', export: 'spin', args: [] }
      expect(await call({ ...spin, timeoutMs: 100 })).toMatchObject({
        outcome: 'timed-out',
        error: { message: 'still running after 100 ms' },
      })
      expect(await call({ ...spin, timeoutMs: 30_000 })).toMatchObject({
        outcome: 'timed-out',
        error: { message: expect.stringMatching(/^still running after \d+ instructions$/) },
      })
      expect(await call({ function: 'add', export: 'add', args: [2, 3] })).toMatchObject({ value: 5 })
    },
    TEST_MS,
  )

  test(
    'stops a task that is cancelled',
    async () => {
      const { call, user } = await start()
      const ended = call({ function: 'endless', export: 'spin', args: [], timeoutMs: 30_000 })
      const { task } = (await user.answer((one) => one.type === 'progress')) as { task: string }
      await user.say('cancel', { task })
      expect(await ended).toMatchObject({ outcome: 'cancelled' })
    },
    TEST_MS,
  )

  test.each(brokers)(
    'is online again after its broker was away, %s',
    async (broker) => {
      const { fleet, call, onlineAgain } = await start({ broker })
      expect(await call({ function: 'add', export: 'add', args: [2, 3] })).toMatchObject({ value: 5 })
      const gone = fleet.broker ?? fleet.manager
      await gone.kill('SIGKILL')
      const again = onlineAgain()
      await gone.start()
      await again
      expect(await call({ function: 'add', export: 'add', args: [20, 30] })).toMatchObject({ value: 50 })
    },
    TEST_MS,
  )

  test.each([
    ['is too long', oversized],
    ['is no message', [...malformed, ...truncated]],
  ])(
    'reads what %s to its end, and stays connected',
    async (_, all) => {
      const { say, isWell } = await mocked({ make: zephyrAgent })
      expect(all.length).toBeGreaterThan(5)
      await sayAll(all, say, isWell)
    },
    TEST_MS,
  )

  test(
    'keeps a result that nobody could hear over a reboot',
    async () => {
      // Its power is cut at this time of its own.
      const { fleet, user, ear, agent } = await start({ leaseMs: 30_000, more: ['--stop_at=8'] })
      await user.say('submit', { key: 'a', function: 'add', export: 'spin', args: [SPIN], retries: 0 })
      await ear.heard('started', ({ phase }) => phase === 'running')
      await fleet.manager.kill('SIGKILL')
      await agent.says(/Stopped at/)
      await agent.kill('SIGKILL')
      await fleet.manager.start()
      await agent.start()
      await agent.says(/1 results? of an earlier run wait/)
      const answer = user.answer((said) => said.key === 'a' && said.type === 'result')
      await user.say('fetch', { key: 'a' })
      expect(await answer).toMatchObject({ outcome: 'completed', attempt: 1, value: expected('spin', [SPIN]) })
    },
    TEST_MS,
  )
})
