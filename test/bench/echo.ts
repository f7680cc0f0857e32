import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { MqttClient } from 'mqtt'
import type { Bench } from './bench.ts'
import { connect } from './client.ts'
import { type Process, start } from './processes.ts'

/** Request and reply over a bare broker: what any call over MQTT costs at least. */
export type Echo = {
  /** Publishes and waits for the reply. Resolves with the time between, in ms. */
  ask(payload: Buffer): Promise<number>
  close(): Promise<void>
}

const programs = join(import.meta.dirname, 'programs')
export const bareBroker = (): Promise<Process> => start([join(programs, 'broker.ts')], /"port"/)
export const portOf = (broker: Process): number => (JSON.parse(broker.ready) as { port: number }).port

export async function bareEcho(): Promise<Echo> {
  const broker = await bareBroker()
  return echoOver(broker, portOf(broker))
}

/** Debian keeps it outside of a user's path. */
const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto']

/** Undefined where Mosquitto is not installed. */
export async function mosquittoEcho({ dir }: Bench): Promise<Echo | undefined> {
  const command = MOSQUITTO.find((path) => existsSync(path))
  if (command === undefined) return undefined
  const port = await freePort()
  const file = join(dir, 'mosquitto.conf')
  const settings = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'set_tcp_nodelay true', 'persistence false']
  await writeFile(file, `user root\n${settings.join('\n')}\n`)
  return echoOver(await start(['-c', file], /mosquitto version .* running/, command), port)
}

async function echoOver(broker: Process, port: number): Promise<Echo> {
  const other = await start([join(programs, 'echo.ts'), `${port}`], /ready/)
  const client = await connect(port, 'asker')
  await client.subscribeAsync('answer', { qos: 1 })
  return {
    ask: (payload) => ask(client, payload),
    async close() {
      await client.endAsync(true)
      await other.stop('SIGKILL')
      await broker.stop('SIGKILL')
    },
  }
}

async function ask(client: MqttClient, payload: Buffer): Promise<number> {
  const answered = new Promise((resolve) => client.once('message', resolve))
  const beganMs = performance.now()
  client.publish('ask', payload, { qos: 1 })
  await answered
  return performance.now() - beganMs
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
