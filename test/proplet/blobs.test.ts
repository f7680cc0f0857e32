import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createBlobStore } from '../../proplet/blobs/store.ts'
import { CHUNK_BYTES, WINDOW_BYTES } from '../../proplet/blobs/transfer.ts'
import { type Digest, digestOf } from '../../shared/ids.ts'
import { noise } from '../support/mock-manager.ts'
import { onlineProplet, openManager, silentLog, startProplet, tempDir, until, untilLater } from '../support/proplet.ts'

const LARGE = 3 * WINDOW_BYTES + 5_000

describe('pulling [P-4.4]', () => {
  test('asks for windows in chunks, each when it has the last', async () => {
    const { manager } = await onlineProplet()
    const image = noise(LARGE)
    manager.send('start', manager.start({ image }))
    expect((await manager.next('result')).message.outcome).toBe('completed')
    const asked = manager.all('pull').filter(({ message }) => message.digest === digestOf(image))
    expect(asked.map(({ message }) => message.offset)).toEqual([0, 1, 2, 3].map((window) => window * WINDOW_BYTES))
    expect(asked.every(({ message }) => message.chunk === CHUNK_BYTES && message.length <= WINDOW_BYTES)).toBe(true)
  })

  test('goes on at any offset after the connection was cut', async () => {
    const image = noise(LARGE, 7)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: Math.floor(LARGE / CHUNK_BYTES) - 1 }), async (chunksBeforeCut) => {
        const { manager, clock } = await onlineProplet()
        let left = chunksBeforeCut
        let cut = false
        manager.onChunk = (chunk) => {
          if (chunk.sizeBytes !== image.length || cut) return chunk
          if (left-- > 0) return chunk
          cut = true
          manager.cut()
          return undefined
        }
        manager.send('start', manager.start({ image, leaseMs: 3_600_000, timeLeftMs: 3_600_000 }))
        await untilLater(clock, () => manager.all('result').length > 0)
        const { message } = await manager.next('result')
        expect(message.outcome).toBe('completed')
        const asked = manager.all('pull').filter(({ message: get }) => get.digest === digestOf(image))
        const offsets = asked.map(({ message: get }) => get.offset)
        // What came is never asked for again: offsets only grow.
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
        expect(cut).toBe(true)
      }),
      { seed: 42, numRuns: 8 },
    )
  }, 30_000)

  test('goes on after a restart of the agent with what is on disk', async () => {
    const manager = await openManager()
    const first = await onlineProplet({ manager })
    const image = noise(LARGE, 3)
    manager.onPull = ({ digest, offset }) => digest !== digestOf(image) || offset < 2 * WINDOW_BYTES
    manager.send('start', manager.start({ image }))
    await manager.next('pull', ({ offset }) => offset === 2 * WINDOW_BYTES)
    first.crash()
    manager.onPull = () => true
    manager.clear()
    const second = await startProplet({ manager, dataDir: first.dataDir })
    await manager.next('hello', ({ boot }) => boot === second.agent.boot)
    const start = manager.start({ image })
    manager.send('start', start)
    expect((await manager.next('result')).message).toMatchObject({ outcome: 'completed' })
    const offsets = manager.all('pull').filter(({ message }) => message.digest === digestOf(image))
    expect(offsets.map(({ message }) => message.offset)).toEqual([2 * WINDOW_BYTES, 3 * WINDOW_BYTES])
  })

  test('asks again from the first missing byte after 5 s of silence, three times, then gives up', async () => {
    const { manager, clock } = await onlineProplet()
    const image = noise(2 * CHUNK_BYTES, 5)
    let chunks = 0
    manager.onPull = ({ digest, offset }) => digest !== digestOf(image) || offset === 0
    manager.onChunk = (chunk) => (chunk.digest === digestOf(image) && ++chunks > 1 ? undefined : chunk)
    manager.send('start', manager.start({ image }))
    await manager.next('pull', ({ digest }) => digest === digestOf(image))
    await manager.roundTrip()
    await clock.run(21_000, 500)
    const { message } = await manager.next('result', ({ outcome }) => outcome !== 'cancelled')
    expect(message).toMatchObject({ outcome: 'refused', error: { code: 'UNAVAILABLE' } })
    const again = manager.all('pull').filter(({ message: get }) => get.offset === CHUNK_BYTES)
    expect(again).toHaveLength(3)
  })

  test('throws away bytes that differ from their digest and pulls them again', async () => {
    const { manager } = await onlineProplet()
    const image = noise(1_000)
    let damaged = false
    manager.onChunk = (chunk) => {
      if (chunk.digest !== digestOf(image) || damaged) return chunk
      damaged = true
      return { ...chunk, data: Buffer.from(chunk.data ?? []).fill(0, 10, 20) }
    }
    manager.send('start', manager.start({ image }))
    expect((await manager.next('result')).message.outcome).toBe('completed')
    expect(manager.all('pull').filter(({ message }) => message.digest === digestOf(image))).toHaveLength(2)
  })

  test('says DATA_LOSS where they differ again', async () => {
    const { manager, runtime } = await onlineProplet()
    const image = noise(1_000)
    manager.onChunk = (chunk) =>
      chunk.digest === digestOf(image) ? { ...chunk, data: Buffer.from(chunk.data ?? []).fill(0, 10, 20) } : chunk
    manager.send('start', manager.start({ image }))
    expect((await manager.next('result')).message).toMatchObject({ outcome: 'refused', error: { code: 'DATA_LOSS' } })
    expect(runtime.prepared).toHaveLength(0)
  })

  test('tells what the manager answered for an unknown digest', async () => {
    const { manager } = await onlineProplet()
    const start = manager.start({})
    manager.blobs.delete(start.image)
    manager.send('start', start)
    expect((await manager.next('result')).message).toMatchObject({ outcome: 'refused', error: { code: 'NOT_FOUND' } })
  })

  test('brings a call that is too long for its start', async () => {
    const { manager, runtime } = await onlineProplet()
    const start = manager.start({ args: [1, 2, 'x'.repeat(100_000)] })
    expect(start.call).toBeUndefined()
    manager.send('start', start)
    expect((await manager.next('result')).message.outcome).toBe('completed')
    expect(runtime.args()[0]?.[2]).toHaveLength(100_000)
  })

  test('a cancelled attempt stops asking', async () => {
    const { manager, clock } = await onlineProplet()
    manager.onPull = () => false
    const start = manager.start({})
    manager.send('start', start)
    await manager.next('pull')
    manager.send('cancel', { task: start.task, attempt: 1, epoch: manager.epoch })
    expect((await manager.next('result')).message.outcome).toBe('cancelled')
    await clock.run(30_000, 1_000)
    await manager.roundTrip()
    expect(manager.all('pull')).toHaveLength(1)
  })
})

describe('the blob store', () => {
  const open = async (dir: string, maxBytes = 10_000) => {
    const store = createBlobStore({ dir, maxBytes, log: silentLog })
    await store.open()
    return store
  }
  const put = async (store: Awaited<ReturnType<typeof open>>, seed: number): Promise<Digest> => {
    const bytes = noise(4_000, seed)
    await store.put(digestOf(bytes), bytes)
    return digestOf(bytes)
  }

  test('throws away first what was used longest ago, and never what is pinned', async () => {
    const store = await open(await tempDir())
    const [a, b] = [await put(store, 1), await put(store, 2)]
    await store.read(a)
    const c = await put(store, 3)
    expect([a, b, c].map((digest) => store.has(digest))).toEqual([true, false, true])
    store.pin(a)
    const d = await put(store, 4)
    expect([a, c, d].map((digest) => store.has(digest))).toEqual([true, false, true])
  })

  test('checks bytes before use, and forgets those that were damaged on disk', async () => {
    const dir = await tempDir()
    const store = await open(dir)
    const digest = await put(store, 1)
    writeFileSync(join(dir, digest), 'something else')
    await expect(store.read(digest)).rejects.toMatchObject({ code: 'DATA_LOSS' })
    expect(store.has(digest)).toBe(false)
    expect(readdirSync(dir)).toEqual(['partial'])
  })

  test('knows after a restart what it has', async () => {
    const dir = await tempDir()
    const digest = await put(await open(dir), 1)
    const store = await open(dir)
    expect(digestOf(await store.read(digest))).toBe(digest)
  })
})

test('an image that was damaged on disk is pulled again', async () => {
  const manager = await openManager()
  const first = await onlineProplet({ manager })
  const image = noise(1_000)
  const start = manager.start({ image })
  manager.send('start', start)
  await manager.next('result')
  first.crash()
  writeFileSync(join(first.dataDir, 'blobs', start.image), 'damaged')
  manager.clear()
  const second = await startProplet({ manager, dataDir: first.dataDir })
  await until(() => second.agent.stats().connection === 'online')
  const again = manager.start({ image })
  manager.send('start', again)
  expect((await manager.next('result', ({ task }) => task === again.task)).message.outcome).toBe('completed')
  expect(manager.all('pull').map(({ message }) => message.digest)).toEqual([start.image])
})
