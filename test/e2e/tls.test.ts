import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import mqtt, { type IClientOptions } from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseConfig as propletConfig } from '../../proplet/config.ts'
import { startProplet } from '../../proplet/start.ts'
import { realClock } from '../../shared/clock.ts'
import { propletId } from '../../shared/ids.ts'
import { quiet } from '../support/quiet.ts'
import { securedManager } from '../support/secured.ts'
import { hasTool } from '../support/tools.ts'

/** What ends an attempt to connect. */
function refusal(url: string, options: IClientOptions): Promise<string> {
  const client = mqtt.connect(url, options)
  onTestFinished(() => client.endAsync(true))
  return new Promise((resolve, reject) => {
    client.once('connect', () => reject(new Error(`${url} let it in`)))
    client.once('error', (error) => resolve(error.message))
    client.once('close', () => resolve('closed'))
  })
}

describe.skipIf(!hasTool('openssl') || !hasTool('curl'))('TLS', () => {
  test('a proplet that trusts the authority is online over mqtts', async () => {
    const { manager, ca, dir } = await securedManager()
    const { token } = await manager.proplets.add(propletId('edge-1'), undefined)
    const online = new Promise<void>((resolve) =>
      manager.events.watch((event) => event.type === 'proplet' && event.liveness === 'on-time' && resolve()),
    )
    const stop = await startProplet({
      config: propletConfig(
        { hostname: 'edge-1', cores: 1, home: dir },
        {
          argv: [
            '--id',
            'edge-1',
            '--broker',
            `mqtts://127.0.0.1:${manager.mqttPort}`,
            '--ca',
            ca,
            '--token',
            token,
            '--data',
            join(dir, 'edge-1'),
          ],
        },
      ),
      clock: realClock,
      log: quiet,
      software: 'test',
      arch: 'x64',
      random: Math.random,
      freeMemory: () => 1 << 30,
      readFile: (path: string) => readFileSync(path),
    })
    onTestFinished(stop)
    await online
  })

  test('who does not trust it does not connect, and nobody connects without TLS', async () => {
    const { manager, ca } = await securedManager()
    const options = { username: 'ann', reconnectPeriod: 0, connectTimeout: 3_000 }
    expect(await refusal(`mqtts://127.0.0.1:${manager.mqttPort}`, options)).toMatch(/certificate/)
    expect(await refusal(`mqtt://127.0.0.1:${manager.mqttPort}`, options)).toBeTruthy()
    const ann = await mqtt.connectAsync(`mqtts://127.0.0.1:${manager.mqttPort}`, { ...options, ca: readFileSync(ca) })
    onTestFinished(() => ann.endAsync(true))
    expect(ann.connected).toBe(true)
  })

  test('the API answers over https with the same certificate', async () => {
    const { http, ca } = await securedManager()
    expect(http.url).toMatch(/^https:/)
    const { stdout } = await promisify(execFile)('curl', ['--silent', '--cacert', ca, `${http.url}/healthz`])
    expect(JSON.parse(stdout)).toEqual({ alive: true })
  })
})
