import { beforeAll, describe, expect, test } from 'vitest'
import { AGENT, type AgentFleetOptions, brokers, startAgentFleet } from './fleet.ts'
import { malformed, oversized, sayAll, truncated } from './hostile.ts'
import { mocked } from './mocked.ts'
import { endless } from './modules.ts'
import { agentOf, boards, imageOf, noZephyr, ZEPHYR_BUILD_MS, ZEPHYR_TEST_MS } from './zephyr.ts'

/** The C agent over Zephyr's MQTT client, sockets and flash simulator, against a real manager. */

const LINUX = 'linux-1'
const MINUTE_MS = 60_000
const CALLS = 1_000
const CALLERS = 4
/** Until instances and modules that are kept are there. */
const WARM_CALLS = 8

/** What the board's clock said. */
function msOf(stamp = '0:0:0'): number {
  const [hours = 0, minutes = 0, seconds = 0] = stamp.split(':').map(Number)
  return (hours * 3_600 + minutes * 60 + seconds) * 1_000
}

describe.skipIf(noZephyr).each(boards)('the C agent on Zephyr, $name', (board) => {
  const functions = () => ({ add: 'add/add.wasm', endless: endless() })
  const start = (options: Partial<AgentFleetOptions> = {}) =>
    startAgentFleet({ broker: 'embedded', functions: functions(), make: agentOf(board), ...options })

  beforeAll(() => imageOf(board), ZEPHYR_BUILD_MS)

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
    ZEPHYR_TEST_MS,
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
      expect(await call({ ...spin, timeoutMs: ZEPHYR_TEST_MS })).toMatchObject({
        outcome: 'timed-out',
        error: { message: expect.stringMatching(/^still running after \d+ instructions$/) },
      })
      expect(await call({ function: 'add', export: 'add', args: [2, 3] })).toMatchObject({ value: 5 })
    },
    ZEPHYR_TEST_MS,
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
    ZEPHYR_TEST_MS,
  )

  test.each(brokers)(
    'is online again after its broker was away for a minute of the board, %s',
    async (broker) => {
      const { fleet, agent, call, onlineAgain } = await start({ broker, more: board.hastened })
      expect(await call({ function: 'add', export: 'add', args: [2, 3] })).toMatchObject({ value: 5 })
      const gone = fleet.broker ?? fleet.manager
      await gone.kill('SIGKILL')
      const tries: string[] = []
      while (msOf(tries.at(-1)) - msOf(tries[0]) < MINUTE_MS) {
        const others = tries.map((one) => `(?!${one})`).join('')
        const line = await agent.says(new RegExp(`\\[${others}[\\d:.]+,.*no connection to the broker`))
        tries.push(/\[([\d:.]+),/.exec(line)?.[1] ?? '')
      }
      // The pause between them grows.
      expect(tries.length).toBeLessThan(MINUTE_MS / 1_000)
      const again = onlineAgain()
      await gone.start()
      await again
      expect(await call({ function: 'add', export: 'add', args: [20, 30] })).toMatchObject({ value: 50 })
    },
    2 * ZEPHYR_TEST_MS,
  )

  test.each([
    ['is too long', oversized],
    ['is no message', [...malformed, ...truncated]],
  ])(
    'reads what %s to its end, and stays connected',
    async (_, all) => {
      const { say, isWell } = await mocked({ make: agentOf(board) })
      expect(all.length).toBeGreaterThan(5)
      await sayAll(all, say, isWell)
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'has as much of its pool in use after a thousand calls as after the first ones',
    async () => {
      const { call, agent } = await start()
      const add = async (number: number) =>
        expect(await call({ function: 'add', export: 'add', args: [number, 1] })).toMatchObject({ value: number + 1 })
      /** What it counts when it has run so many; it says so each minute. */
      const pool = async (calls: number) =>
        /pool=(\d+)/.exec(await agent.says(new RegExp(`health: .*\\bcalls=${calls}\\b`)))?.[1]
      for (let number = 0; number < WARM_CALLS; number++) await add(number)
      const before = await pool(WARM_CALLS)
      expect(Number(before)).toBeGreaterThan(0)
      const callers = Array.from({ length: CALLERS }, async (_, caller) => {
        for (let number = caller; number < CALLS; number += CALLERS) await add(number)
      })
      await Promise.all(callers)
      expect(await pool(WARM_CALLS + CALLS)).toBe(before)
    },
    3 * ZEPHYR_TEST_MS,
  )
})
