import { beforeAll, describe, expect, test } from 'vitest'
import { startAgentFleet } from './fleet.ts'
import { agentOf, boards, imageOf, noZephyr, ZEPHYR_BUILD_MS, ZEPHYR_TEST_MS, type ZephyrAgent } from './zephyr.ts'

/** Networks of Zephyr's own, as real boards have them. */

const own = boards.filter(({ hasNetwork }) => hasNetwork)

describe.skipIf(noZephyr || own.length === 0).each(own)('the network of the C agent on Zephyr, $name', (board) => {
  beforeAll(() => imageOf(board, 'conformance'), ZEPHYR_BUILD_MS)

  test(
    'has its address by DHCP, and again when it starts again',
    async () => {
      let started: ZephyrAgent | undefined
      const { call } = await startAgentFleet({
        broker: 'embedded',
        make: async (options) => {
          started = await agentOf(board, 'conformance')(options)
          return started
        },
      })
      const agent = started as unknown as ZephyrAgent
      const add = { function: 'add', export: 'add', args: [2, 3] }
      const addresses = () => agent.lines().filter((line) => /port: address 10\.0\.2\.15 by DHCP/.test(line))
      expect(await call(add)).toMatchObject({ outcome: 'completed', value: 5 })
      const before = addresses().length
      expect(before).toBeGreaterThan(0)
      await agent.reset()
      expect(addresses().length).toBeGreaterThan(before)
      expect(await call(add)).toMatchObject({ outcome: 'completed', value: 5 })
    },
    ZEPHYR_TEST_MS,
  )
})
