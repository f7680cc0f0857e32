import { describe, expect, test } from 'vitest'
import { digestOf } from '../../shared/ids.ts'
import { BlobChunk, BlobGet, type BlobGet as Get } from '../../shared/messages/index.ts'
import { topics } from '../../shared/topics.ts'
import { example, startSystem, type User } from '../support/system.ts'

const NS = 'default'
const ANN = { user: 'ann' }

/** Serves bytes to the manager as a user's client would: chunks in order, of the size that was asked for. [P-4.4] */
async function offer(user: User, bytes: Uint8Array, spoil?: (get: Get) => boolean): Promise<Get[]> {
  const asked: Get[] = []
  const digest = digestOf(bytes)
  user.client.on('message', (topic, payload) => {
    if (topic !== topics.userPush.of(NS, ANN)) return
    const get = BlobGet.decode(payload)
    asked.push(get)
    if (spoil?.(get)) return
    for (let offset = get.offset; offset < get.offset + get.length; offset += get.chunk) {
      const data = bytes.subarray(offset, Math.min(offset + get.chunk, get.offset + get.length))
      user.client.publish(
        topics.userPushed.of(NS, ANN),
        BlobChunk.encode({ digest, offset, sizeBytes: bytes.length, data }),
        { qos: 1 },
      )
    }
  })
  await user.client.subscribeAsync(topics.userPush.of(NS, ANN), { qos: 1 })
  return asked
}

describe('blobs between a user and the manager [P-4.4]', () => {
  test('a module is uploaded over MQTT alone, in windows, and runs', async () => {
    const system = await startSystem()
    await system.proplet('edge-1')
    const ann = await system.user()
    const module = await example('shout-js/shout-js.wasm')
    const asked = await offer(ann, module)
    await ann.say('upload', { function: 'shout', digest: digestOf(module), sizeBytes: module.length })
    expect(await ann.answer({ type: 'accepted' })).toMatchObject({ key: 'shout@1' })
    expect(asked.length).toBeGreaterThan(1)
    await ann.say('submit', { key: 'k', function: 'shout', export: 'shout', args: ['hello'] })
    expect(await ann.answer({ type: 'result' })).toMatchObject({ value: expect.stringContaining('HELLO') })
  })

  test('bytes of another digest are refused', async () => {
    const system = await startSystem()
    const ann = await system.user()
    const module = await example('add/add.wasm')
    const other = Buffer.from(module)
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1
    const digest = digestOf(module)
    ann.client.on('message', (topic, payload) => {
      if (topic !== topics.userPush.of(NS, ANN)) return
      const { offset } = BlobGet.decode(payload)
      ann.client.publish(
        topics.userPushed.of(NS, ANN),
        BlobChunk.encode({ digest, offset, sizeBytes: other.length, data: other }),
        { qos: 1 },
      )
    })
    await ann.client.subscribeAsync(topics.userPush.of(NS, ANN), { qos: 1 })
    await ann.say('upload', { function: 'add', digest, sizeBytes: module.length })
    expect(await ann.answer({ type: 'error' })).toMatchObject({ error: { code: 'DATA_LOSS' } })
  })

  test('a module that is too large is refused before a byte of it is asked for', async () => {
    const system = await startSystem()
    const ann = await system.user()
    await ann.say('upload', { function: 'add', digest: 'ab'.repeat(32), sizeBytes: 65 << 20 })
    expect(await ann.answer({ type: 'error' })).toMatchObject({ error: { code: 'TOO_LARGE' } })
  })

  test('a long result is pulled by its digest, at the size that was asked for, and by its owner alone', async () => {
    const system = await startSystem()
    await system.upload('values', 'values/values.component.wasm')
    await system.proplet('edge-1')
    const ann = await system.user()
    const text = 'x'.repeat(5_000)
    await ann.say('submit', { key: 'k', function: 'values', export: 'echo-string', args: [text], inlineBytes: 0 })
    const { bodyDigest, bodyBytes } = await ann.answer({ type: 'result' })
    const parts: Buffer[] = []
    const whole = new Promise<void>((resolve) =>
      ann.client.on('message', (topic, payload) => {
        if (topic !== topics.userPulled.of(NS, ANN)) return
        expect(payload.length).toBeLessThan(1024)
        parts.push(Buffer.from(BlobChunk.decode(payload).data ?? []))
        if (parts.reduce((sum, part) => sum + part.length, 0) === bodyBytes) resolve()
      }),
    )
    await ann.client.subscribeAsync(topics.userPulled.of(NS, ANN), { qos: 1 })
    const get = BlobGet.encode({ digest: bodyDigest as never, offset: 0, length: bodyBytes ?? 0, chunk: 700 })
    await ann.client.publishAsync(topics.userPull.of(NS, ANN), get, { qos: 1 })
    await whole
    expect(digestOf(Buffer.concat(parts))).toBe(bodyDigest)

    const bob = await system.user('bob')
    const refused = new Promise<Buffer>((resolve) =>
      bob.client.on('message', (topic, payload) => topic.endsWith('/pulled') && resolve(payload)),
    )
    await bob.client.subscribeAsync(topics.userPulled.of(NS, { user: 'bob' }), { qos: 1 })
    await bob.client.publishAsync(topics.userPull.of(NS, { user: 'bob' }), get, { qos: 1 })
    expect(BlobChunk.decode(await refused)).toMatchObject({ error: { code: 'NOT_FOUND' } })
  })
})
