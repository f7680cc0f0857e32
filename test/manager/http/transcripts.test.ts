import { describe, expect, test } from 'vitest'
import { Call } from '../../../shared/documents/call.ts'
import { Transcript } from '../../../shared/documents/transcript.ts'
import { cell, grant, motor, sensor, transcript } from '../../support/devices.ts'
import { type TestManager, temporaryFolder, testManager } from '../../support/manager.ts'
import type { MockProplet } from '../../support/mock-proplet.ts'

const add = { function: 'add', export: 'add', args: [2, 3] }
const grants = [grant(sensor, 'read'), grant(motor, 'write')]
const GRANTS = '/v1/functions/add/versions/1/grants'

/** A manager with a run of `add` that was recorded, by whoever has the token. */
async function recorded(options: { token?: string; proplet?: Parameters<TestManager['proplet']>[1] } = {}) {
  const manager = await testManager()
  await manager.upload('add')
  await manager.request('PUT', GRANTS, { body: { grants } })
  const behaviour = () => ({ value: 5, bus: transcript })
  const proplet = await manager.proplet('cell-1', { hello: { devices: cell }, behaviour, ...options.proplet })
  const { token } = options
  const ran = await manager.post('/v1/jobs?wait=20000', { ...add, record: true }, token ? { token } : {})
  return { manager, proplet, task: ran.json.tasks[0], answer: ran.json.results?.[0] }
}

const replayOf = (task: string, more: object = {}) => ({ function: 'add', replay: task, ...more })
const callOf = (proplet: MockProplet) => Call.decode(proplet.starts.at(-1)?.call ?? new Uint8Array())

describe('transcripts [P-10.5]', () => {
  test('one that was wanted is pulled before the result is acknowledged, and kept with the task', async () => {
    const { manager, proplet, task, answer } = await recorded()
    expect(answer).toMatchObject({ transcript: task.transcript, transcriptBytes: task.transcriptBytes })
    expect(proplet.starts[0]?.record).toBe(true)
    const bytes = Transcript.encode(transcript)
    expect(task).toMatchObject({ state: 'completed', transcriptBytes: bytes.length })
    const json = await manager.get(`/v1/tasks/${task.id}/transcript`)
    expect(json.json).toEqual(Transcript.toJson(transcript))
    const cbor = await manager.get(`/v1/tasks/${task.id}/transcript`, { headers: { accept: 'application/cbor' } })
    expect([cbor.headers.get('content-type'), cbor.bytes]).toEqual(['application/cbor', bytes])
    expect((await manager.get(`/v1/jobs/${task.job}`)).json.record).toBe(true)
    expect((await manager.get(`/v1/tasks/${task.id}`)).json.grants).toEqual(grants)
  })

  test('it is durable: another run of the manager has it', async () => {
    const dir = await temporaryFolder()
    const first = await testManager({ dir })
    await first.upload('add')
    await first.proplet('cell-1', { behaviour: () => ({ value: 5, bus: transcript }) })
    const { tasks } = (await first.post('/v1/jobs?wait=20000', { ...add, record: true })).json
    await first.close()
    const manager = await testManager({ dir })
    const found = await manager.get(`/v1/tasks/${tasks[0].id}/transcript`)
    expect(found.json).toEqual(Transcript.toJson(transcript))
  })

  test('one that nobody wanted is not pulled', async () => {
    const manager = await testManager()
    await manager.upload('add')
    const proplet = await manager.proplet('cell-1', { behaviour: () => ({ value: 5, bus: transcript }) })
    const { tasks } = (await manager.post('/v1/jobs?wait=20000', add)).json
    expect([proplet.starts[0]?.record, tasks[0].transcript]).toEqual([undefined, undefined])
    const none = await manager.get(`/v1/tasks/${tasks[0].id}/transcript`)
    expect([none.status, none.json.detail]).toEqual([404, expect.stringContaining('has no transcript')])
  })

  test('one that is longer than any may be does not hold up the result', async () => {
    const behaviour = () => ({ value: 5, transcript: 'ab'.repeat(32) as never, transcriptBytes: 2 ** 20 + 1 })
    const { task } = await recorded({ proplet: { behaviour, hello: { devices: cell } } })
    expect([task.state, task.transcript]).toEqual(['completed', undefined])
  })

  test('only its user and operators see it', async () => {
    const { manager, task } = await recorded()
    const { token } = (await manager.post('/v1/users', { id: 'ann' })).json
    expect((await manager.get(`/v1/tasks/${task.id}/transcript`, { token })).status).toBe(404)
  })
})

describe('replays [P-10.6]', () => {
  test('have version, export, arguments and grants of the recorded run, and its transcript in place of devices', async () => {
    const { manager, proplet, task } = await recorded()
    const before = callOf(proplet)
    await manager.request('PUT', GRANTS, { body: { grants: [] } })
    await manager.upload('add', 'line-stats/line-stats.wasm')
    const done = await manager.post('/v1/jobs?wait=20000', replayOf(task.id))
    expect(done.json.job).toMatchObject({ version: 1, export: 'add', replay: task.id, retries: 2 })
    const [first, again] = proplet.starts
    expect(callOf(proplet)).toEqual(before)
    expect(again).toMatchObject({ replay: task.transcript, replayBytes: task.transcriptBytes, grants: first?.grants })
    expect(Transcript.decode(await proplet.pull(again?.replay as never, again?.replayBytes ?? 0))).toEqual(transcript)
  })

  test('need no devices', async () => {
    const { manager, proplet, task } = await recorded()
    await proplet.close()
    await manager.request('DELETE', '/v1/proplets/cell-1')
    const bare = await manager.proplet('bare', { behaviour: () => ({ value: 5 }) })
    expect((await manager.post('/v1/jobs?wait=20000', replayOf(task.id))).json.tasks[0].proplet).toBe('bare')
    expect(bare.starts).toHaveLength(1)
  })

  test('may have other arguments and another version', async () => {
    const { manager, proplet, task } = await recorded()
    await manager.upload('sum')
    const changed = await manager.post('/v1/jobs?wait=20000', replayOf(task.id, { args: [7, 8], version: '1' }))
    expect([changed.status, callOf(proplet).args]).toEqual([200, [7, 8]])
    const missing = await manager.post('/v1/jobs', replayOf(task.id, { version: '2' }))
    expect([missing.status, missing.json.field]).toEqual([404, 'version'])
  })

  test('are of own tasks, or of anybody for an operator', async () => {
    const { manager, task } = await recorded()
    const { token } = (await manager.post('/v1/users', { id: 'ann' })).json
    const foreign = await manager.post('/v1/jobs', replayOf(task.id), { token })
    expect([foreign.status, foreign.json.code]).toEqual([404, 'NOT_FOUND'])
    const own = (await manager.post('/v1/jobs?wait=20000', { ...add, record: true }, { token })).json.tasks[0].id
    expect((await manager.post('/v1/jobs', replayOf(own), { token })).status).toBe(202)
    expect((await manager.post('/v1/jobs', replayOf(own))).status).toBe(202)
  })

  test.each<[string, object, number, string]>([
    ['of several calls', { batch: [[1, 2]] }, 400, 'batch'],
    ['of another function', { function: 'other' }, 400, 'function'],
    ['of what is no task', { replay: 'x' }, 400, 'replay'],
  ])('%s are refused by their field', async (_, more, status, field) => {
    const { manager, task } = await recorded()
    const refused = await manager.post('/v1/jobs', { ...replayOf(task.id), ...more })
    expect([refused.status, refused.json.field]).toEqual([status, field])
  })

  test('of a task without a transcript say what is missing', async () => {
    const { manager } = await recorded()
    const { tasks } = (await manager.post('/v1/jobs?wait=20000', add)).json
    const refused = await manager.post('/v1/jobs', replayOf(tasks[0].id))
    expect(refused.json).toMatchObject({ code: 'FAILED_PRECONDITION', expected: expect.stringContaining('record') })
  })

  test('one that differs says where, and is not tried again', async () => {
    const message = 'replay differs at operation 2: motor-1 set low was asked for, the record has motor-1 set high'
    const { manager, task } = await recorded({
      proplet: {
        hello: { devices: cell },
        behaviour: ({ replay }) =>
          replay
            ? { outcome: 'trapped', error: { code: 'FAILED_PRECONDITION', message } }
            : { value: 5, bus: transcript },
      },
    })
    const { results } = (await manager.post('/v1/jobs?wait=20000', replayOf(task.id))).json
    expect(results).toMatchObject([{ outcome: 'trapped', attempt: 1, error: { message } }])
  })
})
