import fc from 'fast-check'
import mqtt, { type MqttClient } from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { propletId } from '../../shared/ids.ts'
import { Hello, Result, Submit } from '../../shared/messages/index.ts'
import { type Topic, topics } from '../../shared/topics.ts'
import { type System, startSystem } from '../support/system.ts'

const said = Object.values(topics).filter(({ from }) => from === 'proplet' || from === 'user') as readonly Topic[]
const NAMES = { user: 'ann', proplet: 'evil-1', deployment: 'd01k9zq8m5v0123456789' }

/** A proplet's own connection, in the hands of somebody hostile. */
async function evilProplet(system: System): Promise<MqttClient> {
  const { token } = await system.manager.proplets.add(propletId(NAMES.proplet), undefined)
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${system.port}`, {
    username: NAMES.proplet,
    clientId: NAMES.proplet,
    password: token,
    protocolVersion: 4,
    reconnectPeriod: 0,
  })
  onTestFinished(() => client.endAsync(true))
  return client
}

const HELLO: Hello = {
  protocolMin: 1,
  protocolMax: 1,
  boot: '00'.repeat(8),
  epoch: 1,
  aliveMs: 10_000,
  software: 'evil',
  arch: 'x',
  formats: ['core-module'],
  slots: 0,
  queue: 0,
  maxPacket: 1024,
  maxImage: 1,
  memory: 1,
}

describe('hostile messages', () => {
  test('garbage on every topic that a user or proplet may use harms nobody', async () => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    await system.proplet('edge-1')
    const ann = await system.user()
    const evil = await evilProplet(system)
    const json = fc.json().map((text) => Buffer.from(text))
    const payloads = fc.sample(
      fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        json,
      ),
      { numRuns: 400, seed: 7 },
    )
    for (const [index, payload] of payloads.entries()) {
      const topic = said[index % said.length] as Topic
      const client = topic.from === 'user' ? ann.client : evil
      await client.publishAsync((topic.of as (n: string, names: object) => string)('default', NAMES), payload, {
        qos: topic.qos,
      })
    }
    await ann.say('submit', { key: 'after', function: 'add', export: 'add', args: [20, 22] })
    expect(await ann.answer({ type: 'result', key: 'after' })).toMatchObject({ value: 42 })
    expect(evil.connected).toBe(true)
    expect(system.manager.link.refused).toBeGreaterThan(0)
  })

  test('a result of an attempt that nobody gave out is acknowledged and changes nothing', async () => {
    const system = await startSystem()
    await system.upload('loop', 'hostile/endless-loop.wasm')
    await system.proplet('edge-1')
    const ann = await system.user()
    await ann.say('submit', { key: 'k', function: 'loop' })
    const running = await ann.answer({ type: 'progress' })
    const evil = await evilProplet(system)
    const acknowledged = new Promise((resolve) => evil.once('message', resolve))
    await evil.subscribeAsync(topics.ack.of('default', { proplet: NAMES.proplet }))
    await evil.publishAsync(topics.hello.of('default', { proplet: NAMES.proplet }), Hello.encode(HELLO), { qos: 1 })
    const forged = Result.encode({
      task: running.task as never,
      attempt: 1,
      outcome: 'completed',
      waitedUs: 0,
      ranUs: 0,
    })
    await evil.publishAsync(topics.result.of('default', { proplet: NAMES.proplet }), forged, { qos: 1 })
    await acknowledged
    const { task } = await system.manager.jobs.task(running.task as never, undefined)
    expect(task).toMatchObject({ state: 'running', proplet: 'edge-1' })
  })

  test('a task or blob of another user does not exist', async () => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    await system.proplet('edge-1')
    const ann = await system.user('ann')
    const bob = await system.user('bob')
    await ann.say('submit', { key: 'k', function: 'add', export: 'add', args: [1, 2] })
    const { task, job } = await ann.answer({ type: 'result' })
    await bob.say('fetch', { task })
    expect(await bob.answer({ type: 'error' })).toMatchObject({ error: { code: 'NOT_FOUND' } })
    bob.answers.length = 0
    await bob.say('cancel', { job })
    expect(await bob.answer({ type: 'error' })).toMatchObject({ error: { code: 'NOT_FOUND' } })
    await ann.say('fetch', { key: 'k' })
    expect(await ann.answer({ type: 'result', repeated: true })).toMatchObject({ value: 3 })
  })

  test.each([
    ['one level too many', `{"key":"k","function":"add","args":${'['.repeat(100)}${']'.repeat(100)}}`],
    ['a name of 64 KiB', JSON.stringify({ key: 'k', function: 'a'.repeat(65_536) })],
    ['a key of 64 KiB', JSON.stringify({ key: 'k'.repeat(65_536), function: 'add' })],
    ['a prototype', '{"__proto__":{"key":"k"},"function":"add"}'],
    ['a number that no double holds', '{"key":"k","function":"add","export":"add64","args":[99999999999999999999,1]}'],
    ['a batch of 1,001', JSON.stringify({ key: 'k', function: 'add', export: 'add', batch: Array(1001).fill([1, 2]) })],
    ['an array', '[]'],
    ['a word', '"submit"'],
    ['nothing', '{}'],
    ['a truncated message', Submit.encode({ key: 'k', function: 'add' as never }).subarray(0, 5)],
  ])('%s is answered with an error', async (_, payload) => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    await system.proplet('edge-1')
    const ann = await system.user()
    await ann.client.publishAsync(topics.submit.of('default', { user: 'ann' }), payload, { qos: 1 })
    expect((await ann.answer({ type: 'error' })).error?.code).toMatch(/INVALID_ARGUMENT|TOO_LARGE/)
  })
})
