import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { noMosquitto } from '../support/mosquitto.ts'
import { type BrokerKind, createFleet, FLEET_USER, type Fleet, type Program } from '../support/processes.ts'
import { connectUser, tempFolder, type User } from '../support/system.ts'
import { agentProgram } from './agent.ts'
import { BUILD_MS, noAgentTools } from './builds.ts'
import { endless } from './modules.ts'

/** The C agent against a real manager, over both brokers: killed, cut off, and told what nobody should tell it. */

const TEST_MS = 60_000
const brokers = (['embedded', 'mosquitto'] as const).filter((kind) => kind === 'embedded' || !noMosquitto)
const AGENT = 'gateway-1'

type Running = { readonly fleet: Fleet; readonly agent: Program; readonly user: User; readonly call: Call }
type Call = (job: object) => Promise<Record<string, unknown>>

async function start(broker: BrokerKind): Promise<Running> {
  const dir = await tempFolder()
  const fleet = await createFleet({
    broker,
    proplets: [AGENT],
    functions: { add: 'add/add.wasm', endless: endless() },
  })
  await fleet.broker?.start()
  await fleet.manager.start()
  const tokenFile = join(dir, 'token')
  writeFileSync(tokenFile, fleet.tokens.get(AGENT) ?? '')
  const agent = await agentProgram({ id: AGENT, broker: fleet.url, tokenFile, data: join(dir, 'data') })
  await agent.start()
  const user = await connectUser(fleet.url, FLEET_USER, fleet.tokens.get(FLEET_USER))
  let jobs = 0
  const call: Call = async (job) => {
    const key = `job-${jobs++}`
    await user.say('submit', { key, proplet: AGENT, ...job })
    return (await user.answer((one) => one.key === key && (one.type === 'result' || one.type === 'error'))) as never
  }
  return { fleet, agent, user, call }
}

describe.skipIf(noAgentTools).each(brokers)('the C agent, broker %s', (broker) => {
  test(
    'runs tasks, also after it was killed, and after the broker was away',
    async () => {
      const { fleet, agent, call } = await start(broker)
      expect(await call({ function: 'add', export: 'add', args: [2, 3] })).toMatchObject({
        outcome: 'completed',
        value: 5,
      })
      await agent.kill('SIGKILL')
      await agent.start()
      expect(await call({ function: 'add', export: 'add', args: [20, 30] })).toMatchObject({ value: 50 })
      const restarted = fleet.broker ?? fleet.manager
      await restarted.kill('SIGKILL')
      const again = agent.says(/link: online/)
      await restarted.start()
      await again
      expect(agent.output()).toContain('online')
    },
    BUILD_MS + TEST_MS,
  )

  test(
    'ends a loop at its deadline, and keeps its heartbeats meanwhile',
    async () => {
      const { call, agent } = await start(broker)
      const answer = await call({ function: 'endless', export: 'spin', args: [], timeoutMs: 1_500 })
      expect(answer).toMatchObject({ outcome: 'timed-out', error: { code: 'DEADLINE_EXCEEDED' } })
      expect(await call({ function: 'add', export: 'add', args: [1, 1] })).toMatchObject({ value: 2 })
      expect(agent.output()).not.toContain('disconnected')
    },
    TEST_MS,
  )

  test(
    'stops a task that is cancelled',
    async () => {
      const { call, user } = await start(broker)
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
      const { agent } = await start(broker)
      await agent.kill('SIGTERM')
      expect(agent.output()).toMatch(/stopped|leaving/)
    },
    TEST_MS,
  )
})
