import { describe, expect, onTestFinished, test } from 'vitest'
import { createEventStream, HEARTBEAT_MS } from '../../../manager/http/event-stream.ts'
import type { ManagerEvent } from '../../../manager/services/events.ts'
import { createEvents } from '../../../manager/services/events.ts'
import { type TestManager, testManager } from '../../support/manager.ts'
import { TestClock } from '../../support/test-clock.ts'

type SseEvent = { id: number; event: string; data: Record<string, unknown> }

/** Events of a manager as they come. */
async function watch(manager: TestManager, query: string, headers: Record<string, string> = {}) {
  const abort = new AbortController()
  onTestFinished(() => abort.abort())
  const answer = await fetch(`${manager.url}/v1/events${query}`, { headers, signal: abort.signal })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  const reader = (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream() as never).getReader()
  let rest = ''
  return async function next(): Promise<SseEvent> {
    for (;;) {
      const end = rest.indexOf('\n\n')
      if (end < 0) {
        const { value, done } = (await reader.read()) as { value?: string; done: boolean }
        if (done) throw new Error('the stream ended')
        rest += value
        continue
      }
      const block = rest.slice(0, end)
      rest = rest.slice(end + 2)
      if (block.startsWith(':')) continue
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? ''
      return { id: Number(field('id')), event: field('event'), data: JSON.parse(field('data')) }
    }
  }
}

const add = { function: 'add', export: 'add', args: [2, 3] }

describe('the stream of events', () => {
  test('tells what becomes of a task, in order and numbered', async () => {
    const manager = await testManager()
    await manager.upload('add')
    const proplet = await manager.proplet('p1')
    const next = await watch(manager, '?type=task,log')
    await manager.post('/v1/jobs', add)
    const start = await proplet.start()
    await proplet.started(start)
    await proplet.log(start, 'hello')
    await proplet.end(start, { value: 5 })
    const events = [await next(), await next(), await next(), await next()]
    expect(events.map(({ event, data }) => data.state ?? event).toSorted()).toEqual([
      'completed',
      'log',
      'running',
      'scheduled',
    ])
    expect(events.find(({ event }) => event === 'log')?.data).toMatchObject({
      text: 'hello',
      task: start.task,
      stream: 'stdout',
    })
    const ids = events.map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
  })

  test('lets through what a filter names', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.proplet('p1', { behaviour: () => ({ value: 1 }) })
    const next = await watch(manager, '?proplet=p2')
    await manager.post('/v1/jobs?wait=20000', add)
    await manager.proplet('p2')
    expect((await next()).data).toMatchObject({ type: 'proplet', proplet: 'p2', liveness: 'on-time' })
  })

  test('a client that comes again gets what it missed', async () => {
    const manager = await testManager()
    const next = await watch(manager, '?type=proplet')
    await manager.proplet('p1')
    const { id } = await next()
    await manager.proplet('p2')
    const again = await watch(manager, '?type=proplet', { 'last-event-id': `${id}` })
    expect((await again()).data.proplet).toBe('p2')
  })

  test('a user sees own tasks, and nothing else', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.proplet('p1', { behaviour: () => ({ value: 1 }) })
    const { token } = (await manager.post('/v1/users', { id: 'ann' })).json
    const next = await watch(manager, '', { authorization: `Bearer ${token}` })
    await manager.post('/v1/jobs?wait=20000', add)
    const { job } = (await manager.post('/v1/jobs?wait=20000', add, { token })).json
    expect((await next()).data).toMatchObject({ type: 'task', job: job.id, user: 'ann' })
  })

  test('deployments tell their results with values', async () => {
    const manager = await testManager()
    await manager.upload('add')
    const mock = await manager.proplet('p1')
    const { id } = (await manager.post('/v1/deployments', { ...add, selector: '*', trigger: 'boot' })).json
    const next = await watch(manager, `?deployment=${id}`)
    const { ResultBody } = await import('../../../shared/documents/call.ts')
    const body = ResultBody.encode({ value: 5 })
    await mock.deploymentResult({ deployment: id, seq: 1, agoMs: 0, outcome: 'completed', body, ranUs: 9 })
    expect((await next()).data).toMatchObject({ type: 'deployment-result', deployment: id, proplet: 'p1', value: 5 })
  })

  test('an unknown type is refused, and HEAD opens no stream', async () => {
    const manager = await testManager()
    const wrong = await manager.get('/v1/events?type=task,weather')
    expect([wrong.status, wrong.json.field]).toEqual([400, 'type'])
    expect((await manager.request('HEAD', '/v1/events')).status).toBe(200)
  })
})

describe('a client that does not read', () => {
  const event = { type: 'proplet', proplet: 'p1', liveness: 'on-time' } as ManagerEvent
  const parts = (clock: TestClock) => ({
    events: createEvents(),
    clock,
    functions: {} as never,
    deployments: {} as never,
  })

  test('is dropped and holds no memory', async () => {
    const services = parts(new TestClock())
    const stream = createEventStream(services)
    const reader = stream.open({}, undefined).getReader()
    for (let count = 0; count < 5_000; count++) services.events.emit(event)
    let read = 0
    while (!(await reader.read()).done) read++
    expect(read).toBeLessThan(10)
    expect(stream.clients).toBe(0)
  })

  test('hears a comment when nothing happens', async () => {
    const clock = new TestClock()
    const reader = createEventStream(parts(clock)).open({}, undefined).getReader()
    expect(Buffer.from((await reader.read()).value ?? '').toString()).toBe(': watching\n\n')
    const next = reader.read()
    await clock.run(HEARTBEAT_MS, HEARTBEAT_MS / 3)
    expect(Buffer.from((await next).value ?? '').toString()).toBe(': alive\n\n')
  })

  test('that goes away is forgotten', async () => {
    const stream = createEventStream(parts(new TestClock()))
    const reader = stream.open({}, undefined).getReader()
    await reader.cancel()
    expect(stream.clients).toBe(0)
  })
})
