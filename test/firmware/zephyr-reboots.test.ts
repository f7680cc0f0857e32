import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { AGENT, type AgentFleetOptions, type Ear, startAgentFleet } from './fleet.ts'
import { endless, large } from './modules.ts'
import {
  agentOf,
  boards,
  imageOf,
  noZephyr,
  ZEPHYR_BUILD_MS,
  ZEPHYR_TEST_MS,
  type ZephyrAgent,
  type ZephyrBoard,
} from './zephyr.ts'

/** The C agent on a board that starts again whenever it likes: what it kept is in its flash. */

const KIB = 1024
const MODULE_BYTES = 64 * KIB
/** Of a window that was asked for, when the board went. */
const PIECE = 480
const RESETS = 3
/** Longer than a board needs to come back. */
const LEASE_MS = 60_000
const SEED = 1

async function start(board: ZephyrBoard, options: Partial<AgentFleetOptions>) {
  let agent: ZephyrAgent | undefined
  const make: NonNullable<AgentFleetOptions['make']> = async (given) => {
    agent = await agentOf(board)(given)
    return agent
  }
  const fleet = await startAgentFleet({ broker: 'embedded', leaseMs: LEASE_MS, ...options, make })
  return { ...fleet, agent: agent as ZephyrAgent }
}

/** What was asked of the module: of its bytes, for the manifest is a blob too. */
function asked(ear: Ear) {
  const byDigest = Map.groupBy(ear.all('pull'), ({ digest }) => digest)
  const all = [...byDigest.values()].sort((a, b) => b.length - a.length)[0] ?? []
  return { times: all.length, bytes: all.reduce((sum, { length }) => sum + length, 0), window: all[0]?.length ?? 0 }
}

describe.skipIf(noZephyr).each(boards)('a board with the C agent on Zephyr that starts again, $name', (board) => {
  beforeAll(() => imageOf(board), ZEPHYR_BUILD_MS)

  test(
    'starts again by itself after a fault of the image, and says which',
    async () => {
      const { call, agent, onlineAgain } = await start(board, {})
      const add = { function: 'add', export: 'add', args: [2, 3] }
      expect(await call(add)).toMatchObject({ outcome: 'completed', value: 5 })
      const again = onlineAgain()
      void agent.ask('cell fault').catch(() => undefined)
      await agent.says(/ZEPHYR FATAL ERROR/)
      await again
      expect(await call(add)).toMatchObject({ outcome: 'completed', value: 5 })
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'goes on with a module of 64 KiB from what is in its flash',
    async () => {
      const { module, bytes } = await large(MODULE_BYTES, SEED)
      const { call, ear, agent } = await start(board, { functions: { large: module } })
      const ended = call({ function: 'large', export: 'at', args: [bytes.length - 1], retries: 100 })
      let resets = 0
      for (let over = false; !over && resets < RESETS; ) {
        const enough = asked(ear).times + 2
        const more = ear.heard('pull', () => asked(ear).times >= enough).then(() => false)
        over = await Promise.race([more, ended.then(() => true)])
        if (over) break
        await agent.reset()
        resets++
      }
      expect(resets).toBeGreaterThan(0)
      expect(await ended).toMatchObject({ outcome: 'completed', value: bytes.at(-1) })
      const { bytes: total, window } = asked(ear)
      expect(total).toBeLessThanOrEqual(module.length + resets * (2 * window + PIECE))
    },
    ZEPHYR_TEST_MS,
  )

  test.each([
    { what: 'runs a call once more where it may', retries: 1, ended: { outcome: 'timed-out', attempt: 2 } },
    { what: 'has lost a call that may not run twice', retries: 0, ended: { outcome: 'lost' } },
  ])(
    '$what',
    async ({ retries, ended }) => {
      const { call, ear, agent } = await start(board, { functions: { endless: endless() } })
      const result = call({ function: 'endless', export: 'spin', args: [], retries, timeoutMs: ZEPHYR_TEST_MS })
      await ear.heard('started', ({ phase }) => phase === 'running')
      await agent.reset()
      expect(await result).toMatchObject(ended)
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'keeps a result that nobody could hear',
    async () => {
      const waits = readFileSync(new URL('../contract/guests/waits.wasm', import.meta.url))
      const { fleet, user, ear, agent, api } = await start(board, { functions: { waits } })
      const grants = [{ device: 'estop', kind: 'gpio', access: 'read' }]
      await api('PUT', '/v1/functions/waits/versions/latest/grants', { grants })
      const job = { function: 'waits', export: 'wait-pins', args: [['estop'], 'high'], proplet: AGENT, retries: 0 }
      await user.say('submit', { key: 'a', ...job, timeoutMs: ZEPHYR_TEST_MS })
      await ear.heard('started', ({ phase }) => phase === 'running')
      await fleet.manager.kill('SIGKILL')
      expect((await agent.ask('cell press estop')).at(-1)).toBe('ok estop pressed=true')
      await agent.says(/1 results wait for the broker/)
      await agent.kill('SIGKILL')
      await fleet.manager.start()
      await agent.start()
      await agent.says(/1 results of an earlier run wait/)
      const answer = user.answer((said) => said.key === 'a' && said.type === 'result')
      await user.say('fetch', { key: 'a' })
      expect(await answer).toMatchObject({ outcome: 'completed', attempt: 1, value: { ok: 0 } })
    },
    ZEPHYR_TEST_MS,
  )
})
