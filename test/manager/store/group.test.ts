import { describe, expect, it, onTestFinished } from 'vitest'
import { Channel } from '../../../manager/store/sqlite/channel.ts'
import { userId } from '../../../shared/ids.ts'
import { ALICE, completed, D3, jobRecord, newTask, placed } from './records.ts'
import { refusal, store } from './support.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1)

describe('group commit', () => {
  it('commits the calls of one turn together', async () => {
    const opened = await store()
    const before = opened.statistics().commits
    await Promise.all(numbers(500).map((n) => opened.addJob(jobRecord(n), [newTask(n)], [placed(n)])))
    expect(opened.statistics().commits - before).toBe(1)
    expect((await opened.counts()).tasks).toEqual({ scheduled: 500 })
  })

  it('forms the next group while one is committed', async () => {
    const opened = await store()
    const before = opened.statistics().commits
    const late: Promise<unknown>[] = []
    const early = numbers(50).map(async (n) => {
      await opened.addJob(jobRecord(n), [newTask(n)], [placed(n)])
      late.push(opened.step(completed(n)))
    })
    await Promise.all(early)
    await Promise.all(late)
    expect(opened.statistics().commits - before).toBe(2)
  })

  it('reads in a group what was written before in it, and not what comes after', async () => {
    const opened = await store()
    const user = { id: ALICE, tokenHash: 'aa', role: 'user', createdMs: 1 } as const
    const [before, , between, , after] = await Promise.all([
      opened.users(),
      opened.putUser(user),
      opened.users(),
      opened.removeUser(ALICE),
      opened.users(),
    ])
    expect([before, between, after]).toEqual([[], [user], []])
  })

  it('commits nothing for reads alone', async () => {
    const opened = await store()
    const before = opened.statistics().commits
    await Promise.all([opened.users(), opened.proplets(), opened.counts()])
    expect(opened.statistics().commits).toBe(before)
  })

  it('takes back a failing call alone, with all of its rows', async () => {
    const opened = await store()
    const before = opened.statistics().commits
    const twice = [newTask(2, 0), newTask(2, 0)]
    const results = await Promise.allSettled([
      opened.addJob(jobRecord(1), [newTask(1)], []),
      opened.addJob(jobRecord(2, { tasks: 2 }), twice, []),
      opened.addJob(jobRecord(3, { key: 'key-1', requestDigest: D3 }), [newTask(3)], []),
      opened.addJob(jobRecord(4), [newTask(4)], []),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect((await opened.jobs({}, { limit: 9 })).items.map(({ key }) => key)).toEqual(['key-4', 'key-1'])
    expect(opened.statistics().commits - before).toBe(1)
  })

  it('fails a call alone whose values cannot cross threads', async () => {
    const opened = await store()
    const bad = opened.putUser({ id: ALICE, tokenHash: (() => 'aa') as never, role: 'user', createdMs: 1 })
    const good = opened.putUser({ id: userId('bob'), tokenHash: 'bb', role: 'user', createdMs: 1 })
    expect((await refusal(bad)).code).toBe('INTERNAL')
    await good
    expect(await opened.users()).toHaveLength(1)
  })

  it('sends only the bytes of a call, not the buffer that they are part of', async () => {
    const worker = new URL('./fixtures/measuring-worker.ts', import.meta.url)
    const channel = new Channel({ worker, data: () => ({ file: '', nowMs: 0 }), onCrash: () => undefined })
    onTestFinished(() => channel.close())
    const large = new Uint8Array(1 << 20)
    expect(await channel.call('putProplet', [large.subarray(5, 8)])).toBe(3)
    expect(await channel.call('putProplet', [large])).toBe(1 << 20)
  })

  it('refuses more calls than the queue holds, and takes them later', async () => {
    const opened = await store()
    const calls = Array.from({ length: 65_536 }, () => opened.job(jobRecord(1).id))
    expect((await refusal(opened.users())).code).toBe('RESOURCE_EXHAUSTED')
    await Promise.all(calls)
    expect(await opened.users()).toEqual([])
  })
})
