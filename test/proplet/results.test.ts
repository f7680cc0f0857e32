import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ResultBody } from '../../shared/documents/call.ts'
import { INLINE_BYTES } from '../../shared/fields.ts'
import { digestOf } from '../../shared/ids.ts'
import type { AttemptRef, Result, Start } from '../../shared/messages/index.ts'
import type { MockManager } from '../support/mock-manager.ts'
import { onlineProplet, openManager, startProplet, until, untilLater } from '../support/proplet.ts'

const refOf = ({ task, attempt }: AttemptRef): AttemptRef => ({ task, attempt })
const resultOf = (manager: MockManager, ref: AttemptRef) => manager.next('result', ({ task }) => task === ref.task)

async function fetchBody(manager: MockManager, result: Result, chunk: number, window: number): Promise<Buffer> {
  const { bodyDigest: digest, bodyBytes = 0 } = result
  if (!digest) throw new Error('the result has no body to fetch')
  const parts: Uint8Array[] = []
  for (let offset = 0; offset < bodyBytes; ) {
    manager.send('push', { digest, offset, length: window, chunk })
    for (const end = Math.min(offset + window, bodyBytes); offset < end; ) {
      const { message } = await manager.next('pushed')
      expect(message.error).toBeUndefined()
      expect(message).toMatchObject({ offset, data: expect.any(Uint8Array) })
      expect(message.data?.length).toBeLessThanOrEqual(chunk)
      parts.push(message.data ?? new Uint8Array(0))
      offset += message.data?.length ?? 0
    }
  }
  return Buffer.concat(parts)
}

describe('a result [P-5.4]', () => {
  test('is sent again, byte for byte the same, each 5 s until it is acknowledged', async () => {
    const { manager, clock } = await onlineProplet()
    const start = manager.start({})
    manager.send('start', start)
    const first = await resultOf(manager, start)
    await clock.run(6_000, 500)
    expect((await resultOf(manager, start)).payload).toEqual(first.payload)
    await clock.run(5_000, 500)
    expect((await resultOf(manager, start)).payload).toEqual(first.payload)
    manager.send('ack', { attempts: [refOf(start)] })
    await manager.roundTrip()
    manager.clear()
    await clock.run(20_000, 500)
    await manager.roundTrip()
    expect(manager.all('result').some(({ message }) => message.task === start.task)).toBe(false)
  })

  test('goes before hello on a new connection [P-3.1]', async () => {
    const { manager, clock, agent } = await onlineProplet()
    const start = manager.start({})
    manager.send('start', start)
    const first = await resultOf(manager, start)
    const before = manager.received.length
    manager.cut()
    await untilLater(clock, () => agent.stats().link.connections === 2)
    await manager.next('hello')
    const names = manager.received.slice(before).map(({ name }) => name)
    expect(names.indexOf('result')).toBeLessThan(names.indexOf('hello'))
    expect((await resultOf(manager, start)).payload).toEqual(first.payload)
  })

  test('goes before each hello that is said again [P-3.1]', async () => {
    const { manager, clock } = await onlineProplet({ settings: { aliveMs: 1_000 } })
    const start = manager.start({})
    manager.send('start', start)
    await resultOf(manager, start)
    // Nobody hears: the manager is on its way to a broker that is back.
    manager.welcome = () => undefined
    manager.cut()
    const hellos = () => manager.all('hello').length
    await untilLater(clock, () => hellos() === 2)
    manager.clear()
    await untilLater(clock, () => hellos() === 2)
    expect(manager.received.map(({ name }) => name)).toEqual(['result', 'hello', 'result', 'hello'])
  })

  test('that ended while there was no connection is sent when there is one', async () => {
    const { manager, clock, agent, runtime } = await onlineProplet()
    const start = manager.start({ export: 'hold' })
    manager.send('start', start)
    const held = await runtime.holding()
    await manager.close()
    await until(() => agent.stats().connection === 'offline')
    held.end({ value: 9 })
    await until(() => agent.stats().tasks.results === 1)
    await manager.listen()
    await untilLater(clock, () => agent.stats().connection === 'online')
    const { message } = await resultOf(manager, start)
    expect(message.outcome).toBe('completed')
  })

  test('survives a crash of the agent, its long body too, and keeps its bytes', async () => {
    const manager = await openManager()
    const { clock, dataDir, crash } = await onlineProplet({ manager })
    const starts = [manager.start({}), manager.start({ export: 'text', args: [5_000] })]
    for (const start of starts) manager.send('start', start)
    const firsts = await Promise.all(starts.map((start) => resultOf(manager, start)))
    await clock.run(200)
    await onDisk(dataDir, firsts[1]?.message.bodyDigest)
    crash()
    const next = await startProplet({ manager, dataDir })
    for (const [index, start] of starts.entries())
      expect((await resultOf(manager, start)).payload).toEqual(firsts[index]?.payload)
    const long = firsts[1]?.message as Result
    const body = await fetchBody(manager, long, 1_000, 4_000)
    expect(digestOf(body)).toBe(long.bodyDigest)
    manager.send('ack', { attempts: starts.map(refOf) })
    await until(() => next.agent.stats().tasks.results === 0)
  })
})

/** The disk is written beside the messages; nothing in the protocol says when that is done. */
async function onDisk(dataDir: string, body: string | undefined): Promise<void> {
  const journal = () => statSync(join(dataDir, 'results.journal')).size
  await until(() => journal() > 0 && existsSync(join(dataDir, 'blobs', body ?? '')))
}

describe('a long body [P-4.1]', () => {
  test('of up to 512 bytes travels in the result', async () => {
    const { manager } = await onlineProplet()
    const start = manager.start({ export: 'text', args: [400] })
    manager.send('start', start)
    const { message } = await resultOf(manager, start)
    expect(message.body?.length).toBeLessThanOrEqual(INLINE_BYTES)
    expect(message.bodyDigest).toBeUndefined()
  })

  test('above it is pushed in windows, in chunks of the size that was asked for', async () => {
    const { manager } = await onlineProplet()
    const start = manager.start({ export: 'text', args: [20_000] })
    manager.send('start', start)
    const { message } = await resultOf(manager, start)
    expect(message.body).toBeUndefined()
    const body = await fetchBody(manager, message, 700, 6_000)
    expect(digestOf(body)).toBe(message.bodyDigest)
    expect(ResultBody.decode(body).value).toBe('x'.repeat(20_000))
  })

  test('is not offered any more once its result is acknowledged', async () => {
    const { manager } = await onlineProplet()
    const start = manager.start({ export: 'text', args: [2_000] })
    manager.send('start', start)
    const { message } = await resultOf(manager, start)
    manager.send('ack', { attempts: [refOf(start)] })
    await manager.roundTrip()
    manager.send('push', { digest: message.bodyDigest as Start['manifest'], offset: 0, length: 100, chunk: 100 })
    expect((await manager.next('pushed')).message).toMatchObject({ error: { code: 'NOT_FOUND' } })
  })

  test('is asked for with chunk 0 and past its end: answered with one error', async () => {
    const { manager } = await onlineProplet()
    const start = manager.start({ export: 'text', args: [2_000] })
    manager.send('start', start)
    const digest = (await resultOf(manager, start)).message.bodyDigest as Start['manifest']
    manager.send('push', { digest, offset: 0, length: 100, chunk: 0 })
    expect((await manager.next('pushed')).message).toMatchObject({ error: { code: 'INVALID_ARGUMENT' } })
    manager.send('push', { digest, offset: 1_000_000, length: 100, chunk: 100 })
    expect((await manager.next('pushed')).message).toMatchObject({ error: { code: 'INVALID_ARGUMENT' } })
  })
})
