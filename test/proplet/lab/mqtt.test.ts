import mqtt, { type MqttClient } from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openBroker } from '../../../manager/mqtt/broker.ts'
import { connectLabMqtt } from '../../../proplet/lab/mqtt.ts'
import type { Identity } from '../../../shared/access.ts'
import { LabControl, LabControlled, LabState } from '../../../shared/lab/index.ts'
import { quiet } from '../../support/quiet.ts'
import { BENCH, labOf } from './support.ts'

const people: Readonly<Record<string, Identity>> = {
  bench: { kind: 'user', id: 'bench', role: 'user' },
  boss: { kind: 'user', id: 'boss', role: 'operator' },
  ann: { kind: 'user', id: 'ann', role: 'user' },
}
const root = 'samara/1/default/l/bench'

type Heard = { readonly topic: string; readonly payload: Buffer }

async function client(port: number, name: string): Promise<{ client: MqttClient; next: () => Promise<Heard> }> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    username: name,
    password: 'right',
    reconnectPeriod: 0,
  })
  onTestFinished(() => client.endAsync(true))
  const heard: Heard[] = []
  let wake = () => {}
  client.on('message', (topic, payload) => {
    heard.push({ topic, payload })
    wake()
  })
  const next = async (): Promise<Heard> => {
    while (heard.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    return heard.shift() as Heard
  }
  return { client, next }
}

async function bench() {
  const broker = await openBroker(
    {
      ...{ host: '127.0.0.1', port: 0, maxPacketBytes: 65_536, maxConnections: 10, filters: [], log: quiet },
      authenticate: async (name, token) => (token === 'right' ? people[name ?? ''] : undefined),
    },
    { message: () => undefined, up: () => undefined, down: () => undefined },
  )
  onTestFinished(() => broker.close())
  const lab = await labOf(BENCH)
  const { promise: isUp, resolve: up } = Promise.withResolvers<void>()
  const connection = connectLabMqtt(lab, {
    ...{ broker: `mqtt://127.0.0.1:${broker.port}`, namespace: 'default', token: 'right', log: quiet, up },
  })
  onTestFinished(() => connection.close())
  await isUp
  const boss = await client(broker.port, 'boss')
  await boss.client.subscribeAsync([`${root}/answer/boss`, `${root}/state`], { qos: 1 })
  const ask = async (payload: string | Buffer) => {
    await boss.client.publishAsync(`${root}/control/boss`, payload, { qos: 1 })
    return boss.next()
  }
  return { lab, port: broker.port, boss, ask }
}

describe('a lab over MQTT', () => {
  test('does what an operator asks in JSON, and answers in JSON', async () => {
    const { ask, lab } = await bench()
    const { topic, payload } = await ask('{"id":7,"advanceMs":3}')
    expect(topic).toBe(`${root}/answer/boss`)
    expect(JSON.parse(payload.toString())).toEqual({ id: 7, nowUs: 3000 })
    expect(lab.time.now()).toBe(3_000_000n)
  })

  test('answers in CBOR what is asked in CBOR', async () => {
    const { ask } = await bench()
    const { payload } = await ask(LabControl.encode({ id: 8, fault: { on: 'i2c-0', kind: 'nack', count: 2 } }))
    expect(LabControlled.decode(payload)).toEqual({ id: 8, fault: 1 })
  })

  test('publishes every property that changes', async () => {
    const { boss, lab } = await bench()
    lab.part('chip').set('says', 5)
    const { topic, payload } = await boss.next()
    expect(topic).toBe(`${root}/state`)
    expect(LabState.decode(payload)).toEqual({ part: 'chip', property: 'says', value: 5, atUs: 0 })
  })

  test.each([
    ['{"part":', /is not JSON/],
    ['{"part":"nobody","property":"x"}', /part nobody does not exist/],
    ['{"colour":"red"}', /unknown field "colour"/],
    ['{}', /asks for 0 things/],
  ])('%s is answered with what is wrong', async (payload, message) => {
    const { ask } = await bench()
    const answer = JSON.parse((await ask(payload)).payload.toString())
    expect(answer.error.message).toMatch(message)
  })

  test('bytes that are nothing are answered in CBOR', async () => {
    const { ask } = await bench()
    expect(LabControlled.decode((await ask(Buffer.of(0xff))).payload).error?.code).toBe('INVALID_ARGUMENT')
  })

  test('a user who is no operator controls nothing', async () => {
    const { lab, port, boss } = await bench()
    const ann = await client(port, 'ann')
    const closed = new Promise<void>((resolve) => ann.client.once('close', () => resolve()))
    ann.client.publish(`${root}/control/ann`, '{"part":"chip","property":"says","value":1}', { qos: 1 })
    await closed
    lab.part('chip').set('says', 2)
    expect(LabState.decode((await boss.next()).payload).value).toBe(2)
  })
})
