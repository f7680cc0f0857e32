import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlobCache } from '../../../manager/store/blob-cache.ts'
import { blobPath, listBlobs, openBlobs } from '../../../manager/store/blobs.ts'
import type { BlobStore } from '../../../manager/store/store.ts'
import { type Digest, digestOf } from '../../../shared/ids.ts'
import { D1, D2, D3, text } from './records.ts'
import { NOW_MS, refusal, standingClock, temporaryFolder } from './support.ts'

async function folder() {
  const dir = join(await temporaryFolder(), 'blobs')
  const clock = standingClock()
  const open = () => openBlobs({ dir, clock })
  return { dir, clock, open, blobs: await open() }
}

/** Five MiB: more than is kept in memory. */
const large = Uint8Array.from({ length: 5 << 20 }, (_, i) => i * 7)
const none: ReadonlySet<Digest> = new Set()

describe('blobs', () => {
  it('gives back what was put, after reopening too', async () => {
    const { blobs, open } = await folder()
    const digest = await blobs.put(text('module'))
    expect(digest).toBe(digestOf(text('module')))
    const again = await open()
    expect(await again.get(digest)).toEqual(text('module'))
    expect([await again.has(digest), await again.size(digest)]).toEqual([true, 6])
    expect([await again.has(D1), await again.size(D1)]).toEqual([false, undefined])
    expect(await again.get(await blobs.put(new Uint8Array()))).toEqual(new Uint8Array())
  })

  it.each([
    ['kept in memory', large.subarray(0, 5000)],
    ['read from its file', large],
  ])('gives any window of a blob that is %s', async (_, whole) => {
    const { blobs } = await folder()
    const digest = await blobs.put(whole)
    const window = fc.tuple(fc.nat(whole.length + 10), fc.nat(3000))
    const property = fc.asyncProperty(window, async ([offset, length]) => {
      expect(Buffer.compare(await blobs.read(digest, offset, length), whole.subarray(offset, offset + length))).toBe(0)
    })
    await fc.assert(property, { numRuns: 50 })
  })

  it('keeps its bytes when a caller changes the ones it was given', async () => {
    const { blobs } = await folder()
    const digest = await blobs.put(text('module'))
    ;(await blobs.get(digest)).fill(0)
    ;(await blobs.read(digest, 0, 6)).fill(0)
    expect(await blobs.get(digest)).toEqual(text('module'))
  })

  it('tells a missing blob, and takes no digest for a path', async () => {
    const { blobs } = await folder()
    expect((await refusal(blobs.get(D1))).code).toBe('NOT_FOUND')
    expect((await refusal(blobs.read(D1, 0, 1))).code).toBe('NOT_FOUND')
    expect((await refusal(blobs.get('../../../../etc/passwd' as Digest))).code).toBe('INVALID_ARGUMENT')
  })

  it('finds a flipped bit', async () => {
    const { dir, blobs } = await folder()
    for (const bytes of [text('module'), large]) {
      const digest = await blobs.put(bytes)
      const stored = await readFile(blobPath(dir, digest))
      stored[3] = (stored[3] ?? 0) ^ 1
      await writeFile(blobPath(dir, digest), stored)
      expect(await refusal(blobs.get(digest))).toMatchObject({
        code: 'DATA_LOSS',
        message: expect.stringContaining(digest),
      })
    }
  })

  it('takes the same blob from many at once', async () => {
    const { dir, blobs } = await folder()
    const digests = await Promise.all(Array.from({ length: 20 }, () => blobs.put(large)))
    expect(new Set(digests).size).toBe(1)
    expect(await listBlobs(dir)).toHaveLength(1)
    expect(await readdir(join(dir, 'tmp'))).toEqual([])
  })

  it('clears what a crash left of a put, and writes a cut blob anew', async () => {
    const { dir, blobs, open } = await folder()
    const digest = digestOf(text('module'))
    await writeFile(join(dir, 'tmp', '0'), 'mod')
    await mkdir(join(dir, digest.slice(0, 2)))
    await writeFile(blobPath(dir, digest), 'mod')
    const again = await open()
    expect(await readdir(join(dir, 'tmp'))).toEqual([])
    expect((await refusal(blobs.get(digest))).code).toBe('DATA_LOSS')
    await again.put(text('module'))
    expect(await again.get(digest)).toEqual(text('module'))
  })
})

describe('sweep', () => {
  const put = (blobs: BlobStore) => Promise.all(['a', 'b', 'c'].map((name) => blobs.put(text(name))))

  it('removes old blobs that nothing names', async () => {
    const { blobs, clock } = await folder()
    const [a, b, c] = (await put(blobs)) as [Digest, Digest, Digest]
    await blobs.get(b)
    clock.set(NOW_MS + 5000)
    await blobs.put(text('c'))
    expect(await blobs.sweep(new Set([a]), 5001)).toBe(0)
    expect(await blobs.sweep(new Set([a]), 4000)).toBe(1)
    expect(await Promise.all([a, b, c].map((digest) => blobs.has(digest)))).toEqual([true, false, true])
  })

  it('never takes a blob that is put meanwhile', async () => {
    const { blobs, clock } = await folder()
    // The put comes at another point of the sweep each round.
    const later = async (turns: number) => {
      for (let turn = 0; turn < turns; turn++) await setImmediate()
      return put(blobs)
    }
    for (let round = 1; round <= 200; round++) {
      clock.set(NOW_MS + round * 10_000)
      const [, digests] = await Promise.all([blobs.sweep(none, 1000), later(round % 20), blobs.sweep(none, 1000)])
      for (const digest of digests) expect(await blobs.size(digest)).toBe(1)
    }
  })
})

describe('blob cache', () => {
  it('holds no more than its bytes, and lets go what was used longest ago', () => {
    const cache = new BlobCache(10)
    cache.set(D1, new Uint8Array(4))
    cache.set(D2, new Uint8Array(4))
    cache.get(D1)
    cache.set(D3, new Uint8Array(4))
    expect([D1, D2, D3].map((digest) => cache.get(digest) !== undefined)).toEqual([true, false, true])
    cache.set(D2, new Uint8Array(11))
    expect([cache.bytes, cache.get(D2)]).toEqual([8, undefined])
    cache.delete(D1)
    expect(cache.bytes).toBe(4)
  })
})
