import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { BlobGet } from '../../shared/messages/index.ts'
import { BUILD_MS, noAgentTools } from './builds.ts'
import { cutter } from './cutter.ts'
import { brokers, type Ear, startAgentFleet } from './fleet.ts'
import { large } from './modules.ts'
import { chance, seeds } from './seed.ts'

/** Modules on their way into a flash that is a microcontroller's, from a broker that is lost and by an agent that dies. */

const FLASH = ['--flash-kib', '512']
const LARGEST = 128 * 1024
const SMALL = 66 * 1024
const TEST_MS = 180_000
/** A byte near the end of a small one. */
const LAST = SMALL - 200
const CUTS = 4
const KILLS = 4
/** After a window was asked for; it is here within less. */
const LATEST_KILL_MS = 20
/** Bytes that the store had not written when the agent died: a piece of its log at most. */
const PIECE = 480
/** Longer than all that is cut and killed takes. */
const LEASE_MS = 30_000

/** What was asked of the largest blob, in the order of the broker. */
function asked(ear: Ear): readonly BlobGet[] {
  const byDigest = Map.groupBy(ear.all('pull'), ({ digest }) => digest)
  const end = (gets: readonly BlobGet[]) => Math.max(...gets.map(({ offset, length }) => offset + length))
  return [...byDigest.values()].sort((a, b) => end(b) - end(a))[0] ?? []
}

const total = (gets: readonly BlobGet[]): number => gets.reduce((sum, { length }) => sum + length, 0)
const windowOf = (gets: readonly BlobGet[]): number => Math.max(...gets.map(({ length }) => length))

describe.skipIf(noAgentTools).each(brokers)('transfers, broker %s', (broker) => {
  test.each(seeds)(
    'a module goes on from its last byte however often the connection is cut, seed %i',
    async (seed) => {
      const random = chance(seed)
      const { module, bytes } = await large(LARGEST, seed)
      const proxy = cutter(Array.from({ length: CUTS }, () => 2_000 + random.below(28_000)))
      const { call, ear } = await startAgentFleet({
        ...{ broker, functions: { large: module }, leaseMs: LEASE_MS, more: FLASH },
        through: proxy.through,
      })
      const offset = random.below(bytes.length)
      const answer = await call({ function: 'large', export: 'at', args: [offset] })
      expect(answer).toMatchObject({ outcome: 'completed', value: bytes[offset] })
      expect(proxy.cuts).toBe(CUTS)
      const gets = asked(ear)
      expect(Math.max(...gets.map((get) => get.offset + get.length))).toBe(LARGEST)
      expect(gets.map((get) => get.offset)).toEqual(gets.map((get) => get.offset).sort((a, b) => a - b))
      expect(total(gets)).toBeLessThanOrEqual(module.length + CUTS * windowOf(gets))
    },
    BUILD_MS + TEST_MS,
  )

  test.each(seeds)(
    'a module goes on from what is in flash when the agent is killed, seed %i',
    async (seed) => {
      const random = chance(seed)
      const { module, bytes } = await large(LARGEST, seed)
      const { call, ear, agent } = await startAgentFleet({
        ...{ broker, functions: { large: module }, leaseMs: LEASE_MS, more: FLASH },
      })
      const offset = random.below(bytes.length)
      const ended = call({ function: 'large', export: 'at', args: [offset], retries: 100 })
      for (let kill = 0; kill < KILLS; kill++) {
        const enough = asked(ear).length + 1 + random.below(4)
        await ear.heard('pull', () => asked(ear).length >= enough)
        await delay(random.below(LATEST_KILL_MS))
        await agent.kill('SIGKILL')
        await agent.start()
      }
      expect(await ended).toMatchObject({ outcome: 'completed', value: bytes[offset] })
      const gets = asked(ear)
      expect(total(gets)).toBeLessThanOrEqual(module.length + KILLS * (windowOf(gets) + PIECE))
    },
    TEST_MS,
  )

  test(
    'the module that was used least makes room for the next one, and is pulled again when it is wanted',
    async () => {
      // The flash holds three of the small ones, as sure as it can be, or the large one and a small one.
      const made = await Promise.all([SMALL, SMALL, SMALL, SMALL, LARGEST].map(large))
      const functions = Object.fromEntries(made.map(({ module }, at) => [`large-${at}`, module]))
      const { call, ear } = await startAgentFleet({ broker, functions, leaseMs: LEASE_MS, more: FLASH })
      /** Whether its module had to be pulled. */
      const run = async (at: number): Promise<boolean> => {
        const before = ear.all('pull').length
        const answer = await call({ function: `large-${at}`, export: 'at', args: [LAST] })
        expect(answer).toMatchObject({ outcome: 'completed', value: made[at]?.bytes[LAST] })
        return ear.all('pull').length > before
      }
      const runs = [
        ...[0, 1, 2].map((at) => ({ at, isPulled: true })),
        // Used again, so the one after it goes for the next.
        ...[
          { at: 0, isPulled: false },
          { at: 3, isPulled: true },
        ],
        ...[0, 2].map((at) => ({ at, isPulled: false })),
        { at: 4, isPulled: true },
        { at: 2, isPulled: false },
        ...[1, 4].map((at) => ({ at, isPulled: true })),
      ]
      for (const { at, isPulled } of runs) expect({ at, isPulled: await run(at) }).toEqual({ at, isPulled })
    },
    TEST_MS,
  )
})
