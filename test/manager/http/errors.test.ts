import { connect } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Reply, type TestManager, testManager } from '../../support/manager.ts'

const problem = ({ status, json, headers }: Reply) => {
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect(json).toMatchObject({ type: `urn:samara:error:${json.code}`, status, title: expect.any(String) })
  expect(JSON.stringify(json)).not.toMatch(/\bat .*:\d+:\d+|node_modules/)
  return [status, json.code, json.field]
}

describe('every failure is a problem', () => {
  const rows: [name: string, send: (manager: TestManager) => Promise<Reply>, expected: unknown[]][] = [
    ['an unknown path', (m) => m.get('/v1/nothing'), [404, 'NOT_FOUND', undefined]],
    ['the root', (m) => m.get('/'), [404, 'NOT_FOUND', undefined]],
    ['a method that a path has not', (m) => m.request('DELETE', '/v1/version'), [405, 'UNSUPPORTED', undefined]],
    ['JSON that is none', (m) => m.post('/v1/jobs', '{"function":'), [400, 'INVALID_ARGUMENT', undefined]],
    ['an empty body', (m) => m.post('/v1/jobs', ''), [400, 'INVALID_ARGUMENT', undefined]],
    ['a list for an object', (m) => m.post('/v1/jobs', []), [400, 'INVALID_ARGUMENT', undefined]],
    ['null', (m) => m.post('/v1/jobs', null), [400, 'INVALID_ARGUMENT', undefined]],
    ['a missing field', (m) => m.post('/v1/jobs', {}), [400, 'INVALID_ARGUMENT', 'function']],
    ['an unknown field', (m) => m.post('/v1/jobs', { function: 'add', arg: 1 }), [400, 'INVALID_ARGUMENT', 'arg']],
    [
      'an unknown label field',
      (m) => m.post('/v1/proplets', { id: 'a', label: {} }),
      [400, 'INVALID_ARGUMENT', 'label'],
    ],
    ['a function of no name', (m) => m.post('/v1/jobs', { function: 'nobody' }), [404, 'NOT_FOUND', undefined]],
    ['an unknown parameter', (m) => m.get('/v1/jobs?colour=red'), [400, 'INVALID_ARGUMENT', 'colour']],
    ['a parameter twice', (m) => m.get('/v1/jobs?limit=1&limit=2'), [400, 'INVALID_ARGUMENT', 'limit']],
    ['a limit of 0', (m) => m.get('/v1/jobs?limit=0'), [400, 'INVALID_ARGUMENT', 'limit']],
    ['a limit of 501', (m) => m.get('/v1/jobs?limit=501'), [400, 'INVALID_ARGUMENT', 'limit']],
    ['a limit in words', (m) => m.get('/v1/jobs?limit=many'), [400, 'INVALID_ARGUMENT', 'limit']],
    ['a cursor that is none', (m) => m.get('/v1/tasks?cursor=!!'), [400, 'INVALID_ARGUMENT', 'cursor']],
    ['a state that is none', (m) => m.get('/v1/tasks?state=sleeping'), [400, 'INVALID_ARGUMENT', 'state']],
    [
      'a wait that is too long',
      (m) => m.post('/v1/jobs?wait=60001', { function: 'add' }),
      [400, 'INVALID_ARGUMENT', 'wait'],
    ],
    ['a task that is none', (m) => m.get('/v1/tasks/42'), [400, 'INVALID_ARGUMENT', 'task']],
    ['a task that is unknown', (m) => m.get(`/v1/tasks/t${'0'.repeat(20)}`), [404, 'NOT_FOUND', undefined]],
    ['a job that is unknown', (m) => m.post(`/v1/jobs/j${'0'.repeat(20)}/cancel`), [404, 'NOT_FOUND', undefined]],
    ['JSON that is too large', (m) => m.post('/v1/jobs', `"${'x'.repeat(1 << 20)}"`), [413, 'TOO_LARGE', undefined]],
    [
      'a foreign reply topic',
      (m) => m.post('/v1/jobs', { function: 'add', reply: 'samara/1/default/u/eve/reply' }),
      [403, 'PERMISSION_DENIED', 'reply'],
    ],
    ['a backup elsewhere', (m) => m.post('/v1/backup', { dir: '../etc' }), [400, 'INVALID_ARGUMENT', 'dir']],
    [
      'an event number that is none',
      (m) => m.get('/v1/events', { headers: { 'last-event-id': 'x' } }),
      [400, 'INVALID_ARGUMENT', 'last-event-id'],
    ],
  ]
  test('the table', async () => {
    const manager = await testManager()
    for (const [name, send, expected] of rows)
      expect([name, ...problem(await send(manager))]).toEqual([name, ...expected])
  })

  test('405 names the methods that there are', async () => {
    const manager = await testManager()
    const answer = await manager.request('PUT', '/v1/proplets/p1')
    expect(answer.headers.get('allow')).toBe('GET, PATCH, DELETE, HEAD')
  })

  test.each([
    '+',
    '%23',
    '$SYS',
    'a%2Fb',
    '..%2F..%2Fetc',
    '%00',
    '%ff',
    'A',
    '__proto__',
    'ü',
    'a'.repeat(49),
    'a'.repeat(8_000),
  ])('the name %j is no name', async (name) => {
    const manager = await testManager()
    for (const path of [`/v1/functions/${name}`, `/v1/proplets/${name}`])
      expect(problem(await manager.get(path))[0]).toBe(400)
    expect(problem(await manager.post(`/v1/functions/${name}`, Buffer.from('x')))[0]).toBe(400)
    const body = name.startsWith('%') ? decodeURIComponent(name === '%ff' ? '%C3%BF' : name) : name
    expect(problem(await manager.post('/v1/proplets', { id: body }))).toEqual([400, 'INVALID_ARGUMENT', 'id'])
  })

  test('HEAD answers as GET, without a body', async () => {
    const manager = await testManager()
    const found = await manager.request('HEAD', '/v1/version')
    expect([found.status, found.bytes.length]).toEqual([200, 0])
    expect((await manager.request('HEAD', '/v1/nothing')).status).toBe(404)
  })

  test('a module that announces too much is refused before it is read', async () => {
    const manager = await testManager()
    const head =
      'POST /v1/functions/big HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/wasm\r\nContent-Length: 99999999\r\n\r\n'
    expect(await talk(manager, head)).toMatch(/^HTTP\/1.1 413 /)
  })

  test('a module that does not announce its size is bounded all the same', async () => {
    const manager = await testManager()
    const chunk = Buffer.alloc(1 << 20)
    let sent = 0
    const body = new ReadableStream({
      pull(controller) {
        if (sent++ > 70) controller.close()
        else controller.enqueue(chunk)
      },
    })
    const answer = await fetch(`${manager.url}/v1/functions/big`, {
      ...{ method: 'POST', body, duplex: 'half', headers: { 'content-type': 'application/wasm' } },
    } as RequestInit).catch((error: Error) => error)
    // The server answers and stops reading: the client sees one or the other.
    if (answer instanceof Response) expect(answer.status).toBe(413)
    else expect(sent).toBeLessThan(72)
    expect((await manager.get('/healthz')).status).toBe(200)
  })

  test.each([
    ['a head that is too long', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`, 431],
    ['a path of 64 KiB', `GET /v1/functions/${'a'.repeat(65_536)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
    ['noise', '\u0000\u0001\u0002\r\n\r\n', 400],
    ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
  ])('%s is answered with a status', async (_, text, status) => {
    const manager = await testManager()
    expect(await talk(manager, text)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })
})

/** Says `text` and hears the head of the answer. */
function talk(manager: TestManager, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(manager.http.port, '127.0.0.1', () => socket.write(text))
    socket.once('data', (data) => {
      resolve(data.toString('latin1'))
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

describe('garbage', () => {
  const routes: [method: string, path: string][] = [
    ['POST', '/v1/jobs'],
    ['POST', '/v1/proplets'],
    ['PATCH', '/v1/proplets/p1'],
    ['POST', '/v1/users'],
    ['POST', '/v1/deployments'],
    ['PUT', '/v1/functions/add/aliases/blue'],
    ['POST', '/v1/functions/add'],
    ['POST', '/v1/inspect'],
  ]
  const plausible = fc.record(
    {
      function: fc.oneof(fc.constant('add'), fc.string()),
      export: fc.oneof(fc.constant('add'), fc.string()),
      args: fc.jsonValue(),
      batch: fc.jsonValue(),
      selector: fc.string(),
      trigger: fc.constantFrom('boot', 'every', 7),
      everyMs: fc.integer(),
      id: fc.string(),
      labels: fc.dictionary(fc.string(), fc.jsonValue()),
      role: fc.string(),
      version: fc.jsonValue(),
      key: fc.string(),
      timeoutMs: fc.double(),
      reply: fc.string(),
    },
    { requiredKeys: [] },
  )

  test('is never our fault', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.proplet('p1', { behaviour: () => ({ value: 1 }) })
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      plausible.map((one) => JSON.stringify(one)),
      fc.uint8Array({ maxLength: 200 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...routes), body, fc.boolean(), async ([method, path], sent, asWasm) => {
        const headers = { 'content-type': asWasm ? 'application/wasm' : 'application/json' }
        const { status } = await manager.request(method, path, { body: sent, headers })
        expect(status).toBeLessThan(500)
      }),
      { numRuns: 400 },
    )
    await fc.assert(
      fc.asyncProperty(fc.webPath(), fc.webQueryParameters(), async (path, query) => {
        expect((await manager.get(`/v1${path}?${query}`)).status).toBeLessThan(500)
      }),
      { numRuns: 200 },
    )
    expect((await manager.get('/readyz')).status).toBe(200)
  })
})
