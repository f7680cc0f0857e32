import { describe, expect, test } from 'vitest'
import { example } from '../support/system.ts'
import { BUILD_MS, noAgentTools } from './builds.ts'
import { AGENT, type AgentFleetOptions, type Call, startAgentFleet } from './fleet.ts'
import { trickster } from './guests.ts'
import { mocked, published } from './mocked.ts'
import { endless } from './modules.ts'

/** Guests that do not end, take too much, or begin before they are called: as on the other proplets. */

const TIMEOUT_MS = 1_000
const ALIVE_MS = 100
const TEST_MS = 180_000
/** A proplet for Linux beside it. */
const LINUX = 'edge-1'

async function both(functions: AgentFleetOptions['functions']) {
  const { fleet, call, ear } = await startAgentFleet({
    ...{ broker: 'embedded' as const, aliveMs: ALIVE_MS, leaseMs: 10_000, beside: [LINUX] },
    ...(functions && { functions }),
  })
  await fleet.proplet(LINUX).start()
  return { call, ear }
}

/** How a call ends on each. */
async function ends(call: Call, job: object): Promise<readonly [c: Ended, linux: Ended]> {
  const [c, linux] = await Promise.all([AGENT, LINUX].map((proplet) => call({ ...job, proplet, retries: 0 })))
  return [ended(c), ended(linux)]
}
type Ended = { readonly outcome: string; readonly code?: string; readonly message?: string }
const ended = ({ outcome, error }: { outcome: string; error?: { code: string; message: string } }): Ended => ({
  ...{ outcome, ...error },
})

describe.skipIf(noAgentTools)('guests that misbehave', () => {
  test(
    'a loop ends at the deadline wherever it is, in the same words as on Linux, while heartbeats go on',
    async () => {
      const { call, ear } = await both({
        body: endless(),
        start: 'hostile/start-loop.wasm',
        trickster: await trickster(),
      })
      const late = {
        outcome: 'timed-out',
        ...{ code: 'DEADLINE_EXCEEDED', message: `still running after ${TIMEOUT_MS} ms` },
      }
      for (const job of [
        { function: 'body', export: 'spin', args: [] },
        { function: 'start', export: 'run', args: [] },
        { function: 'trickster', export: 'take', args: ['some text'] },
        { function: 'trickster', export: 'give', args: [] },
        { function: 'trickster', export: 'wait', args: [4_000_000_000] },
      ]) {
        const before = ear.all('alive').length
        expect([job, ...(await ends(call, { ...job, timeoutMs: TIMEOUT_MS }))]).toEqual([job, late, late])
        const heard = ear.all('alive').slice(before)
        expect(heard.length).toBeGreaterThanOrEqual(3)
        expect(heard.some(({ running }) => running === 1)).toBe(true)
      }
      expect(await call({ function: 'trickster', export: 'wait', args: [1_000] })).toMatchObject({
        outcome: 'completed',
      })
    },
    BUILD_MS + TEST_MS,
  )

  test(
    'memory beyond what it may have, and a stack beyond its end, end as on Linux',
    async () => {
      const { call } = await both({ bomb: 'hostile/memory-bomb.wasm', deep: 'hostile/deep-recursion.wasm' })
      const [bomb, bombOnLinux] = await ends(call, { function: 'bomb', export: 'run', args: [] })
      expect(bomb).toMatchObject({ outcome: 'out-of-memory', code: 'GUEST_OUT_OF_MEMORY' })
      expect(bombOnLinux).toMatchObject({ outcome: bomb.outcome, code: bomb.code })
      const [deep, deepOnLinux] = await ends(call, { function: 'deep', export: 'run', args: [] })
      expect(deep).toMatchObject({ outcome: 'trapped', code: 'GUEST_TRAPPED' })
      expect(deepOnLinux).toMatchObject({ outcome: deep.outcome, code: deep.code })
    },
    TEST_MS,
  )

  test(
    'an image that still has a start section is refused before it runs',
    async () => {
      const { manager, startOf, run, isWell } = await mocked()
      const module = await example('hostile/start-loop.wasm')
      const start = startOf({
        ...manager.start({ export: 'run', args: [] }),
        ...(await published(manager, module, module)),
      })
      expect(await run(start)).toMatchObject({ outcome: 'refused', error: { message: expect.stringMatching(/start/) } })
      await isWell()
    },
    TEST_MS,
  )
})
