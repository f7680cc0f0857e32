import { describe, expect, test } from 'vitest'
import { BUILD_MS, noAgentTools } from './builds.ts'
import { brokers, startAgentFleet } from './fleet.ts'
import { endless } from './modules.ts'

/** The C agent against a real manager, over both brokers: killed, cut off, and told what nobody should tell it. */

const TEST_MS = 180_000
const functions = () => ({ add: 'add/add.wasm', endless: endless() })

describe.skipIf(noAgentTools).each(brokers)('the C agent, broker %s', (broker) => {
  test(
    'runs tasks, also after it was killed, and after the broker was away',
    async () => {
      const { fleet, agent, call, onlineAgain } = await startAgentFleet({ broker, functions: functions() })
      expect(await call({ function: 'add', export: 'add', args: [2, 3] })).toMatchObject({
        outcome: 'completed',
        value: 5,
      })
      await agent.kill('SIGKILL')
      await agent.start()
      expect(await call({ function: 'add', export: 'add', args: [20, 30] })).toMatchObject({ value: 50 })
      const restarted = fleet.broker ?? fleet.manager
      await restarted.kill('SIGKILL')
      const again = onlineAgain()
      await restarted.start()
      await again
      expect(await call({ function: 'add', export: 'add', args: [200, 300] })).toMatchObject({ value: 500 })
    },
    BUILD_MS + TEST_MS,
  )

  test(
    'stops a task that is cancelled',
    async () => {
      const { call, user } = await startAgentFleet({ broker, functions: functions() })
      const ended = call({ function: 'endless', export: 'spin', args: [], timeoutMs: 30_000 })
      const { task } = (await user.answer((one) => one.type === 'progress')) as { task: string }
      await user.say('cancel', { task })
      expect(await ended).toMatchObject({ outcome: 'cancelled' })
    },
    TEST_MS,
  )

  test(
    'leaves with a goodbye when it is told to end',
    async () => {
      const { agent, ear } = await startAgentFleet({ broker })
      await agent.kill('SIGTERM')
      expect(await ear.heard('gone')).toMatchObject({ reason: 'leaving' })
      expect(agent.output()).toMatch(/agent: stopped/)
    },
    TEST_MS,
  )
})
