import { expect, it } from 'vitest'
import type { JobRecord, Store } from '../../../manager/store/store.ts'
import { propletId, userId } from '../../../shared/ids.ts'
import type { Open } from './contract.case.ts'
import { ALICE, completed, D1, D2, D3, EDGE, jobRecord, newTask, placed, text, versionRecord } from './records.ts'
import { deployment, NOW_MS, refusal } from './support.ts'

const BOB = userId('bob')
const KEEP_ALL = { jobsMs: 1e12, jobs: 1e6, deploymentResults: 1e6 }

/** Adds job `n` with `count` placed tasks. */
const addPlaced = (store: Store, n: number, given: Partial<JobRecord> = {}, count = 1) => {
  const indexes = Array.from({ length: count }, (_, index) => index)
  const tasks = indexes.map((index) => newTask(n, index))
  return store.addJob(
    jobRecord(n, { ...given, tasks: count }),
    tasks,
    indexes.map((index) => placed(n, index)),
  )
}
const addCompleted = async (store: Store, n: number, finishedMs?: number, given: Partial<JobRecord> = {}) => {
  await addPlaced(store, n, given)
  await store.step(completed(n, 0, finishedMs))
}

export function jobContract(open: Open): void {
  admission(open)
  steps(open)
  lists(open)
  answers(open)
  upkeep(open)
}

function admission(open: Open): void {
  it('keeps a job with its tasks and their placement', async () => {
    const { store, reopen } = await open()
    const whole = {
      selector: 'line=1',
      proplet: EDGE,
      reply: 'samara/1/default/u/alice/r',
      replyFormat: 'cbor',
    } as const
    const job = jobRecord(1, { ...whole, tasks: 2, policy: { retries: 0, retryOn: 'any' } })
    const tasks = [newTask(1, 0, { call: text('call') }), newTask(1, 1, { callDigest: D3, callBytes: 9000 })]
    expect(await store.addJob(job, tasks, [placed(1)])).toEqual({ job, added: true })

    const again = await reopen()
    expect(await again.job(job.id)).toEqual(job)
    expect(await again.jobByKey(ALICE, 'key-1')).toEqual(job)
    expect(await again.jobByKey(BOB, 'key-1')).toBeUndefined()
    const first = { ...newTask(1).task, state: 'scheduled', attempt: 1, proplet: EDGE, call: text('call') }
    const second = { ...newTask(1, 1).task, callDigest: D3, callBytes: 9000 }
    expect(await again.tasksOfJob(job.id)).toEqual([first, second])
    expect(await again.task(first.id)).toEqual(first)
    expect(await again.attempts(first.id)).toEqual([placed(1).begin])
    expect(await again.jobCounts(job.id)).toEqual({ scheduled: 1, pending: 1 })
  })

  it('keeps what a job may, that it is recorded, and what it replays; and what its task left of its devices', async () => {
    const { store, reopen } = await open()
    const replay = { task: newTask(9).task.id, transcript: D1, transcriptBytes: 900 }
    const job = jobRecord(1, { grants: D3, grantsBytes: 40, record: true, replay })
    await store.addJob(job, [newTask(1)], [placed(1)])
    const trace = { refusals: 2, transcriptDigest: D2, transcriptBytes: 800, grantsDigest: D3, grantsBytes: 40 }
    expect(await store.step({ ...completed(1), ...trace })).toBe(true)

    const again = await reopen()
    expect(await again.job(job.id)).toEqual(job)
    expect(await again.task(newTask(1).task.id)).toMatchObject(trace)
    expect(await again.ownsBlob(ALICE, D2)).toBe(true)
    expect(await again.ownsBlob(BOB, D2)).toBe(false)
    for (const digest of [D1, D2, D3]) expect((await again.usedBlobs()).blobs).toContain(digest)
  })

  it('gives the job that has the key, and refuses another submission under it', async () => {
    const { store } = await open()
    await addPlaced(store, 1)
    const repeated = await store.addJob(jobRecord(2, { key: 'key-1' }), [newTask(2)], [])
    expect(repeated).toEqual({ job: jobRecord(1), added: false })
    const other = await refusal(store.addJob(jobRecord(2, { key: 'key-1', requestDigest: D3 }), [newTask(2)], []))
    expect(other).toMatchObject({ code: 'ALREADY_EXISTS', message: expect.stringContaining('"key-1"') })
    expect((await store.addJob(jobRecord(3, { key: 'key-1', user: BOB }), [newTask(3)], [])).added).toBe(true)
    expect(await store.job(jobRecord(2).id)).toBeUndefined()
  })

  it('takes 1 to 1000 tasks, all or none', async () => {
    const { store } = await open()
    expect((await refusal(store.addJob(jobRecord(1, { tasks: 0 }), [], []))).code).toBe('INVALID_ARGUMENT')
    const many = Array.from({ length: 1001 }, (_, index) => newTask(1, index))
    expect((await refusal(store.addJob(jobRecord(1, { tasks: 1001 }), many, []))).code).toBe('INVALID_ARGUMENT')
    await store.addJob(
      jobRecord(2, { tasks: 1000 }),
      many.slice(0, 1000).map(({ task }) => newTask(2, task.index)),
      [],
    )
    expect(await store.jobCounts(jobRecord(2).id)).toEqual({ pending: 1000 })
    const refused = await refusal(store.addJob(jobRecord(4), [newTask(4)], [{ ...placed(4), from: 'running' }]))
    expect(refused.code).toBe('FAILED_PRECONDITION')
    expect(await store.job(jobRecord(4).id)).toBeUndefined()
  })
}

function steps(open: Open): void {
  it('steps a task from placement to its result', async () => {
    const { store, reopen } = await open()
    await addPlaced(store, 1)
    const { id } = newTask(1).task
    const run = { id, from: 'scheduled', fromAttempt: 1, to: 'running', attempt: 1, startedMs: NOW_MS + 5 } as const
    expect(await store.step(run)).toBe(true)
    expect(await store.step({ ...completed(1), from: 'running' })).toBe(true)

    const again = await reopen()
    const { finishedMs, outcome, exitCode, waitedUs, ranUs, memoryPages, body } = completed(1)
    const result = { finishedMs, outcome, exitCode, waitedUs, ranUs, memoryPages, body }
    expect(await again.task(id)).toEqual({
      ...newTask(1).task,
      state: 'completed',
      attempt: 1,
      proplet: EDGE,
      ...result,
    })
    const attempt = { ...placed(1).begin, startedMs: NOW_MS + 5, endedMs: finishedMs, outcome: 'completed' }
    expect(await again.attempts(id)).toEqual([attempt])
  })

  it('refuses a step from another state or attempt, with all that it carries', async () => {
    const { store } = await open()
    await addPlaced(store, 1)
    const { id } = newTask(1).task
    expect(await store.step({ ...completed(1), fromAttempt: 2 })).toBe(false)
    expect(await store.step({ ...completed(1), from: 'running' })).toBe(false)
    expect(await store.step({ ...completed(2) })).toBe(false)
    const move = { id, from: 'scheduled', to: 'running', attempt: 1, startedMs: 1 } as const
    for (const fromAttempt of [0, 2]) expect(await store.step({ ...move, fromAttempt })).toBe(false)
    expect(await store.task(id)).toMatchObject({ state: 'scheduled', attempt: 1 })
    expect(await store.attempts(id)).toEqual([placed(1).begin])
  })

  it('makes another attempt: the lost one ends, the proplet goes', async () => {
    const { store } = await open()
    await addPlaced(store, 1)
    const { id } = newTask(1).task
    const end = { endedMs: NOW_MS + 9, outcome: 'lost', error: { code: 'LEASE_LOST', message: 'silent' } } as const
    const retry = { id, from: 'scheduled', fromAttempt: 1, to: 'pending', attempt: 1, proplet: null, end } as const
    expect(await store.step(retry)).toBe(true)
    const waiting = await store.task(id)
    expect(waiting).toMatchObject({ state: 'pending', attempt: 1 })
    expect(waiting).not.toHaveProperty('proplet')
    const begin = { task: id, attempt: 2, proplet: propletId('edge-2'), boot: 'bb', placedMs: NOW_MS + 10 }
    const second = {
      id,
      from: 'pending',
      fromAttempt: 1,
      to: 'scheduled',
      attempt: 2,
      proplet: begin.proplet,
      begin,
    } as const
    expect(await store.step({ ...second, cancelRequested: true })).toBe(true)
    expect(await store.task(id)).toMatchObject({
      state: 'scheduled',
      attempt: 2,
      proplet: 'edge-2',
      cancelRequested: true,
    })
    expect(await store.attempts(id)).toEqual([{ ...placed(1).begin, ...end }, begin])
  })

  it('refuses a final state without its time', async () => {
    const { store } = await open()
    await addPlaced(store, 1)
    const { finishedMs: _, ...without } = completed(1)
    expect((await refusal(store.step(without))).code).toBe('INTERNAL')
    expect(await store.task(without.id)).toMatchObject({ state: 'scheduled' })
  })
}

function lists(open: Open): void {
  it('lists jobs and tasks by what they are of, newest first', async () => {
    const { store } = await open()
    const other = versionRecord({ function: jobRecord(1).function }).function
    await addPlaced(store, 1, {}, 2)
    await addPlaced(store, 2, { user: BOB })
    await addCompleted(store, 3)
    const jobs = async (filter: Parameters<Store['jobs']>[0]) =>
      (await store.jobs(filter, { limit: 10 })).items.map(({ key }) => key)
    expect(await jobs({})).toEqual(['key-3', 'key-2', 'key-1'])
    expect(await jobs({ user: ALICE })).toEqual(['key-3', 'key-1'])
    expect(await jobs({ user: BOB, function: other })).toEqual(['key-2'])
    expect(await jobs({ function: other })).toHaveLength(3)

    const tasks = async (filter: Parameters<Store['tasks']>[0]) =>
      (await store.tasks(filter, { limit: 10 })).items.map(({ id }) => Number(id.slice(1)))
    expect(await tasks({})).toEqual([3000, 2000, 1001, 1000])
    expect(await tasks({ user: ALICE })).toEqual([3000, 1001, 1000])
    expect(await tasks({ state: 'scheduled' })).toEqual([2000, 1001, 1000])
    expect(await tasks({ state: 'completed', function: other })).toEqual([3000])
    expect(await tasks({ job: jobRecord(1).id, proplet: EDGE })).toEqual([1001, 1000])
    expect(await tasks({ user: BOB, function: other, state: 'scheduled' })).toEqual([2000])
    expect(await tasks({ proplet: propletId('edge-9') })).toEqual([])
  })

  it('refuses a cursor that is not of this list, and a limit that is none', async () => {
    const { store } = await open()
    for (let n = 1; n <= 3; n++) await addPlaced(store, n)
    const { next } = await store.jobs({}, { limit: 1 })
    const hostile = [
      next ?? '',
      '',
      'AAAA',
      '../..',
      `${'a'.repeat(1e6)}`,
      Buffer.from('tasks.1.-1').toString('base64url'),
    ]
    for (const cursor of hostile)
      expect((await refusal(store.tasks({}, { limit: 1, cursor }))).code).toBe('INVALID_ARGUMENT')
    for (const limit of [0, -1, 1.5, Number.NaN])
      expect((await refusal(store.jobs({}, { limit }))).code).toBe('INVALID_ARGUMENT')
  })

  it('gives everything that is not final, oldest first, with its job and its attempt', async () => {
    const { store } = await open()
    await addPlaced(store, 1)
    await addCompleted(store, 2)
    await store.addJob(jobRecord(3), [newTask(3)], [])
    const active = await store.activeTasks()
    expect(active.map(({ task, job, begun }) => [task.state, job.key, begun?.boot])).toEqual([
      ['scheduled', 'key-1', 'aa'],
      ['pending', 'key-3', undefined],
    ])
  })
}

function answers(open: Open): void {
  const reply = { reply: 'samara/1/default/u/alice/r', replyFormat: 'json' } as const

  it('gives final tasks with a reply topic until their user confirms them', async () => {
    const { store } = await open()
    await addCompleted(store, 1, NOW_MS + 300, reply)
    await addCompleted(store, 2, NOW_MS + 200, reply)
    await addCompleted(store, 3, NOW_MS + 100)
    await addPlaced(store, 4, reply)
    const unconfirmed = async (sinceMs = 0, limit = 10) =>
      (await store.unconfirmed(sinceMs, limit)).map(({ task, job }) => [Number(task.id.slice(1)), job.key])
    expect(await unconfirmed()).toEqual([
      [2000, 'key-2'],
      [1000, 'key-1'],
    ])
    expect(await unconfirmed(NOW_MS + 250)).toEqual([[1000, 'key-1']])
    expect(await unconfirmed(0, 1)).toHaveLength(1)
    expect(await store.confirm(BOB, { task: newTask(1).task.id })).toBe(0)
    expect(await store.confirm(ALICE, { task: newTask(1).task.id })).toBe(1)
    expect(await store.confirm(ALICE, { task: newTask(1).task.id })).toBe(0)
    expect(await store.confirm(ALICE, { job: jobRecord(2).id })).toBe(1)
    expect(await store.confirm(ALICE, { job: jobRecord(4).id })).toBe(0)
    expect(await unconfirmed()).toEqual([])
    expect((await store.task(newTask(1).task.id))?.confirmed).toBe(true)
  })

  it('knows whose blobs calls and bodies are', async () => {
    const { store } = await open()
    await store.addJob(jobRecord(1), [newTask(1, 0, { callDigest: D3, callBytes: 900 })], [placed(1)])
    const { body: _, ...rest } = completed(1)
    await store.step({ ...rest, bodyDigest: D1, bodyBytes: 800 })
    const owned = await Promise.all([D3, D1, D2].map((digest) => store.ownsBlob(ALICE, digest)))
    expect(owned).toEqual([true, true, false])
    expect(await store.ownsBlob(BOB, D3)).toBe(false)
  })
}

function upkeep(open: Open): void {
  it('removes ended jobs by their age, and frees their keys', async () => {
    const { store } = await open()
    await addCompleted(store, 1, NOW_MS + 10)
    await addCompleted(store, 2, NOW_MS + 500)
    await addPlaced(store, 3)
    const retention = { ...KEEP_ALL, jobsMs: 1000 }
    expect(await store.prune(NOW_MS + 1010, retention)).toBe(0)
    expect(await store.prune(NOW_MS + 1011, retention)).toBe(1)
    expect((await store.jobs({}, { limit: 9 })).items.map(({ key }) => key)).toEqual(['key-3', 'key-2'])
    expect(await store.task(newTask(1).task.id)).toBeUndefined()
    expect((await store.addJob(jobRecord(9, { key: 'key-1' }), [newTask(9)], [])).added).toBe(true)
  })

  it('removes the oldest ended jobs beyond their number, in many steps', async () => {
    const { store } = await open()
    const all = Array.from({ length: 700 }, (_, n) => n + 1)
    await Promise.all(all.map((n) => (n % 7 === 0 ? addPlaced(store, n) : addCompleted(store, n))))
    expect(await store.prune(NOW_MS, { ...KEEP_ALL, jobs: 50 })).toBe(550)
    expect((await store.counts()).tasks).toEqual({ scheduled: 100, completed: 50 })
    const newest = (await store.jobs({}, { limit: 1 })).items[0]
    expect(newest?.key).toBe('key-700')
  })

  it('names the digests that rows use', async () => {
    const { store } = await open()
    const [call, body, manifest] = ['c', 'b', 'a'].map((digit) => digit.repeat(64)) as [typeof D1, typeof D1, typeof D1]
    await store.addVersion(versionRecord(), undefined)
    await store.addJob(jobRecord(1, { manifest }), [newTask(1, 0, { callDigest: call, callBytes: 1 })], [placed(1)])
    await store.step({ ...completed(1), bodyDigest: body, bodyBytes: 1 })
    await store.putDeployment(deployment(1, { manifest: D3 }))
    expect((await store.usedBlobs()).blobs).toEqual(new Set([D1, D2, D3, call, body, manifest]))
  })

  it('counts, proves the disk, and ends', async () => {
    const { store } = await open()
    expect(await store.counts()).toMatchObject({ tasks: {}, bytes: expect.any(Number) })
    await addPlaced(store, 1, {}, 3)
    expect((await store.counts()).tasks).toEqual({ scheduled: 3 })
    await store.probe()
    await store.close()
    await store.close()
    expect((await refusal(store.probe())).code).toBe('UNAVAILABLE')
  })
}
