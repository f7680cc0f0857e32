import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import mqtt, { type IClientOptions } from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseConfig } from '../../manager/config.ts'
import { startManager } from '../../manager/start.ts'
import { parseConfig as propletConfig } from '../../proplet/config.ts'
import { startProplet } from '../../proplet/start.ts'
import { realClock } from '../../shared/clock.ts'
import { propletId } from '../../shared/ids.ts'
import { quiet } from '../support/quiet.ts'
import { tempFolder } from '../support/system.ts'
import { hasTool } from '../support/tools.ts'

/** An authority and a certificate for 127.0.0.1, made by openssl. */
function certificates(dir: string): { ca: string; cert: string; key: string } {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=factory',
  )
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'key.pem',
    '-out',
    'csr.pem',
    '-subj',
    '/CN=manager',
  )
  const extension = join(dir, 'san.cnf')
  execFileSync('sh', ['-c', `echo 'subjectAltName=IP:127.0.0.1' > ${extension}`])
  openssl(
    'x509',
    '-req',
    '-in',
    'csr.pem',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'cert.pem',
    '-days',
    '2',
    '-extfile',
    extension,
  )
  return { ca: join(dir, 'ca.pem'), cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') }
}

const usage = () => ({ memory: { rss: 0, heapUsed: 0 }, cpu: { user: 0, system: 0 }, uptimeSeconds: 0 })

async function secured() {
  const dir = await tempFolder()
  const files = certificates(dir)
  const config = parseConfig({
    argv: [
      '--http-port',
      '0',
      '--mqtt-port',
      '0',
      '--data',
      join(dir, 'data'),
      '--tls-cert',
      files.cert,
      '--tls-key',
      files.key,
    ],
  })
  const running = await startManager({
    config,
    version: '0.0.0',
    clock: realClock,
    log: quiet,
    readFile: (path) => readFileSync(path),
    usage,
  })
  onTestFinished(() => running.close())
  return { ...running, ...files, dir }
}

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
    const { manager, ca, dir } = await secured()
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
    const { manager, ca } = await secured()
    const options = { username: 'ann', reconnectPeriod: 0, connectTimeout: 3_000 }
    expect(await refusal(`mqtts://127.0.0.1:${manager.mqttPort}`, options)).toMatch(/certificate/)
    expect(await refusal(`mqtt://127.0.0.1:${manager.mqttPort}`, options)).toBeTruthy()
    const ann = await mqtt.connectAsync(`mqtts://127.0.0.1:${manager.mqttPort}`, { ...options, ca: readFileSync(ca) })
    onTestFinished(() => ann.endAsync(true))
    expect(ann.connected).toBe(true)
  })

  test('the API answers over https with the same certificate', async () => {
    const { http, ca } = await secured()
    expect(http.url).toMatch(/^https:/)
    const { stdout } = await promisify(execFile)('curl', ['--silent', '--cacert', ca, `${http.url}/healthz`])
    expect(JSON.parse(stdout)).toEqual({ alive: true })
  })
})
