import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PacketFrames } from '../../proplet/mqtt/packet-guard.ts'
import { incoming } from '../../proplet/outbound.ts'
import { encodeItem, type Item } from '../../shared/cbor.ts'
import { newTaskId } from '../../shared/ids.ts'
import { Start } from '../../shared/messages/index.ts'
import type { MockManager } from '../support/mock-manager.ts'
import { onlineProplet, until } from '../support/proplet.ts'

const SEED = 20_260_101

async function stillWorks(manager: MockManager): Promise<void> {
  const start = manager.start({})
  manager.send('start', start)
  const { message } = await manager.next('result', ({ task }) => task === start.task)
  expect(message.outcome).toBe('completed')
}

describe('a wrong message is dropped and counted; the connection stays [P-1.7]', () => {
  test('cut at every byte', async () => {
    const { manager, agent } = await onlineProplet()
    const whole = Start.encode(manager.start({}))
    for (let length = 0; length < whole.length; length++) manager.sendBytes('start', whole.subarray(0, length))
    await until(() => agent.stats().link.dropped === whole.length)
    await stillWorks(manager)
    expect(agent.stats().link.connections).toBe(1)
  })

  test('with unknown keys: up to 8 are skipped, more are refused [P-1.5]', async () => {
    const { manager, agent } = await onlineProplet()
    const task = newTaskId(0)
    const cancel = (unknown: number): Buffer => {
      const own: [number, Item][] = [
        [1, task],
        [2, 1],
        [3, manager.epoch],
      ]
      return encodeItem(new Map([...own, ...Array.from({ length: unknown }, (_, n): [number, Item] => [100 + n, n])]))
    }
    manager.sendBytes('cancel', cancel(9))
    await until(() => agent.stats().link.dropped === 1)
    manager.sendBytes('cancel', cancel(8))
    await manager.next('result', (result) => result.task === task)
  })

  test('with wrong types and numbers out of range', async () => {
    const { manager, agent } = await onlineProplet()
    const wrong: Item[] = [
      1,
      'text',
      null,
      [],
      new Map(),
      new Map([[1, 'not a task']]),
      new Map<number, Item>([[1, [1]]]),
      new Map([['1', 2]]),
    ]
    for (const name of incoming) for (const item of wrong) manager.sendBytes(name, encodeItem(item))
    await until(() => agent.stats().link.dropped === wrong.length * incoming.length)
    await stillWorks(manager)
  })

  test('larger than the promised packet: read to its end and reported [P-1.6]', async () => {
    const { manager, agent } = await onlineProplet()
    for (const name of incoming) manager.sendBytes(name, Buffer.alloc(2_000_000, 0xa1))
    await until(() => agent.stats().link.oversize === incoming.length)
    await stillWorks(manager)
    expect(agent.stats().link.connections).toBe(1)
  })

  test('any bytes on any topic', async () => {
    const { manager, agent } = await onlineProplet()
    const messages = fc.sample(fc.tuple(fc.constantFrom(...incoming), fc.uint8Array({ maxLength: 300 })), {
      numRuns: 2_000,
      seed: SEED,
    })
    for (const [name, bytes] of messages) manager.sendBytes(name, Buffer.from(bytes))
    await stillWorks(manager)
    expect(agent.stats().link.dropped).toBeGreaterThan(1_900)
    expect(agent.stats().link.connections).toBe(1)
  })

  test('any well-formed item on any topic', async () => {
    const { manager, agent } = await onlineProplet()
    const item: fc.Arbitrary<Item> = fc.letrec<{ item: Item }>((tie) => ({
      item: fc.oneof(
        { maxDepth: 3 },
        fc.nat(),
        fc.string({ maxLength: 20 }),
        fc.boolean(),
        fc.uint8Array({ maxLength: 70 }),
        fc.array(tie('item'), { maxLength: 5 }),
        fc
          .uniqueArray(fc.tuple(fc.nat({ max: 16 }), tie('item')), { selector: ([key]) => key, maxLength: 16 })
          .map((rows) => new Map(rows)),
      ) as fc.Arbitrary<Item>,
    })).item
    const messages = fc.sample(fc.tuple(fc.constantFrom(...incoming), item), { numRuns: 2_000, seed: SEED })
    for (const [name, one] of messages) manager.sendBytes(name, encodeItem(one))
    await stillWorks(manager)
    expect(agent.stats().link.connections).toBe(1)
  })

  test('a chunk that nobody asked for, and a window of a blob that is not offered', async () => {
    const { manager } = await onlineProplet()
    const { image } = manager.publish()
    manager.send('pulled', { digest: image, offset: 0, sizeBytes: 4_000_000_000, data: Buffer.alloc(10) })
    manager.send('push', { digest: image, offset: 0, length: 0xffff_ffff, chunk: 1 })
    expect((await manager.next('pushed')).message.error).toMatchObject({ code: 'NOT_FOUND' })
    await stillWorks(manager)
  })
})

describe('packet frames', () => {
  const MAX = 64
  /** A QoS 1 publish to topic `ab` with packet id 7. */
  const publish = (payload: number): Buffer =>
    packet(0x32, Buffer.concat([Buffer.from([0, 2, 97, 98, 0, 7]), Buffer.alloc(payload, 1)]))

  function packet(first: number, rest: Buffer): Buffer {
    const length: number[] = []
    for (let left = rest.length; ; left = Math.floor(left / 128)) {
      length.push(left >= 128 ? (left % 128) | 128 : left)
      if (left < 128) break
    }
    return Buffer.concat([Buffer.from([first, ...length]), rest])
  }

  test('leave packets that fit as they are, and empty the others, wherever the stream is cut', () => {
    const packets = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 8 })
    fc.assert(
      fc.property(
        packets,
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 40 }),
        (payloads, cuts) => {
          let oversize = 0
          const frames = new PacketFrames({ maxPacket: MAX, onOversize: () => oversize++ })
          const stream = Buffer.concat(payloads.map(publish))
          const out: Buffer[] = []
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const size = cuts[turn % cuts.length] ?? 1
            out.push(...frames.feed(stream.subarray(at, at + size)).map((bytes) => Buffer.from(bytes)))
            at += size
          }
          const fits = (payload: number) => publish(payload).length <= MAX
          expect(Buffer.concat(out)).toEqual(
            Buffer.concat(payloads.map((payload) => publish(fits(payload) ? payload : 0))),
          )
          expect(oversize).toBe(payloads.filter((payload) => !fits(payload)).length)
        },
      ),
      { seed: SEED, numRuns: 500 },
    )
  })
})
