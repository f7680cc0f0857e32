import { once } from 'node:events'
import { connect as dial } from 'node:net'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, describe, expect, test } from 'vitest'
import { type Broker, openBroker } from '../../../manager/mqtt/broker.ts'
import type { Identity } from '../../../shared/access.ts'
import { Alive } from '../../../shared/messages/index.ts'
import { topics } from '../../../shared/topics.ts'
import { quiet } from '../../support/quiet.ts'

const MAX_PACKET = 4096
const names: Record<string, Identity> = {
  'press-7': { kind: 'proplet', id: 'press-7' },
  'press-8': { kind: 'proplet', id: 'press-8' },
  ann: { kind: 'user', id: 'ann', role: 'user' },
}
const root = 'samara/1/default'
const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

type Heard = { topic: string; payload: Uint8Array }

async function broker(): Promise<{ broker: Broker; heard: Heard[]; next: () => Promise<Heard>; listening: string[] }> {
  const heard: Heard[] = []
  const listening: string[] = []
  let wake = () => {}
  const opened = await openBroker(
    {
      host: '127.0.0.1',
      port: 0,
      maxPacketBytes: MAX_PACKET,
      maxConnections: 100,
      filters: [topics.alive.filter('default'), topics.submit.filter('default')],
      log: quiet,
      authenticate: async (name, token) => (token === 'right' ? names[name ?? ''] : undefined),
    },
    {
      message(topic, payload) {
        heard.push({ topic, payload })
        wake()
      },
      up() {},
      down() {},
      listening: (user) => listening.push(user),
    },
  )
  stops.push(() => opened.close())
  const next = async () => {
    while (heard.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    return heard.shift() as Heard
  }
  return { broker: opened, heard, next, listening }
}

async function client(port: number, name: string, options: mqtt.IClientOptions = {}): Promise<MqttClient> {
  const made = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    username: name,
    password: 'right',
    clientId: name,
    reconnectPeriod: 0,
    ...options,
  })
  stops.push(() => made.endAsync(true))
  return made
}

const alive = Alive.encode({ epoch: 1, seq: 0, running: 0, queued: 0 })

describe('the embedded broker', () => {
  test('hands the manager what a proplet says', async () => {
    const {
      broker: { port },
      next,
    } = await broker()
    const press = await client(port, 'press-7')
    await press.publishAsync(`${root}/p/press-7/alive`, alive, { qos: 1 })
    expect(await next()).toEqual({ topic: `${root}/p/press-7/alive`, payload: alive })
  })

  test.each([
    ['a wrong token', { password: 'wrong' }],
    ['an unknown name', { username: 'nobody' }],
    ['no name', { username: undefined, password: undefined }],
    ["another proplet's client id", { clientId: 'press-8' }],
  ])('refuses %s', async (_, options) => {
    const {
      broker: { port },
    } = await broker()
    await expect(client(port, 'press-7', options as mqtt.IClientOptions)).rejects.toThrow(/Bad username or password/)
  })

  test('ends the connection of a proplet that publishes as another', async () => {
    const {
      broker: { port },
      heard,
    } = await broker()
    const press = await client(port, 'press-7')
    const closed = new Promise<void>((resolve) => press.once('close', () => resolve()))
    press.publish(`${root}/p/press-8/alive`, alive, { qos: 1 })
    await closed
    expect(heard).toEqual([])
  })

  test('refuses a subscription to the topics of another', async () => {
    const {
      broker: { port },
    } = await broker()
    const press = await client(port, 'press-7')
    for (const filter of [`${root}/p/press-8/start`, `${root}/p/+/start`, '#', '$SYS/#'])
      await expect(press.subscribeAsync(filter)).rejects.toThrow()
    await expect(press.subscribeAsync(`${root}/p/press-7/start`)).resolves.toBeTruthy()
  })

  test('ends a connection whose packet is too long before it has kept it, and lives on', async () => {
    const { broker: opened, next } = await broker()
    const socket = dial(opened.port, '127.0.0.1')
    await once(socket, 'connect')
    // CONNECT of 200 MiB: type 1, remaining length 0x80 0x80 0x80 0x64, and then nothing but promises.
    socket.on('error', () => {})
    socket.write(Buffer.from([0x10, 0x80, 0x80, 0x80, 0x64]))
    await once(socket, 'close')
    const press = await client(opened.port, 'press-7')
    const closed = new Promise<void>((resolve) => press.once('close', () => resolve()))
    press.publish(`${root}/p/press-7/alive`, Buffer.alloc(MAX_PACKET + 1), { qos: 0 })
    await closed
    const other = await client(opened.port, 'press-8')
    await other.publishAsync(`${root}/p/press-8/alive`, alive, { qos: 1 })
    expect((await next()).topic).toBe(`${root}/p/press-8/alive`)
  })

  test('keeps nothing retained that the protocol does not retain', async () => {
    const {
      broker: { port },
      next,
    } = await broker()
    const press = await client(port, 'press-7')
    await press.publishAsync(`${root}/p/press-7/alive`, alive, { qos: 1, retain: true })
    await next()
    const ann = await client(port, 'ann')
    const got: string[] = []
    ann.on('message', (topic) => got.push(topic))
    await ann.subscribeAsync(`${root}/u/ann/#`)
    expect(got).toEqual([])
  })

  test('loses no message that another has overtaken inside', async () => {
    const { broker: opened } = await broker()
    const press = await client(opened.port, 'press-7')
    const got: string[] = []
    const all = new Promise<void>((resolve) =>
      press.on('message', (topic) => {
        if (got.push(topic) === 60) resolve()
      }),
    )
    await press.subscribeAsync(`${root}/p/press-7/+`, { qos: 1 }).catch(() => undefined)
    for (const name of ['desired', 'start', 'ack']) await press.subscribeAsync(`${root}/p/press-7/${name}`, { qos: 1 })
    for (let i = 0; i < 20; i++) {
      const publish = (name: string, qos: 0 | 1, retain: boolean) =>
        opened.publish(`${root}/p/press-7/${name}`, Buffer.of(i), { qos, retain })
      await Promise.all([publish('desired', 1, true), publish('start', 1, false), publish('ack', 0, false)])
    }
    await all
    expect(got.filter((topic) => topic.endsWith('desired'))).toHaveLength(20)
  })

  test('says when a user listens for answers', async () => {
    const {
      broker: { port },
      listening,
    } = await broker()
    const ann = await client(port, 'ann')
    await ann.subscribeAsync(topics.reply.of('default', { user: 'ann' }))
    await ann.publishAsync(`${root}/u/ann/submit`, '{}', { qos: 1 })
    expect(listening).toEqual(['ann'])
  })

  test('a publisher of garbage harms only itself', async () => {
    const { broker: opened, next } = await broker()
    for (const bytes of ['ff'.repeat(50), '1000', '30ffffffff7f', '00', '820400', `10${'80'.repeat(10)}`]) {
      const socket = dial(opened.port, '127.0.0.1')
      socket.on('error', () => {})
      await once(socket, 'connect')
      socket.end(Buffer.from(bytes, 'hex'))
      await once(socket, 'close')
    }
    const press = await client(opened.port, 'press-7')
    await press.publishAsync(`${root}/p/press-7/alive`, alive, { qos: 1 })
    expect((await next()).payload).toEqual(alive)
  })
})
