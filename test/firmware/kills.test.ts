import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../shared/messages/index.ts'
import { expected, judge, type Submitted } from '../e2e/campaign-judge.ts'
import { type CampaignUser, campaignUser } from '../e2e/campaign-user.ts'
import { counters } from './agent.ts'
import { BUILD_MS, noAgentTools } from './builds.ts'
import { brokers, type Ear, startAgentFleet } from './fleet.ts'
import { chance, seeds } from './seed.ts'

/** An agent that dies over and over, in calls and in writes of its results, in the middle of a stream of tasks. */

const TASKS = 60
const KILLS = 10
/** From one start to the next kill: some calls, some results. */
const LATEST_KILL_MS = 400
const TEST_MS = 180_000
/** Until what is not heard is asked for again. */
const FETCH_MS = 250
/** Steps of a call that is long enough to be killed in. */
const LONG = 3_000_000

/** What may be done again is, whatever happens; what may not is lost with the agent. */
const again = (one: Submitted): boolean => !one.key.startsWith('once')

async function finished(user: CampaignUser): Promise<void> {
  while (user.unfinished().length > 0) {
    await delay(FETCH_MS)
    for (const { key } of user.unfinished()) if (user.isAccepted(key)) user.say('fetch', { key })
  }
}

/** Results of one attempt that say different things, in words. */
function contradictions(ear: Ear): string[] {
  const said = Map.groupBy(ear.all('result'), ({ task, attempt }) => `${task} ${attempt}`)
  const contents = (of: readonly object[]) => new Set(of.map((one) => JSON.stringify(one)))
  return [...said].filter(([, of]) => contents(of).size > 1).map(([name, of]) => `${name}: ${[...contents(of)]}`)
}

function wrongOnce(answer: Answer, jobs: CampaignUser['jobs']): string | undefined {
  const job = jobs.get(answer.key ?? '') as Submitted
  const isRight = answer.outcome === 'completed' && answer.value === expected(job.export, job.calls[0] ?? [])
  return isRight || answer.outcome === 'lost' ? undefined : JSON.stringify(answer)
}

describe.skipIf(noAgentTools).each(brokers)('an agent that is killed again and again, broker %s', (broker) => {
  test.each(seeds)(
    'loses no task and says nothing twice in other words, and its store is whole, seed %i',
    async (seed) => {
      const random = chance(seed)
      const { fleet, agent, ear } = await startAgentFleet({ broker })
      const user = await campaignUser(fleet)
      for (let number = 0; number < TASKS; number++) {
        const [name, args] = random.chance(0.4)
          ? (['spin', [random.below(LONG)]] as const)
          : (['add', [number, random.below(1000)]] as const)
        const key = `${random.chance(0.3) ? 'once' : 'again'}-${number}`
        const job = { key, function: 'add', export: name, calls: [args] }
        user.submit(job, { retries: again(job) ? 255 : 0 })
      }
      for (let kill = 0; kill < KILLS; kill++) {
        await delay(random.below(LATEST_KILL_MS))
        await agent.kill('SIGKILL')
        await agent.start()
      }
      await finished(user)

      const ofAgain = (text: string) => (JSON.parse(text) as Answer).key?.startsWith('again') ?? false
      const jobsAgain = new Map([...user.jobs].filter(([, job]) => again(job)))
      expect(judge(jobsAgain, user.log.filter(ofAgain)).violations).toEqual([])
      const once = user.answers.filter(({ type, key }) => type === 'result' && key?.startsWith('once'))
      expect(once.map((answer) => wrongOnce(answer, user.jobs)).filter((one) => one !== undefined)).toEqual([])
      const outcomes = Map.groupBy(once, ({ task }) => task)
      for (const answers of outcomes.values()) expect(new Set(answers.map(({ outcome }) => outcome)).size).toBe(1)
      expect(contradictions(ear)).toEqual([])
      await agent.kill('SIGTERM')
      const { damaged, results } = counters(agent)
      expect({ damaged, results }).toEqual({ damaged: 0, results: 0 })
    },
    BUILD_MS + TEST_MS,
  )
})
