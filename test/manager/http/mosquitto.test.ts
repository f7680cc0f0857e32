import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder, testManager } from '../../support/manager.ts'
import { mockProplet } from '../../support/mock-proplet.ts'

const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'].find((path) => existsSync(path))

/** Mosquitto with the files that a manager has made for it. Resolves once it listens. */
async function mosquitto(dir: string, files: { passwd: string; acl: string; conf: string }): Promise<number> {
  const port = await freePort()
  await writeFile(join(dir, 'passwd'), files.passwd)
  await writeFile(join(dir, 'acl'), files.acl)
  // It gives up being root, and has to read them all the same.
  await chmod(dir, 0o755)
  await writeFile(join(dir, 'conf'), files.conf.replace('listener 1883', `listener ${port} 127.0.0.1`))
  const broker = spawn(MOSQUITTO ?? '', ['-c', join(dir, 'conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => void broker.kill())
  let said = ''
  for await (const piece of broker.stderr) {
    said += piece
    if (said.includes('running')) return port
  }
  throw new Error(`mosquitto: ${said}`)
}

test.skipIf(!MOSQUITTO)('Mosquitto lets in who is registered, each to its own topics', async () => {
  const dir = await temporaryFolder()
  const data = join(dir, 'data')
  const first = await testManager({ dir: data })
  await first.upload('add')
  const { token } = (await first.post('/v1/proplets', { id: 'press-7' })).json
  const ann = (await first.post('/v1/users', { id: 'ann' })).json.token
  const files = (await first.get(`/v1/broker/mosquitto?dir=${dir}`)).json
  await first.close()

  const port = await mosquitto(dir, files)
  const { username, password } = files.manager
  const login = ['--broker-username', username, '--broker-password', password]
  const manager = await testManager({ dir: data, argv: ['--broker', `mqtt://127.0.0.1:${port}`, ...login] })
  while ((await manager.get('/readyz')).status !== 200) await new Promise((resolve) => setImmediate(resolve))
  const mock = await mockProplet({ port, id: 'press-7', token, behaviour: () => ({ value: 5 }) })
  onTestFinished(() => mock.close())
  const done = await manager.post('/v1/jobs?wait=20000', { function: 'add', export: 'add', args: [2, 3] })
  expect(done.json.results).toMatchObject([{ value: 5, proplet: 'press-7' }])

  const options = { reconnectPeriod: 0, username: 'ann' }
  await expect(mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { ...options, password: 'wrong' })).rejects.toThrow()
  const user = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { ...options, password: ann })
  onTestFinished(() => user.endAsync(true))
  const answer = new Promise((resolve) =>
    user.on('message', (topic, payload) => resolve([topic, JSON.parse(`${payload}`).type])),
  )
  await user.subscribeAsync('samara/1/default/u/ann/reply', { qos: 1 })
  await user.subscribeAsync('samara/1/default/p/#', { qos: 1 }).catch(() => {})
  const submit = JSON.stringify({ key: 'k', function: 'add', export: 'add', args: [1, 2] })
  await user.publishAsync('samara/1/default/u/ann/submit', submit, { qos: 1 })
  expect(await answer).toEqual(['samara/1/default/u/ann/reply', 'accepted'])
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
