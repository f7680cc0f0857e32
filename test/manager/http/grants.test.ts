import { describe, expect, test } from 'vitest'
import { DesiredList } from '../../../shared/documents/desired-list.ts'
import { Grants } from '../../../shared/documents/grants.ts'
import type { Start } from '../../../shared/messages/index.ts'
import { cell, grant, motor, motorAlias, sensor } from '../../support/devices.ts'
import { type TestManager, temporaryFolder, testManager } from '../../support/manager.ts'
import type { MockProplet } from '../../support/mock-proplet.ts'

const add = { function: 'add', export: 'add', args: [2, 3] }
const GRANTS = '/v1/functions/add/versions/latest/grants'
const [reading, writing] = [grant(sensor, 'read', { perSecond: 10 }), grant(motor, 'write')]
const hello = { devices: cell }

const give = (manager: TestManager, grants: unknown, token?: string) =>
  manager.request('PUT', GRANTS, { body: { grants }, ...(token !== undefined && { token }) })

async function grantsOf(proplet: MockProplet, { grants, grantsBytes = 0 }: Start) {
  return grants && Grants.decode(await proplet.pull(grants, grantsBytes)).grants
}

async function withCell(behaviour?: Parameters<TestManager['proplet']>[1]) {
  const manager = await testManager()
  await manager.upload('add')
  return { manager, proplet: await manager.proplet('cell-1', { hello, ...behaviour }) }
}

describe('grants of a version [P-10.2]', () => {
  test('a version has none until an operator gives some, and says who did', async () => {
    const { manager } = await withCell()
    expect((await manager.get(GRANTS)).json).toEqual({
      ...{ function: 'add', version: 1, asked: [], grants: [], words: 'touches no device' },
    })
    const given = await give(manager, [reading, writing])
    expect(given.json).toMatchObject({ grants: [reading, writing], grantedBy: 'local' })
    expect(given.json.words).toBe('writes to motor-1; reads line1-temp at most 10 times a second')
    expect((await manager.get(GRANTS)).json).toEqual(given.json)
  })

  test('its tasks get them as a document, those of the next version nothing', async () => {
    const { manager, proplet } = await withCell({ hello: { ...hello, formats: ['core-module', 'component'] } })
    await give(manager, [reading])
    await manager.post('/v1/jobs', add)
    const first = await proplet.start()
    expect(await grantsOf(proplet, first)).toEqual([reading])
    await proplet.end(first, { value: 5 })
    await manager.upload('add', 'line-stats/line-stats.wasm')
    await manager.post('/v1/jobs', { function: 'add', export: 'summarise', args: [[1]] })
    expect((await proplet.start()).grants).toBeUndefined()
  })

  test('they outlive the manager', async () => {
    const dir = await temporaryFolder()
    const first = await testManager({ dir })
    await first.upload('add')
    await give(first, [reading])
    await first.close()
    const manager = await testManager({ dir })
    expect((await manager.get(GRANTS)).json.grants).toEqual([reading])
    const proplet = await manager.proplet('cell-1', { hello })
    await manager.post('/v1/jobs', add)
    expect(await grantsOf(proplet, await proplet.start())).toEqual([reading])
  })

  test('what is taken away is gone for every attempt that is placed later', async () => {
    const { manager, proplet } = await withCell({ hello: { ...hello, slots: 1, queue: 0 } })
    await give(manager, [writing])
    await manager.post('/v1/jobs', {
      ...add,
      args: undefined,
      batch: [
        [1, 2],
        [3, 4],
      ],
    })
    const running = await proplet.start()
    expect(await grantsOf(proplet, running)).toEqual([writing])
    await give(manager, [])
    await proplet.end(running, { value: 3 })
    expect((await proplet.start()).grants).toBeUndefined()
  })

  test('only an operator gives them, and the event says who gave what', async () => {
    const { manager } = await withCell()
    const ann = (await manager.post('/v1/users', { id: 'ann' })).json.token
    const root = (await manager.post('/v1/users', { id: 'root', role: 'operator' })).json.token
    expect((await give(manager, [writing], ann)).json).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' })
    const events: unknown[] = []
    manager.manager.events.watch((event) => events.push(event))
    await give(manager, [writing], root)
    expect(events).toEqual([
      { type: 'grants', function: 'add', version: 1, by: 'root', grants: [writing], words: 'writes to motor-1' },
    ])
    expect((await manager.get(GRANTS, { token: ann })).json.grants).toEqual([writing])
  })

  test.each<[string, unknown, string]>([
    ['a device twice', [writing, grant(motor, 'read')], 'grants[1].device'],
    ['addresses of a pin', [grant(motor, 'write', { addresses: [1] })], 'grants[0].addresses'],
    ['no operation a second', [grant(sensor, 'read', { perSecond: 0 })], 'grants[0].perSecond'],
    ['an access that does not exist', [{ ...writing, access: 'all' }], 'grants[0].access'],
    ['a name that no profile has', [{ ...writing, device: 'Motor 1' }], 'grants[0].device'],
    ['more than there may be', Array.from({ length: 17 }, () => writing), 'grants'],
  ])('%s is refused by its field', async (_, grants, field) => {
    const { manager } = await withCell()
    expect((await give(manager, grants)).json).toMatchObject({ status: 400, field })
    expect((await manager.get(GRANTS)).json.grants).toEqual([])
  })
})

describe('where tasks with grants go', () => {
  test('nowhere without the device, and each proplet says what it lacks', async () => {
    const { manager } = await withCell({ hello: { devices: [sensor] } })
    await give(manager, [writing])
    const refused = await manager.post('/v1/jobs', add)
    expect([refused.status, refused.json.reasons]).toEqual([409, ['cell-1: has no device motor-1']])
  })

  test('a proplet shows its devices and interfaces', async () => {
    const { manager } = await withCell({ hello: { ...hello, interfaces: ['wasi:i2c/i2c'] } })
    expect((await manager.get('/v1/proplets/cell-1')).json).toMatchObject({
      interfaces: ['wasi:i2c/i2c'],
      devices: [{ name: 'line1-temp', kind: 'i2c', simulated: true, addresses: [0x76] }, ...cell.slice(1)],
    })
  })
})

describe('tasks that may write are not tried again by themselves [P-5.3]', () => {
  const retriesOf = async (manager: TestManager, more: object) =>
    (await manager.post('/v1/jobs', { ...add, ...more })).json.job.retries

  test('0 where they may write, 2 where they only read, and what the user says where he says it', async () => {
    const { manager } = await withCell()
    expect(await retriesOf(manager, {})).toBe(2)
    await give(manager, [reading])
    expect(await retriesOf(manager, {})).toBe(2)
    await give(manager, [reading, writing])
    expect(await retriesOf(manager, {})).toBe(0)
    expect(await retriesOf(manager, { retries: 3 })).toBe(3)
  })

  test('a lost one ends as unknown: its outputs may have moved', async () => {
    const { manager, proplet } = await withCell()
    await give(manager, [writing])
    const { job } = (await manager.post('/v1/jobs', add)).json
    await proplet.end(await proplet.start(), { outcome: 'lost' })
    const { results } = (await manager.post('/v1/jobs?wait=20000', { ...add, key: job.key })).json
    expect(results).toMatchObject([{ state: 'unknown', outcome: 'lost', attempt: 1 }])
  })

  test('a right to write that came after acceptance is not used twice', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.post('/v1/proplets', { id: 'cell-1' })
    const { job } = (await manager.post('/v1/jobs', add)).json
    expect(job.retries).toBe(2)
    await give(manager, [writing])
    const proplet = await manager.proplet('cell-1', { hello })
    await proplet.end(await proplet.start(), { outcome: 'lost' })
    const { results } = (await manager.post('/v1/jobs?wait=20000', { ...add, key: job.key })).json
    expect(results).toMatchObject([{ state: 'unknown', attempt: 1 }])
  })
})

describe('refusals [P-10.3]', () => {
  test('of a task and of a deployment are shown, and counted together', async () => {
    const { manager, proplet } = await withCell({ behaviour: () => ({ value: 5, refusals: 3 }) })
    const { tasks, results } = (await manager.post('/v1/jobs?wait=20000', add)).json
    expect([tasks[0].refusals, results[0].refusals]).toEqual([3, 3])
    const { id, manifest } = (await manager.post('/v1/deployments', { ...add, selector: '*', trigger: 'boot' })).json
    const state = { deployment: id, manifest, runs: 1, failures: 0, skipped: 0, dropped: 0 } as const
    const seen = reported(manager, 2)
    for (const refusals of [4, 6]) await proplet.deploymentState({ ...state, state: 'running', refusals })
    await seen
    expect((await manager.get(`/v1/deployments/${id}`)).json.states).toMatchObject([{ refusals: 6 }])
    const metrics = (await manager.get('/metrics')).bytes.toString()
    expect(metrics).toContain('samara_grant_refusals_total{of="tasks"} 3\n')
    expect(metrics).toContain('samara_grant_refusals_total{of="deployments"} 6\n')
  })
})

const reported = (manager: TestManager, times: number): Promise<void> =>
  new Promise((resolve) => {
    let left = times
    const stop = manager.manager.events.watch((event) => {
      if (event.type !== 'deployment-state' || --left > 0) return
      stop()
      resolve()
    })
  })

describe('deployments with grants [P-10.2]', () => {
  const wanted = { ...add, selector: '*', trigger: 'boot' }

  test('they are in the list of the proplet, and shown in words', async () => {
    const { manager, proplet } = await withCell()
    const made = (await manager.post('/v1/deployments', { ...wanted, grants: [writing, reading] })).json
    expect(made).toMatchObject({
      grants: [writing, reading],
      words: 'writes to motor-1; reads line1-temp at most 10 times a second',
    })
    const { digest, sizeBytes } = await proplet.desired()
    const { deployments } = DesiredList.decode(await proplet.pull(digest, sizeBytes))
    expect(deployments).toMatchObject([{ deployment: made.id, grants: [writing, reading] }])
  })

  test('without grants there are none, whatever its version was granted', async () => {
    const { manager, proplet } = await withCell()
    await give(manager, [writing])
    await manager.post('/v1/deployments', wanted)
    const { digest, sizeBytes } = await proplet.desired()
    expect(DesiredList.decode(await proplet.pull(digest, sizeBytes)).deployments[0]?.grants).toBeUndefined()
  })

  test('a second that would write to the same place is refused with both names [P-10.4]', async () => {
    const { manager } = await withCell()
    await manager.upload('other')
    const first = (await manager.post('/v1/deployments', { ...wanted, grants: [writing] })).json
    const second = { ...wanted, function: 'other', grants: [grant(motorAlias, 'write')] }
    const refused = await manager.post('/v1/deployments', second)
    expect([refused.status, refused.json.code]).toEqual([409, 'FAILED_PRECONDITION'])
    for (const name of ['other', 'cell-1', 'spare-relay', 'motor-1', first.id, 'of add'])
      expect(refused.json.detail).toContain(name)
    expect((await manager.get('/v1/deployments')).json.items).toHaveLength(1)
    await manager.request('DELETE', `/v1/deployments/${first.id}`)
    expect((await manager.post('/v1/deployments', second)).status).toBe(201)
  })

  test('of two at once one is refused', async () => {
    const { manager } = await withCell()
    const both = [1, 2].map(() => manager.post('/v1/deployments', { ...wanted, grants: [writing] }))
    expect((await Promise.all(both)).map(({ status }) => status).toSorted()).toEqual([201, 409])
  })

  test('where it only shows later the second is left out there, until the first is gone', async () => {
    const manager = await testManager()
    await manager.upload('add')
    const first = (await manager.post('/v1/deployments', { ...wanted, grants: [writing] })).json
    const second = (await manager.post('/v1/deployments', { ...wanted, grants: [grant(motorAlias, 'write')] })).json
    const proplet = await manager.proplet('cell-1', { hello })
    const idsOf = async () => {
      const { digest, sizeBytes } = await proplet.desired()
      return DesiredList.decode(await proplet.pull(digest, sizeBytes)).deployments.map((one) => one.deployment)
    }
    expect(await idsOf()).toEqual([first.id])
    expect((await manager.get(`/v1/deployments/${second.id}`)).json.refused).toEqual([
      { proplet: 'cell-1', reason: expect.stringContaining(`which deployment ${first.id} of add writes to`) },
    ])
    await manager.request('DELETE', `/v1/deployments/${first.id}`)
    expect(await idsOf()).toEqual([second.id])
  })
})
