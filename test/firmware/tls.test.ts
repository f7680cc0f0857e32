import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { propletId } from '../../shared/ids.ts'
import { topics } from '../../shared/topics.ts'
import { createAuthority } from '../support/certificates.ts'
import { mosquittoWith, noMosquitto } from '../support/mosquitto.ts'
import { freePort, program } from '../support/processes.ts'
import { securedManager } from '../support/secured.ts'
import { tempFolder } from '../support/system.ts'
import { hasTool } from '../support/tools.ts'
import { agentProgram } from './agent.ts'
import { BUILD_MS, built, noAgentTools } from './builds.ts'

/** The C agent over TLS: whom it trusts, and who trusts it. */

const AGENT = 'gateway-1'
const TEST_MS = 180_000

describe.skipIf(noAgentTools || !hasTool('openssl'))('the C agent over TLS', () => {
  test(
    'is online with a manager whose authority it trusts',
    async () => {
      const { manager, ca, dir } = await securedManager()
      const { token } = await manager.proplets.add(propletId(AGENT), undefined)
      const tokenFile = join(dir, 'token')
      await writeFile(tokenFile, token)
      const broker = `mqtts://127.0.0.1:${manager.mqttPort}`
      const agent = await agentProgram({ id: AGENT, broker, tokenFile, data: join(dir, AGENT), more: ['--ca', ca] })
      await agent.start()
      onTestFinished(() => agent.kill())
      expect(agent.output()).toContain('online')
    },
    BUILD_MS + TEST_MS,
  )

  test(
    'says nothing to one that another authority has signed',
    async () => {
      const { manager, dir } = await securedManager()
      const { token } = await manager.proplets.add(propletId(AGENT), undefined)
      const { ca } = createAuthority(dir, 'stranger')
      const agent = program({
        name: AGENT,
        command: join(await built('tests'), 'samara-agent'),
        args: ['--id', AGENT, '--broker', `mqtts://127.0.0.1:${manager.mqttPort}`, '--token', token].concat(
          ...['--data', join(dir, AGENT), '--ca', ca],
        ),
        ready: /link: .*(TLS|certificate).*again in/,
      })
      await agent.start()
      onTestFinished(() => agent.kill())
      expect(agent.output()).not.toContain('online')
      expect(manager.proplets.get(propletId(AGENT))?.liveness).toBe('unknown')
    },
    TEST_MS,
  )

  test.skipIf(noMosquitto)(
    'shows its own certificate to a broker that asks for one',
    async () => {
      const dir = await tempFolder()
      const { ca, issue } = createAuthority(dir)
      const [server, own, watcher] = [issue('broker'), issue(AGENT), issue('watcher')]
      const port = await freePort()
      const broker = await mosquittoWith(dir, [
        `listener ${port} 127.0.0.1`,
        'allow_anonymous true',
        `cafile ${ca}`,
        `certfile ${server.cert}`,
        `keyfile ${server.key}`,
        'require_certificate true',
      ])
      await broker.start()
      onTestFinished(() => broker.kill())
      const url = `mqtts://127.0.0.1:${port}`
      const files = { ca: readFileSync(ca), cert: readFileSync(watcher.cert), key: readFileSync(watcher.key) }
      const ear = await mqtt.connectAsync(url, { ...files, protocolVersion: 4 })
      onTestFinished(() => ear.endAsync(true))
      await ear.subscribeAsync(topics.hello.of('default', { proplet: AGENT }), { qos: 1 })
      const hello = new Promise<string>((resolve) => ear.once('message', resolve))
      const start = async (id: string, ready: RegExp, more: readonly string[]) => {
        const agent = program({
          name: id,
          command: join(await built('tests'), 'samara-agent'),
          args: ['--id', id, '--broker', url, '--ca', ca, '--data', join(dir, id), ...more],
          ready,
        })
        await agent.start()
        onTestFinished(() => agent.kill())
      }
      await start('nobody', /link: .*again in/, [])
      await start(AGENT, /started/, ['--cert', own.cert, '--key', own.key])
      expect(await hello).toContain(`${AGENT}/hello`)
    },
    TEST_MS,
  )
})
