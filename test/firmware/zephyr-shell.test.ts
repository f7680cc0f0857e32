import { beforeAll, describe, expect, test } from 'vitest'
import { samara } from '../cli/support.ts'
import { AGENT, startAgentFleet } from './fleet.ts'
import { agentOf, boards, imageOf, noZephyr, ZEPHYR_BUILD_MS, ZEPHYR_TEST_MS, type ZephyrAgent } from './zephyr.ts'

/** What the agent has to be told, over the serial line of a board; it is kept in flash. */

const line = 'MIIBszCCAVmgAwIBAgIUQ1h0d2VsdmUgYnl0ZXMgbW9yZTAKBggqhkjOPQQDAjAU'
const pem = (what: string, lines: number) =>
  `-----BEGIN ${what}-----\n${`${line}\n`.repeat(lines)}-----END ${what}-----\n`
const TOKEN = 'a-token-that-nobody-sees'

describe.skipIf(noZephyr).each(boards)('the serial shell of the C agent on Zephyr, $name', (board) => {
  beforeAll(() => imageOf(board), ZEPHYR_BUILD_MS)

  /** An agent that was told what it needs over its line, and nothing in another way. */
  async function start() {
    let agent: ZephyrAgent | undefined
    const { call, fleet, http } = await startAgentFleet({
      broker: 'embedded',
      make: async (options) => {
        agent = await agentOf(board)({ ...options, isToldByShell: true })
        return agent
      },
    })
    const { ask, askPem, reset } = agent as ZephyrAgent
    const last = async (command: string) => (await ask(command)).at(-1)
    return { call, fleet, http, ask, askPem, reset, last, agent: agent as ZephyrAgent }
  }

  test(
    'tells it its broker, its name and its token, which it still knows when it starts again',
    async () => {
      const { call, ask, reset } = await start()
      const add = { function: 'add', export: 'add', args: [2, 3] }
      expect(await call(add)).toMatchObject({ outcome: 'completed', value: 5 })
      await reset()
      expect(await call(add)).toMatchObject({ outcome: 'completed', value: 5 })
      const shown = await ask('samara show')
      expect(shown).toContain('id=gateway-1')
      expect(shown).toContain('namespace=default, of the image')
      expect(shown).toContain('wifi-ssid: not set')
      expect(shown.at(-1)).toBe(`ok ${board.target}`)
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'is what `samara proplets provision` tells a board that has another token over',
    async () => {
      const { call, fleet, http, agent } = await start()
      const broker = `mqtt://${board.host}:${new URL(fleet.url).port}`
      const words = ['proplets', 'provision', AGENT, await agent.line(), '--broker', broker, '--manager', http()]
      expect(await samara(words)).toMatchObject({ code: 0, out: `proplet ${AGENT} is heard: ${board.target}\n` })
      const add = { function: 'add', export: 'add', args: [2, 3] }
      expect(await call(add)).toMatchObject({ outcome: 'completed', value: 5 })
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'shows no secret, and says how long it is',
    async () => {
      const { ask, askPem, last } = await start()
      expect(await last(`samara set token ${TOKEN}`)).toMatch(/^ok token /)
      expect(await last('samara set wifi-ssid "A hall with a space"')).toMatch(/^ok wifi-ssid /)
      expect(await last('samara set wifi-psk passphrase')).toMatch(/^ok wifi-psk /)
      const key = pem('PRIVATE KEY', 3)
      expect(await askPem('key', key)).toMatch(/^ok key /)
      const shown = await ask('samara show')
      expect(shown).toContain(`token: ${TOKEN.length} bytes`)
      expect(shown).toContain('wifi-ssid=A hall with a space')
      expect(shown).toContain('wifi-psk: 10 bytes')
      expect(shown).toContain(`key: ${key.length} bytes`)
      const all = shown.join('\n')
      for (const secret of [TOKEN, 'passphrase', line]) expect(all).not.toContain(secret)
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'takes certificates line by line, keeps them over a restart, and speaks to nobody while it cannot use them',
    async () => {
      const { ask, askPem, last, agent } = await start()
      const chain = pem('CERTIFICATE', 12) + pem('CERTIFICATE', 12)
      expect(await askPem('ca', chain)).toMatch(/^ok ca /)
      expect(await last('samara restart')).toMatch(/^ok /)
      await agent.says(
        /link: broker .*: the setting ca (is stored, and this image has no TLS|has no certificates that can be read)/,
      )
      expect(await ask('samara show')).toContain(`ca: ${chain.length} bytes`)
      expect(await last('samara clear ca')).toMatch(/^ok ca /)
      expect(await ask('samara show')).toContain('ca: not set')
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'refuses what is no value, with its name, what it was and what is expected',
    async () => {
      const { last, askPem, ask } = await start()
      for (const [command, answer] of [
        ['set port 70000', 'error port: 70000 is not it, expected 1 to 65535'],
        ['set port 1e3', 'error port: 1e3 is not it, expected 1 to 65535'],
        [
          'set id Gateway',
          'error id: Gateway is not it, expected 1 to 48 of a-z 0-9 . _ -, with a letter or digit at both ends',
        ],
        ['set host "a b"', 'error host: a b is not it, expected 1 to 127 characters without a space'],
        ['set wifi-psk short', 'error wifi-psk: this is not it, expected 8 to 63 characters, or 64 hex digits'],
        ['set token', 'error token: expected 1 to 127 characters, on the same line'],
        ['set ca x', 'error ca: expected certificates in PEM, whole, on lines of its own'],
        [
          'set colour red',
          'error no setting colour, there are id namespace host port token ca cert key wifi-ssid wifi-psk',
        ],
        [
          'clear colour',
          'error no setting colour, there are id namespace host port token ca cert key wifi-ssid wifi-psk',
        ],
      ])
        expect(await last(`samara ${command}`)).toBe(answer)
      expect(await askPem('ca', pem('PRIVATE KEY', 1))).toBe(
        'error ca: this is not it, expected certificates in PEM, whole',
      )
      expect(await askPem('ca', pem('CERTIFICATE', 40))).toBe(
        'error ca: more than 2047 bytes, which CONFIG_SAMARA_PEM_MAX allows',
      )
      expect(await ask('samara show')).toContain('ca: not set')
    },
    ZEPHYR_TEST_MS,
  )
})
