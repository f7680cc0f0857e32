import { describe, expect, test } from 'vitest'
import { testManager } from '../../support/manager.ts'

const add = { function: 'add', export: 'add', args: [2, 3] }

describe('jobs', () => {
  test('a job that ends within the wait comes with its results', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.proplet('p1', { behaviour: () => ({ value: 5 }) })
    const done = await manager.post('/v1/jobs?wait=20000', add)
    expect(done.status).toBe(200)
    expect(done.json.job).toMatchObject({ function: 'add', version: 1, user: 'local', counts: { completed: 1 } })
    expect(done.json.tasks).toMatchObject([{ state: 'completed', outcome: 'completed', proplet: 'p1', attempt: 1 }])
    expect(done.json.results).toMatchObject([{ type: 'result', value: 5, task: done.json.tasks[0].id }])
  })

  test('without a wait it is accepted, and named', async () => {
    const manager = await testManager()
    await manager.upload('add')
    const proplet = await manager.proplet('p1')
    const accepted = await manager.post('/v1/jobs', add)
    expect(accepted.status).toBe(202)
    const { id } = accepted.json.job
    expect(accepted.headers.get('location')).toBe(`/v1/jobs/${id}`)
    expect(accepted.json.results).toBeUndefined()
    await proplet.end(await proplet.start(), { value: 5 })
    const done = await manager.post('/v1/jobs?wait=20000', { ...add, key: accepted.json.job.key })
    expect([done.status, done.json.job.id]).toEqual([200, id])
    expect((await manager.get(`/v1/jobs/${id}`)).json.counts).toEqual({ completed: 1 })
  })

  test('a wait that is over answers with what is known', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.proplet('p1')
    const waited = await manager.post('/v1/jobs?wait=1', add)
    expect([waited.status, waited.json.results]).toEqual([202, undefined])
  })

  test('the same key is the same job, with other content a conflict', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.proplet('p1')
    const headers = { 'idempotency-key': 'order-7' }
    const first = await manager.post('/v1/jobs', add, { headers })
    const again = await manager.post('/v1/jobs', { ...add, key: 'order-7' })
    expect([first.status, again.status]).toEqual([202, 200])
    expect(again.json.job.id).toBe(first.json.job.id)
    const other = await manager.post('/v1/jobs', { ...add, args: [1, 1] }, { headers })
    expect([other.status, other.json.code]).toEqual([409, 'ALREADY_EXISTS'])
    const both = await manager.post('/v1/jobs', { ...add, key: 'other' }, { headers })
    expect([both.status, both.json.field]).toEqual([400, 'key'])
  })

  test('results of a batch come in order, page by page', async () => {
    const manager = await testManager()
    await manager.upload('add')
    let value = 0
    await manager.proplet('p1', { behaviour: () => ({ value: value++ }), hello: { slots: 1, queue: 0 } })
    const done = await manager.post('/v1/jobs?wait=20000', {
      function: 'add',
      export: 'add',
      batch: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    })
    expect(done.json.results.map((one: { index: number }) => one.index)).toEqual([0, 1, 2])
    const { id } = done.json.job
    const first = await manager.get(`/v1/jobs/${id}/results?limit=2`)
    const second = await manager.get(`/v1/jobs/${id}/results?limit=2&cursor=${first.json.next}`)
    expect([first.json.items.length, second.json.items.length, second.json.next]).toEqual([2, 1, undefined])
    expect((await manager.get(`/v1/jobs/${id}/results?cursor=r99`)).json.field).toBe('cursor')
  })

  test('lists of jobs and tasks are filtered and paged', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.upload('sum')
    await manager.proplet('p1', { behaviour: () => ({ value: 1 }) })
    for (const name of ['add', 'sum', 'add']) await manager.post('/v1/jobs?wait=20000', { ...add, function: name })
    expect((await manager.get('/v1/jobs?function=add')).json.items).toHaveLength(2)
    expect((await manager.get('/v1/jobs?user=nobody')).json.items).toEqual([])
    const first = await manager.get('/v1/tasks?state=completed&proplet=p1&limit=2')
    const second = await manager.get(`/v1/tasks?state=completed&proplet=p1&limit=2&cursor=${first.json.next}`)
    expect([first.json.items.length, second.json.items.length]).toEqual([2, 1])
    expect((await manager.get('/v1/tasks?state=running')).json.items).toEqual([])
  })

  test('a job that nobody can run says why of each proplet', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.proplet('p1', { labels: { line: '2' } })
    const answer = await manager.post('/v1/jobs', { ...add, selector: 'line=1' })
    expect([answer.status, answer.json.code]).toEqual([409, 'UNPLACEABLE'])
    expect(answer.json.reasons).toEqual([expect.stringContaining('p1: label line is "2"')])
  })

  test('a job that is cancelled asks its proplet to stop', async () => {
    const manager = await testManager()
    await manager.upload('add')
    const proplet = await manager.proplet('p1')
    const { job } = (await manager.post('/v1/jobs', add)).json
    const start = await proplet.start()
    const cancelled = await manager.post(`/v1/jobs/${job.id}/cancel`)
    expect([cancelled.status, cancelled.json]).toEqual([202, { tasks: 1 }])
    await proplet.cancelled()
    await proplet.end(start, { outcome: 'cancelled' })
    const done = await manager.post('/v1/jobs?wait=20000', { ...add, key: job.key })
    expect(done.json.results).toMatchObject([{ state: 'cancelled', outcome: 'cancelled' }])
    const late = await manager.post(`/v1/tasks/${start.task}/cancel`)
    expect([late.status, late.json.code]).toEqual([409, 'FAILED_PRECONDITION'])
  })
})

describe('tasks', () => {
  test('a task has its attempts, value and outputs', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.proplet('p1', { behaviour: () => ({ value: 5, stdout: 'grüße' }) })
    const { tasks } = (await manager.post('/v1/jobs?wait=20000', add)).json
    const task = await manager.get(`/v1/tasks/${tasks[0].id}`)
    expect(task.json).toMatchObject({ state: 'completed', value: 5, stdout: 'grüße', ranUs: 20 })
    expect(task.json.attempts).toMatchObject([{ attempt: 1, proplet: 'p1', outcome: 'completed' }])
    const stdout = await manager.get(`/v1/tasks/${tasks[0].id}/stdout`)
    expect(stdout.bytes.toString()).toBe('grüße')
    expect(stdout.headers.get('x-content-type-options')).toBe('nosniff')
    expect((await manager.get(`/v1/tasks/${tasks[0].id}/stderr`)).bytes).toHaveLength(0)
  })

  test('a long result is named, and comes when it is asked for', async () => {
    const manager = await testManager()
    await manager.upload('add')
    const stdout = 'x'.repeat(5_000)
    await manager.proplet('p1', { behaviour: () => ({ value: 5, stdout }) })
    const { tasks } = (await manager.post('/v1/jobs?wait=20000', { ...add, inlineBytes: 600 })).json
    const brief = (await manager.get(`/v1/tasks/${tasks[0].id}`)).json
    expect([brief.stdout, brief.value]).toEqual([undefined, undefined])
    expect(brief.bodyBytes).toBeGreaterThan(5_000)
    expect((await manager.get(`/v1/tasks/${tasks[0].id}?body=full`)).json).toMatchObject({ stdout, value: 5 })
    expect((await manager.get(`/v1/tasks/${tasks[0].id}/stdout`)).bytes).toHaveLength(5_000)
  })

  test('a task that runs has no output yet', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.proplet('p1')
    const { tasks } = (await manager.post('/v1/jobs', add)).json
    const stdout = await manager.get(`/v1/tasks/${tasks[0].id}/stdout`)
    expect([stdout.status, stdout.json.code]).toEqual([409, 'FAILED_PRECONDITION'])
  })
})
