import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { expected } from '../e2e/campaign-judge.ts'
import { BUILD_MS, noAgentTools } from './builds.ts'
import { brokers, startAgentFleet } from './fleet.ts'

/** A broker that is gone for a while: what runs goes on, and what there was to say is said afterwards, within bounds. */

/** An hour would show no more: no bound of the agent's is longer than a few runs. */
const AWAY_MS = 5_000
const EVERY_MS = 200
/** Results of deployments that the agent keeps, CONFIG_SAMARA_KEPT_RESULTS. */
const KEPT = 4
/** Half a second of a core and more. */
const LONG = 6_000_000
/** Long enough to be told of, and for the broker to go, before it ends. */
const SHORT = 20_000_000
const TEST_MS = 180_000

type Result = { readonly seq: number; readonly endedMs: number; readonly boot: string; readonly outcome: string }

describe.skipIf(noAgentTools).each(brokers)('the broker is away, broker %s', (broker) => {
  test(
    'deployments go on and their last results come afterwards, so do those of tasks',
    async () => {
      const one = await startAgentFleet({
        ...{ broker, leaseMs: 30_000 },
        functions: { add: 'add/add.wasm', ticker: 'ticker/ticker.wasm' },
      })
      const { fleet, api, ear, user, agent } = one
      const { id } = await api('POST', '/v1/deployments', {
        ...{ function: 'ticker', selector: '*', trigger: 'every', everyMs: EVERY_MS, keep: true },
        ...{ throttleMs: 0, bufferCount: KEPT },
      })
      await ear.heard('deploymentResult', ({ seq }) => seq >= 2)
      const keys = ['a', 'b', 'c']
      for (const key of keys)
        await user.say('submit', { key, function: 'add', export: 'spin', args: [LONG], retries: 0 })
      await ear.heard('started', ({ phase }) => phase === 'running')

      const gone = fleet.broker ?? fleet.manager
      await gone.kill('SIGKILL')
      const online = one.onlineAgain()
      await delay(AWAY_MS)
      await gone.start()
      await online
      const backMs = Date.now()
      for (const key of keys) {
        const answer = user.answer((said) => said.key === key && said.type === 'result')
        await user.say('fetch', { key })
        expect(await answer).toMatchObject({ outcome: 'completed', attempt: 1 })
      }

      const results = async (): Promise<Result[]> =>
        (await api('GET', `/v1/deployments/${id}/results?limit=200`)).items.toReversed()
      let all = await results()
      for (; all.filter(({ endedMs }) => endedMs > backMs).length < 3; all = await results()) await delay(EVERY_MS)
      expect(all.filter(({ outcome }) => outcome !== 'completed')).toEqual([])
      const seqs = all.map(({ seq }) => seq)
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
      // One gap: what found no room. What was kept goes on to what came after without another.
      const gaps = seqs.flatMap((seq, at) => (at > 0 && seq !== (seqs[at - 1] ?? 0) + 1 ? [at] : []))
      expect(gaps).toHaveLength(1)
      const [at = 0] = gaps
      const dropped = (seqs[at] ?? 0) - (seqs[at - 1] ?? 0) - 1
      const { states } = await api('GET', `/v1/deployments/${id}`)
      expect(states).toMatchObject([{ failures: 0 }])
      // One may have been on its way when the broker went: sent, and nobody's.
      expect([dropped, dropped - 1]).toContain(states[0].dropped)
      expect(dropped).toBeGreaterThan(KEPT)
      const kept = all.slice(at).filter(({ endedMs }) => endedMs < backMs).length
      // By the agent's own account, which does not hang on when the manager hears of it.
      const oldest = ear.all('deploymentResult').find(({ seq }) => seq === seqs[at])
      expect(oldest?.agoMs).toBeGreaterThan(((KEPT - 1) * EVERY_MS) / 2)
      // Some more may have ended just as it came back.
      expect(kept).toBeLessThanOrEqual(KEPT + 3)
      expect(agent.pid).toBeDefined()
    },
    BUILD_MS + TEST_MS,
  )

  test(
    'results that nobody could hear outlive the agent',
    async () => {
      const { fleet, user, ear, agent } = await startAgentFleet({ broker, leaseMs: 30_000 })
      // As many as it has slots: what waits has no result yet.
      const keys = ['a', 'b']
      for (const [at, key] of keys.entries())
        await user.say('submit', { key, function: 'add', export: 'spin', args: [SHORT + at], retries: 0 })
      const running = () => ear.all('started').filter(({ phase }) => phase === 'running')
      await ear.heard('started', () => running().length === keys.length)
      const gone = fleet.broker ?? fleet.manager
      await gone.kill('SIGKILL')
      await agent.says(/2 results wait for the broker/)
      await agent.kill('SIGKILL')
      await gone.start()
      await agent.start()
      await agent.says(/2 results of an earlier run wait/)
      for (const [at, key] of keys.entries()) {
        const answer = user.answer((said) => said.key === key && said.type === 'result')
        await user.say('fetch', { key })
        expect(await answer).toMatchObject({ outcome: 'completed', attempt: 1, value: expected('spin', [SHORT + at]) })
      }
    },
    TEST_MS,
  )
})
