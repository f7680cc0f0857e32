import { describe, expect, test } from 'vitest'
import { Float } from '../../../shared/cbor.ts'
import { ResultBody } from '../../../shared/documents/call.ts'
import { DesiredList } from '../../../shared/documents/desired-list.ts'
import type { Digest } from '../../../shared/ids.ts'
import { button, grant } from '../../support/devices.ts'
import { example, testManager } from '../../support/manager.ts'
import { mockProplet } from '../../support/mock-proplet.ts'

describe('proplets', () => {
  test('a proplet that is registered gets its token once, and is heard with it', async () => {
    const manager = await testManager()
    const added = await manager.post('/v1/proplets', { id: 'press-7', labels: { line: '1' } })
    expect(added.status).toBe(201)
    expect((await manager.get('/v1/proplets/press-7')).json).toMatchObject({
      liveness: 'unknown',
      labels: { line: '1' },
    })
    const mock = await mockProplet({ port: manager.mqttPort, id: 'press-7', token: added.json.token })
    const shown = (await manager.get('/v1/proplets/press-7')).json
    expect(shown).toMatchObject({ liveness: 'on-time', connected: true, slots: 4, software: 'mock', arch: 'x64' })
    expect(JSON.stringify(shown)).not.toContain(added.json.token)
    await mock.close()
  })

  test('registering again makes a new token and ends the connection of the old one', async () => {
    const manager = await testManager()
    const mock = await manager.proplet('press-7')
    const again = await manager.post('/v1/proplets', { id: 'press-7' })
    expect(again.status).toBe(200)
    await mock.closed
    const back = await mockProplet({ port: manager.mqttPort, id: 'press-7', token: again.json.token })
    await back.close()
  })

  test('labels are set in place of those before', async () => {
    const manager = await testManager()
    await manager.post('/v1/proplets', { id: 'press-7', labels: { line: '1' } })
    const patched = await manager.request('PATCH', '/v1/proplets/press-7', { body: { labels: { site: 'hall-3' } } })
    expect([patched.status, patched.json.labels]).toEqual([200, { site: 'hall-3' }])
    const wrong = await manager.request('PATCH', '/v1/proplets/press-7', { body: { labels: { 'NO WAY': 'x' } } })
    expect([wrong.status, wrong.json.code]).toEqual([400, 'INVALID_ARGUMENT'])
  })

  test('a proplet that is removed loses its connection', async () => {
    const manager = await testManager()
    const mock = await manager.proplet('press-7')
    expect((await manager.request('DELETE', '/v1/proplets/press-7')).status).toBe(204)
    await mock.closed
    expect((await manager.get('/v1/proplets/press-7')).status).toBe(404)
  })

  test('the list comes in pages, by name', async () => {
    const manager = await testManager()
    for (const id of ['c', 'a', 'b']) await manager.post('/v1/proplets', { id })
    const first = (await manager.get('/v1/proplets?limit=2')).json
    const second = (await manager.get(`/v1/proplets?limit=2&cursor=${first.next}`)).json
    expect([...first.items, ...second.items].map((one: { id: string }) => one.id)).toEqual(['a', 'b', 'c'])
    expect((await manager.get('/v1/proplets?cursor=wrong')).json.field).toBe('cursor')
  })

  test('users and proplets share one space of names', async () => {
    const manager = await testManager()
    await manager.post('/v1/users', { id: 'ann' })
    await manager.post('/v1/proplets', { id: 'press-7' })
    expect((await manager.post('/v1/proplets', { id: 'ann' })).json).toMatchObject({ status: 409, field: 'id' })
    expect((await manager.post('/v1/users', { id: 'press-7' })).json).toMatchObject({ status: 409, field: 'id' })
  })
})

describe('users', () => {
  test('a user is added, listed without the token, and removed', async () => {
    const manager = await testManager()
    const added = await manager.post('/v1/users', { id: 'ann', role: 'operator' })
    expect([added.status, added.json.token.length > 20]).toEqual([201, true])
    const { items } = (await manager.get('/v1/users')).json
    expect(items).toEqual([{ id: 'ann', role: 'operator', createdMs: expect.any(Number) }])
    expect((await manager.request('DELETE', '/v1/users/ann')).status).toBe(204)
    expect((await manager.get('/v1/version', { token: added.json.token })).status).toBe(401)
  })

  test('a new token makes the old one worthless', async () => {
    const manager = await testManager()
    const { token } = (await manager.post('/v1/users', { id: 'ann' })).json
    expect((await manager.get('/v1/version', { token })).status).toBe(200)
    const again = await manager.post('/v1/users', { id: 'ann' })
    expect(again.status).toBe(200)
    expect((await manager.get('/v1/version', { token })).status).toBe(401)
    expect((await manager.get('/v1/version', { token: again.json.token })).status).toBe(200)
  })
})

const estop = { device: 'estop', kind: 'gpio', access: 'read' } as const

describe('deployments', () => {
  test('a deployment shows who reports, who is waited for and who cannot', async () => {
    const manager = await testManager()
    await manager.upload('add')
    const mock = await manager.proplet('fits', { labels: { line: '1' } })
    await manager.proplet('waits', { labels: { line: '1' } })
    await manager.proplet('cannot', { labels: { line: '1' }, hello: { formats: ['component'] } })
    await manager.proplet('elsewhere', { labels: { line: '2' } })
    const wanted = { function: 'add', export: 'add', args: [1, 2], selector: 'line=1', trigger: 'every', everyMs: 1000 }
    const made = await manager.post('/v1/deployments', wanted)
    expect(made.status).toBe(201)
    const { id, manifest } = made.json
    expect(made.headers.get('location')).toBe(`/v1/deployments/${id}`)
    await mock.desired()
    const counts = { runs: 3, failures: 0, skipped: 0, dropped: 0 }
    await mock.deploymentState({ deployment: id, state: 'running', manifest, ...counts })
    const shown = (await manager.get(`/v1/deployments/${id}`)).json
    expect(shown.states).toMatchObject([{ proplet: 'fits', state: 'running', runs: 3 }])
    expect(shown.waiting).toEqual(['waits'])
    expect(shown.refused).toEqual([{ proplet: 'cannot', reason: expect.stringContaining('loads component') }])
    expect((await manager.get('/v1/deployments')).json.items).toMatchObject([{ id, version: 1, keep: false }])
    expect((await manager.request('DELETE', `/v1/deployments/${id}`)).status).toBe(204)
    expect((await manager.get(`/v1/deployments/${id}`)).status).toBe(404)
  })

  test('of trigger edge goes to proplets that know it, and the others say why not', async () => {
    const manager = await testManager()
    await manager.upload('add')
    const knows = await manager.proplet('knows', { hello: { devices: [button], triggers: ['edge'] } })
    await manager.proplet('old', { hello: { devices: [button] } })
    const wanted = { function: 'add', export: 'add', args: [1, 2], selector: '*', trigger: 'edge' }
    const edge = { device: button.name, edge: 'falling', grants: [grant(button, 'read')] }
    const { id } = (await manager.post('/v1/deployments', { ...wanted, ...edge })).json
    const index = await knows.desired()
    const [desired] = DesiredList.decode(await knows.pull(index.digest as Digest, index.sizeBytes)).deployments
    expect(desired).toMatchObject({ deployment: id, trigger: 'edge', ...edge })
    const shown = (await manager.get(`/v1/deployments/${id}`)).json
    expect(shown).toMatchObject({ trigger: 'edge', device: button.name, edge: 'falling', waiting: ['knows'] })
    expect(shown.refused).toEqual([{ proplet: 'old', reason: 'does not know the trigger edge' }])
  })

  /** What is shown of runs of an export that ended with these bodies. */
  async function results(name: string, bodies: readonly Uint8Array[]) {
    const manager = await testManager()
    await manager.upload('add')
    const mock = await manager.proplet('p1')
    const wanted = {
      function: 'add',
      export: name,
      args: name === 'half' ? [3] : [1, 2],
      selector: '*',
      trigger: 'boot',
    }
    const { id } = (await manager.post('/v1/deployments', wanted)).json
    for (const [at, body] of bodies.entries())
      await mock.deploymentResult({ deployment: id, seq: at + 1, agoMs: 0, outcome: 'completed', body, ranUs: 9 })
    return (await manager.get(`/v1/deployments/${id}/results`)).json.items
  }

  test('results have their values', async () => {
    const items = await results('add', [ResultBody.encode({ value: 3, stdout: Buffer.from('done') })])
    expect(items).toMatchObject([{ proplet: 'p1', seq: 1, outcome: 'completed', value: 3, stdout: 'done' }])
  })

  test('results have their floats', async () => {
    const items = await results('half', [ResultBody.encode({ value: new Float(1.5, 64) })])
    expect(items).toMatchObject([{ outcome: 'completed', value: 1.5 }])
  })

  test('results that are none are shown as such, beside the others', async () => {
    const bodies = [ResultBody.encode({ value: 3 }), ResultBody.encode({ value: 'three' }), Buffer.from('junk')]
    const items = await results('add', bodies)
    const unreadable = { outcome: 'completed', error: { code: 'INVALID_ARGUMENT' } }
    expect(items).toMatchObject([
      { seq: 3, ...unreadable },
      { seq: 2, ...unreadable },
      { seq: 1, value: 3 },
    ])
    expect(items[1].error.message).toMatch(/^result: .*"three"/)
  })

  test.each([
    [{ trigger: 'every' }, 'everyMs'],
    [{ trigger: 'boot', everyMs: 5 }, 'everyMs'],
    [{ trigger: 'boot', selector: '(' }, 'selector'],
    [{ trigger: 'sometimes' }, 'trigger'],
    [{ trigger: 'edge', edge: 'rising' }, 'device'],
    [{ trigger: 'edge', device: 'estop', grants: [estop] }, 'edge'],
    [{ trigger: 'edge', device: 'estop', grants: [estop], edge: 'sometimes' }, 'edge'],
    [{ trigger: 'edge', device: 'estop', edge: 'rising' }, 'device'],
    [{ trigger: 'edge', device: 'estop', edge: 'rising', grants: [{ ...estop, access: 'write' }] }, 'device'],
    [{ trigger: 'edge', device: 'estop', edge: 'rising', grants: [{ ...estop, kind: 'i2c' }] }, 'device'],
    [{ trigger: 'boot', device: 'estop' }, 'device'],
    [{ trigger: 'boot', edge: 'both' }, 'edge'],
    [{ trigger: 'boot', args: [1] }, 'args'],
  ])('%j is refused by its field', async (change, field) => {
    const manager = await testManager()
    await manager.post('/v1/functions/add', await example('add/add.wasm'))
    const wanted = { function: 'add', export: 'add', args: [1, 2], selector: '*', ...change }
    const answer = await manager.post('/v1/deployments', wanted)
    expect([answer.status, answer.json.field]).toEqual([400, expect.stringContaining(field)])
  })
})
