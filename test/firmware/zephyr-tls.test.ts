import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { noMosquitto } from '../support/mosquitto.ts'
import { freePort, type Program } from '../support/processes.ts'
import { tempFolder } from '../support/system.ts'
import { hasTool } from '../support/tools.ts'
import { AGENT, startAgentFleet } from './fleet.ts'
import { large } from './modules.ts'
import { agentOf, imageOf, noZephyr, ZEPHYR_BUILD_MS, ZEPHYR_TEST_MS, type ZephyrAgent } from './zephyr.ts'
import { mps2 } from './zephyr-qemu.ts'

/** The C agent on Zephyr over TLS: whom it trusts, and who trusts it. */

const missing = noZephyr || noMosquitto || mps2.missing() !== undefined || !hasTool('openssl')
/** What the board calls this machine. */
const HERE = 'IP:10.0.2.2'
const ADD = { function: 'add', export: 'add', args: [2, 3] }
const SUM = { outcome: 'completed', value: 5 }
/** Of many records of TLS. */
const LARGE_BYTES = 64 * 1024
const SEED = 1

const text = (file: string) => readFileSync(file, 'utf8')
const online = (agent: Program) => agent.lines().filter((line) => line.includes('link: online'))

describe.skipIf(missing)('the C agent on Zephyr over TLS, mps2_an385', () => {
  beforeAll(() => imageOf(mps2), ZEPHYR_BUILD_MS)

  type Options = {
    /** Settings in PEM of the board. */
    readonly pems: Readonly<Record<string, string>>
    /** Lines of the broker's listener. */
    readonly listener: readonly string[]
    /** What the board says in place of being online. */
    readonly until?: RegExp
    readonly functions?: Readonly<Record<string, string | Uint8Array>>
  }

  /** A board that is told so, and Mosquitto with a second listener for it alone. */
  async function start({ pems, listener, until, functions = { add: 'add/add.wasm' } }: Options) {
    const port = await freePort()
    let agent: ZephyrAgent | undefined
    const make = async (options: Parameters<ReturnType<typeof agentOf>>[0]): Promise<Program> => {
      const board = await agentOf(mps2)({ ...options, pems })
      agent = board
      if (!until) return board
      const refused = () => {
        void board.start()
        return board.says(until)
      }
      return Object.assign(Object.create(board), { start: refused })
    }
    const { call, fleet } = await startAgentFleet({
      broker: 'mosquitto',
      functions,
      brokerLines: [`listener ${port} 127.0.0.1`, ...listener],
      through: async () => port,
      make,
    })
    return { call, agent: agent as ZephyrAgent, broker: fleet.broker as Program }
  }

  const listenerOf = (ca: string, { cert, key }: { cert: string; key: string }) => [
    `cafile ${ca}`,
    `certfile ${cert}`,
    `keyfile ${key}`,
  ]

  /** What it is told holds from its next start on. */
  async function again(agent: ZephyrAgent, pems: Readonly<Record<string, string>>) {
    for (const [name, pem] of Object.entries(pems)) expect(await agent.askPem(name, pem)).toMatch(/^ok /)
    await agent.ask('samara restart')
    await agent.says(/link: online/)
  }

  test(
    'runs functions for a manager behind a broker whose authority it trusts',
    async () => {
      const { ca, issue } = createAuthority(await tempFolder())
      const { module, bytes } = await large(LARGE_BYTES, SEED)
      const { call, agent } = await start({
        pems: { ca: text(ca) },
        listener: listenerOf(ca, issue('broker', HERE)),
        functions: { add: 'add/add.wasm', large: module },
      })
      const last = bytes.length - 1
      expect(await call({ function: 'large', export: 'at', args: [last] })).toMatchObject({ value: bytes[last] })
      await agent.reset()
      expect(await call(ADD)).toMatchObject(SUM)
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'shows its own certificate to a broker that asks for one, and says so where it has none',
    async () => {
      const { ca, issue } = createAuthority(await tempFolder(), 'factory', 'rsa')
      const own = issue(AGENT)
      const { call, agent } = await start({
        pems: { ca: text(ca) },
        listener: [...listenerOf(ca, issue('broker', HERE)), 'require_certificate true'],
        until: /link: broker .*it may want the settings cert and key/,
      })
      expect(online(agent)).toEqual([])
      await again(agent, { cert: text(own.cert), key: text(own.key) })
      expect(await call(ADD)).toMatchObject(SUM)
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'stays offline with a broker that another authority has signed, and says so',
    async () => {
      const dir = await tempFolder()
      const [{ ca, issue }, stranger] = [createAuthority(dir), createAuthority(dir, 'stranger')]
      const { call, agent } = await start({
        pems: { ca: text(stranger.ca) },
        listener: listenerOf(ca, issue('broker', HERE)),
        until: /link: broker 10\.0\.2\.2:\d+: its certificate is not of the authority that the setting ca has/,
      })
      expect(online(agent)).toEqual([])
      await again(agent, { ca: text(ca) })
      expect(await call(ADD)).toMatchObject(SUM)
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'stays offline with a broker whose certificate is for another name, and says so',
    async () => {
      const { ca, issue } = createAuthority(await tempFolder())
      const { agent } = await start({
        pems: { ca: text(ca) },
        listener: listenerOf(ca, issue('10.0.2.2', 'DNS:broker.factory,IP:10.0.2.3')),
        until: /link: broker .*its certificate is for another name than the setting host/,
      })
      expect(online(agent)).toEqual([])
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'speaks to nobody in plain text where an authority is set: not to a broker without TLS, nor with settings that are wrong',
    async () => {
      const { ca, issue } = createAuthority(await tempFolder())
      const [own, other] = [issue(AGENT), issue('gateway-2')]
      const { agent, broker } = await start({
        pems: { ca: text(ca) },
        listener: [],
        until: /link: broker .*it shows no certificate: is this port one for TLS/,
      })
      const refusals: readonly [Readonly<Record<string, string>>, string][] = [
        [{ key: text(own.key) }, 'the setting key is stored without cert'],
        [{ cert: text(other.cert) }, 'the setting key is not that of cert'],
        [
          { key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' },
          'the setting key has no private key that can be read',
        ],
        [
          { cert: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
          'the setting cert has no certificates that can be read',
        ],
        [
          { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
          'the setting ca has no certificates that can be read',
        ],
      ]
      for (const [pems, words] of refusals) {
        for (const [name, pem] of Object.entries(pems)) expect(await agent.askPem(name, pem)).toMatch(/^ok /)
        await agent.ask('samara restart')
        await agent.says(new RegExp(`link: broker 10\\.0\\.2\\.2:\\d+: ${words}`))
      }
      expect(online(agent)).toEqual([])
      expect(broker.lines().filter((line) => line.includes(` as ${AGENT}`))).toEqual([])
    },
    ZEPHYR_TEST_MS,
  )
})
