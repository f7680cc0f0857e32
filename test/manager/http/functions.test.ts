import { describe, expect, test } from 'vitest'
import { digestOf } from '../../../shared/ids.ts'
import { example, testManager } from '../../support/manager.ts'

describe('functions', () => {
  test('an upload is a version, with where it runs', async () => {
    const manager = await testManager()
    const first = await manager.upload('add')
    expect(first.status).toBe(201)
    expect(first.headers.get('location')).toBe('/v1/functions/add/versions/1')
    expect(first.json).toMatchObject({ function: 'add', version: 1, kind: 'core', createdBy: 'local' })
    expect(first.json.notes[0].runs.length).toBeGreaterThan(0)
    expect(first.json.manifest).toMatch(/^[0-9a-f]{64}$/)
  })

  test('the same module again is the same version, another module the next one', async () => {
    const manager = await testManager()
    await manager.upload('add')
    const again = await manager.upload('add')
    expect([again.status, again.json.version]).toEqual([200, 1])
    const other = await manager.upload('add', 'fib-as/fib-as.wasm')
    expect([other.status, other.json.version]).toEqual([201, 2])
    const shown = await manager.get('/v1/functions/add')
    expect(shown.json).toMatchObject({ name: 'add', latest: 2 })
    expect(shown.json.versions).toHaveLength(2)
  })

  test('an alias means the version that it was set to', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.post('/v1/functions/add?alias=blue', await example('fib-as/fib-as.wasm'))
    expect((await manager.get('/v1/functions/add/versions/blue')).json.version).toBe(2)
    const moved = await manager.request('PUT', '/v1/functions/add/aliases/blue', { body: { version: 1 } })
    expect([moved.status, moved.json.aliases]).toEqual([200, { blue: 1 }])
    expect((await manager.get('/v1/functions/add/versions/blue')).json.version).toBe(1)
    const missing = await manager.request('PUT', '/v1/functions/add/aliases/blue', { body: { version: 9 } })
    expect([missing.status, missing.json.code]).toEqual([404, 'NOT_FOUND'])
    const reserved = await manager.request('PUT', '/v1/functions/add/aliases/latest', { body: { version: 1 } })
    expect([reserved.status, reserved.json.field]).toEqual([400, 'alias'])
  })

  test('a version is its manifest, under its digest as entity tag', async () => {
    const manager = await testManager()
    const { json: uploaded } = await manager.upload('add')
    const found = await manager.get('/v1/functions/add/versions/latest')
    expect(found.json.exports[0]).toMatchObject({ name: 'add', signature: expect.stringContaining('func') })
    const etag = found.headers.get('etag') ?? ''
    expect(etag).toBe(`"${uploaded.manifest}"`)
    const known = await manager.get('/v1/functions/add/versions/1', { headers: { 'if-none-match': etag } })
    expect([known.status, known.bytes.length]).toEqual([304, 0])
  })

  test('the module comes back byte for byte', async () => {
    const manager = await testManager()
    await manager.upload('add')
    const bytes = await example('add/add.wasm')
    const found = await manager.get('/v1/functions/add/versions/1/module')
    expect(found.headers.get('content-type')).toBe('application/wasm')
    expect(found.headers.get('etag')).toBe(`"${digestOf(bytes)}"`)
    expect(found.bytes.equals(bytes)).toBe(true)
  })

  test('a list comes in pages and a cursor of another list is refused', async () => {
    const manager = await testManager()
    for (const name of ['a', 'b', 'c']) await manager.upload(name)
    const first = await manager.get('/v1/functions?limit=2')
    const second = await manager.get(`/v1/functions?limit=2&cursor=${first.json.next}`)
    const names = [...first.json.items, ...second.json.items].map((one: { name: string }) => one.name)
    expect(names).toEqual(['c', 'b', 'a'])
    expect(second.json.next).toBeUndefined()
    const wrong = await manager.get(`/v1/jobs?cursor=${first.json.next}`)
    expect([wrong.status, wrong.json.field]).toEqual([400, 'cursor'])
  })

  test('a function that was removed is gone', async () => {
    const manager = await testManager()
    await manager.upload('add')
    expect((await manager.request('DELETE', '/v1/functions/add')).status).toBe(204)
    expect((await manager.get('/v1/functions/add')).status).toBe(404)
    expect((await manager.request('DELETE', '/v1/functions/add')).json.code).toBe('NOT_FOUND')
  })

  test('inspection says which connected proplet fits, and why another does not', async () => {
    const manager = await testManager()
    await manager.proplet('big')
    await manager.proplet('tiny', { hello: { memory: 1024 } })
    const found = await manager.post('/v1/inspect', await example('add/add.wasm'))
    expect(found.status).toBe(200)
    expect(found.json.proplets).toContainEqual({ proplet: 'big', fits: true, format: 'core-module' })
    const tiny = found.json.proplets.find((one: { proplet: string }) => one.proplet === 'tiny')
    expect(tiny).toMatchObject({ fits: false, reason: expect.stringContaining('memory') })
    expect((await manager.get('/v1/functions')).json.items).toEqual([])
  })

  test('inspection names everything that a proplet lacks, what would help, and what the function asks for', async () => {
    const manager = await testManager()
    await manager.proplet('board', {
      hello: {
        formats: ['lowered-core'],
        memory: 49_152,
        interfaces: ['wasi:spi/spi'],
        devices: [{ name: 'line1-temp', kind: 'gpio', places: ['gpio0/3'], simulated: false, chip: 'button' }],
      },
    })
    const found = await manager.post('/v1/inspect', await example('i2c-scan/i2c-scan.wasm'))
    expect(found.json.words).toMatch(/^reads and writes .*line1-temp .*at most 200 times a second$/)
    const [{ fits, reason }] = found.json.proplets
    expect(fits).toBe(false)
    expect(reason.split('; ')).toEqual([
      'does not offer wasi:i2c/i2c',
      'has 49152 bytes of memory for an instance, this one needs 1114112',
      'has line1-temp as gpio, not i2c',
      expect.stringMatching(/^its code holds a memory\.grow/),
      expect.stringMatching(/Rust guest/),
      '1048576 bytes of it are its stack',
      'link with -C link-arg=-zstack-size=4096',
    ])
  })

  test('bytes that are no module are refused in words', async () => {
    const manager = await testManager()
    const answer = await manager.post('/v1/functions/bad', Buffer.from('no wasm'))
    expect([answer.status, answer.json.code]).toEqual([400, 'INVALID_ARGUMENT'])
  })
})
