import { existsSync, readFileSync, statSync } from 'node:fs'
import { request as rawRequest } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type TestManager, testManager } from '../../support/manager.ts'

type Raw = { readonly status: number; readonly body: string; readonly type: string | undefined }

/** A request with headers that fetch would not send. */
function raw(
  manager: TestManager,
  options: { method?: string; path?: string; headers?: Record<string, string>; body?: string },
): Promise<Raw> {
  const { method = 'GET', path = '/v1/version', headers = {}, body } = options
  return new Promise((resolve, reject) => {
    const sent = rawRequest(
      { host: '127.0.0.1', port: manager.http.port, method, path, headers, agent: false },
      (answer) => {
        const pieces: Buffer[] = []
        answer.on('data', (piece: Buffer) => pieces.push(piece))
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: Buffer.concat(pieces).toString(),
            type: answer.headers['content-type'],
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

const code = ({ body }: Raw): string => JSON.parse(body).code

describe('on loopback', () => {
  test.each([
    ['127.0.0.1', 200],
    ['127.0.0.1:7070', 200],
    ['localhost', 200],
    ['LOCALHOST:80', 200],
    ['[::1]:7070', 200],
    ['evil.example', 403],
    ['evil.example:7070', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost.evil.example', 403],
    ['0.0.0.0', 403],
  ])('Host %s is answered with %i', async (host, status) => {
    const manager = await testManager()
    const answer = await raw(manager, { headers: { host } })
    expect(answer.status).toBe(status)
    if (status === 403) expect([code(answer), answer.type]).toEqual(['PERMISSION_DENIED', 'application/problem+json'])
  })

  test.each([
    ['http://127.0.0.1:7070', 200],
    ['http://evil.example', 403],
    ['http://localhost:3000', 403],
    ['null', 403],
    ['', 403],
  ])('Origin %j is answered with %i', async (origin, status) => {
    const manager = await testManager()
    const headers = { host: '127.0.0.1:7070', origin }
    expect((await raw(manager, { headers })).status).toBe(status)
    // Neither does a page learn which paths there are, nor does it stop anything.
    if (status === 403) {
      expect((await raw(manager, { headers, path: '/nowhere' })).status).toBe(403)
      expect((await raw(manager, { headers, path: '/v1/proplets/a', method: 'DELETE' })).status).toBe(403)
    }
  })

  test.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonx'])(
    'a body of type %s is refused with 415',
    async (type) => {
      const manager = await testManager()
      const headers = { host: 'localhost', ...(type && { 'content-type': type }) }
      for (const path of ['/v1/jobs', '/v1/proplets', '/v1/functions/add', '/v1/backup']) {
        const answer = await raw(manager, { method: 'POST', path, headers, body: '{}' })
        expect([path, answer.status, code(answer)]).toEqual([path, 415, 'INVALID_ARGUMENT'])
      }
    },
  )

  test('a wrong token is refused even though none is needed', async () => {
    const manager = await testManager()
    expect((await manager.get('/v1/version', { token: 'wrong' })).status).toBe(401)
  })
})

describe('on any other address', () => {
  const everywhere = () => testManager({ argv: ['--http-host', '0.0.0.0'] })

  test('everybody needs a token, but for healthz', async () => {
    const manager = await everywhere()
    expect((await manager.get('/healthz')).status).toBe(200)
    for (const path of ['/v1/version', '/readyz', '/metrics', '/v1/events', '/v1/openapi.json']) {
      const answer = await manager.get(path)
      expect([path, answer.status, answer.json.code]).toEqual([path, 401, 'UNAUTHENTICATED'])
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
    }
  })

  test('the first operator finds a token in the data directory', async () => {
    const manager = await everywhere()
    const file = join(manager.dir, 'operator.token')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const token = readFileSync(file, 'utf8').trim()
    expect((await manager.get('/v1/users', { token })).status).toBe(200)
    // Names that point here are fine where a token says who it is.
    const named = await raw(manager, { headers: { host: 'samara.example', authorization: `Bearer ${token}` } })
    expect(named.status).toBe(200)
  })

  test('a loopback listener makes no such token', async () => {
    const manager = await testManager()
    expect(existsSync(join(manager.dir, 'operator.token'))).toBe(false)
  })
})

describe('roles', () => {
  const operatorOnly: [method: string, path: string][] = [
    ['GET', '/v1/proplets'],
    ['POST', '/v1/proplets'],
    ['GET', '/v1/proplets/p1'],
    ['PATCH', '/v1/proplets/p1'],
    ['DELETE', '/v1/proplets/p1'],
    ['GET', '/v1/users'],
    ['POST', '/v1/users'],
    ['DELETE', '/v1/users/ann'],
    ['GET', '/v1/deployments'],
    ['POST', '/v1/deployments'],
    ['GET', `/v1/deployments/d${'0'.repeat(20)}`],
    ['DELETE', `/v1/deployments/d${'0'.repeat(20)}`],
    ['GET', `/v1/deployments/d${'0'.repeat(20)}/results`],
    ['DELETE', '/v1/functions/add'],
    ['POST', '/v1/backup'],
    ['GET', '/v1/broker/mosquitto'],
  ]

  test('a user may not do what is for operators', async () => {
    const manager = await testManager()
    const { token } = (await manager.post('/v1/users', { id: 'ann' })).json
    for (const [method, path] of operatorOnly) {
      const answer = await manager.request(method, path, { token })
      expect([method, path, answer.status, answer.json.code]).toEqual([method, path, 403, 'PERMISSION_DENIED'])
    }
  })

  test("a user sees and stops own jobs, and another's do not exist", async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.proplet('p1')
    const job = { function: 'add', export: 'add', args: [2, 3] }
    const [ann, bob] = await Promise.all(
      ['ann', 'bob'].map(async (id) => (await manager.post('/v1/users', { id })).json.token),
    )
    const own = (await manager.post('/v1/jobs', job, { token: ann })).json
    const [jobId, taskId] = [own.job.id, own.tasks[0].id]
    expect(own.job.user).toBe('ann')
    for (const path of [
      `/v1/jobs/${jobId}`,
      `/v1/jobs/${jobId}/results`,
      `/v1/tasks/${taskId}`,
      `/v1/tasks/${taskId}/stdout`,
    ])
      expect([path, (await manager.get(path, { token: bob })).status]).toEqual([path, 404])
    for (const path of [`/v1/jobs/${jobId}/cancel`, `/v1/tasks/${taskId}/cancel`])
      expect([path, (await manager.request('POST', path, { token: bob })).status]).toEqual([path, 404])
    for (const path of ['/v1/jobs', '/v1/tasks']) {
      expect((await manager.get(path, { token: bob })).json.items).toEqual([])
      expect((await manager.get(path, { token: ann })).json.items).toHaveLength(1)
      expect((await manager.get(path)).json.items).toHaveLength(1)
    }
    expect((await manager.get('/v1/jobs?user=ann', { token: bob })).status).toBe(403)
    expect((await manager.request('POST', `/v1/jobs/${jobId}/cancel`)).status).toBe(202)
  })

  test('the same key of two users is two jobs', async () => {
    const manager = await testManager()
    await manager.upload('add')
    await manager.proplet('p1')
    const job = { function: 'add', export: 'add', args: [2, 3], key: 'one' }
    const { token } = (await manager.post('/v1/users', { id: 'ann' })).json
    const [mine, hers] = [await manager.post('/v1/jobs', job), await manager.post('/v1/jobs', job, { token })]
    expect([mine.status, hers.status]).toEqual([202, 202])
    expect(mine.json.job.id).not.toBe(hers.json.job.id)
  })
})
