import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Aedes } from 'aedes'
import { describe, expect, onTestFinished, test } from 'vitest'
import { tokenMatches } from '../../../manager/services/proplets.ts'
import { testManager } from '../../support/manager.ts'

describe('the manager itself', () => {
  test('is alive, ready and of a version', async () => {
    const manager = await testManager()
    expect((await manager.get('/healthz')).json).toEqual({ alive: true })
    expect((await manager.get('/readyz')).json).toEqual({ broker: true, store: true })
    expect((await manager.get('/v1/version')).json).toMatchObject({ name: 'samara', version: '1.2.3', protocol: 1 })
  })

  test('is not ready while its broker is away, and is again when it is back', async () => {
    const broker = await externalBroker()
    const manager = await testManager({ argv: ['--broker', broker.url] })
    await status(manager, 200)
    await broker.stop()
    await status(manager, 503)
    const { json } = await manager.get('/readyz')
    expect(json).toMatchObject({ code: 'UNAVAILABLE', detail: expect.stringContaining('broker') })
    await broker.start()
    await status(manager, 200)
  })

  test('has metrics that can be parsed', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.proplet('p1', { behaviour: () => ({ value: 1 }) })
    await manager.post('/v1/jobs?wait=20000', { function: 'add', export: 'add', args: [1, 2] })
    const { headers, bytes } = await manager.get('/metrics')
    expect(headers.get('content-type')).toContain('version=0.0.4')
    const samples = parseMetrics(bytes.toString())
    expect(samples.get('samara_tasks{state="completed"}')).toBe(1)
    expect(samples.get('samara_jobs_active')).toBe(0)
    expect(samples.get('samara_task_outcomes_total{outcome="completed"}')).toBe(1)
    expect(samples.get('samara_task_queue_seconds_count')).toBe(1)
    expect(samples.get('samara_task_run_seconds_bucket{le="+Inf"}')).toBe(1)
    expect(samples.get('samara_proplets{liveness="on-time"}')).toBe(1)
    expect(samples.get('samara_mqtt_received_messages_total{message="hello"}')).toBe(1)
    expect(samples.get('samara_mqtt_refused_messages_total')).toBe(0)
    expect(samples.get('samara_mqtt_sent_bytes_total')).toBeGreaterThan(0)
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6)
  })

  test('writes backups, each into a folder of its own', async () => {
    const manager = await testManager()
    await manager.upload('add')
    const named = await manager.post('/v1/backup', { dir: 'before-upgrade' })
    expect([named.status, named.json.path]).toEqual([201, join(manager.dir, 'backups', 'before-upgrade')])
    expect(existsSync(join(named.json.path, 'samara.db'))).toBe(true)
    const again = await manager.post('/v1/backup', { dir: 'before-upgrade' })
    expect([again.status, again.json.code]).toEqual([409, 'FAILED_PRECONDITION'])
    const unnamed = await manager.request('POST', '/v1/backup')
    expect(existsSync(join(unnamed.json.path, 'samara.db'))).toBe(true)
  })

  test('lets a running wait go when it ends', async () => {
    const manager = await testManager()
    await manager.upload('add')
    const proplet = await manager.proplet('p1')
    const waiting = manager.post('/v1/jobs?wait=60000', { function: 'add', export: 'add', args: [1, 2] })
    await proplet.start()
    await manager.http.close()
    expect((await waiting).status).toBe(202)
  })
})

describe('files for Mosquitto', () => {
  test('name everybody with the own topics', async () => {
    const manager = await testManager()
    const press = (await manager.post('/v1/proplets', { id: 'press-7' })).json
    const ann = (await manager.post('/v1/users', { id: 'ann' })).json
    const { passwd, acl, conf, manager: login } = (await manager.get('/v1/broker/mosquitto?dir=/etc/mosquitto')).json
    const hashes = new Map<string, string>(
      passwd
        .trim()
        .split('\n')
        .map((line: string) => line.split(':')),
    )
    expect(tokenMatches(press.token, hashes.get('press-7') ?? '')).toBe(true)
    expect(tokenMatches(ann.token, hashes.get('ann') ?? '')).toBe(true)
    expect(tokenMatches(login.password, hashes.get(login.username) ?? '')).toBe(true)
    const rules = new Map<string, string>(
      acl.split('\n\n').map((block: string) => [/^user (.*)$/m.exec(block)?.[1] ?? '', block]),
    )
    expect(rules.get('press-7')).toContain('topic write samara/1/default/p/press-7/result')
    expect(rules.get('press-7')).toContain('topic read samara/1/default/p/press-7/start')
    expect(rules.get('press-7')).not.toContain('/u/')
    expect(rules.get('ann')).not.toContain('/p/')
    expect(rules.get(login.username)).toContain('readwrite samara/1/default/#')
    for (const line of [
      'set_tcp_nodelay true',
      'persistence false',
      'password_file /etc/mosquitto/passwd',
      'allow_anonymous false',
    ])
      expect(conf).toContain(line)
  })
})

/** Waits until readyz answers so; the broker's own timers say when. */
async function status(manager: Awaited<ReturnType<typeof testManager>>, wanted: number): Promise<void> {
  while ((await manager.get('/readyz')).status !== wanted) await new Promise((resolve) => setImmediate(resolve))
}

async function externalBroker() {
  let stop = async () => {}
  let port = 0
  const start = async () => {
    const aedes = await Aedes.createBroker()
    const server = createServer((socket) => aedes.handle(socket))
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const address = server.address()
    port = typeof address === 'object' && address ? address.port : 0
    stop = async () => {
      server.close()
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
    }
  }
  await start()
  onTestFinished(() => stop())
  return { url: `mqtt://127.0.0.1:${port}`, start, stop: () => stop() }
}

/** The text format of Prometheus: anything else throws. */
function parseMetrics(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  const typed = new Set<string>()
  for (const line of text.trimEnd().split('\n')) {
    const [, name] = /^# TYPE ([a-z_]+) (?:gauge|counter|histogram)$/.exec(line) ?? []
    if (name) typed.add(name)
    if (line.startsWith('#')) continue
    const [, sample = '', value = ''] = /^([a-z_]+(?:\{[a-z_]+="[^"\\]*"\})?) (\S+)$/.exec(line) ?? []
    const family = sample.replace(/\{.*/, '').replace(/_(bucket|sum|count)$/, '')
    if (!typed.has(family) || Number.isNaN(Number(value)) || samples.has(sample)) throw new Error(`metrics: ${line}`)
    samples.set(sample, Number(value))
  }
  return samples
}
