import { describe, expect, test } from 'vitest'
import type { Route } from '../../../manager/http/route.ts'
import { allRoutes } from '../../../manager/http/routes/index.ts'
import { createEvents } from '../../../manager/services/events.ts'
import { cell, grant, sensor, transcript } from '../../support/devices.ts'
import { example, type Reply, type TestManager, testManager } from '../../support/manager.ts'

type Schema = {
  $ref?: string
  type?: string
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
  enum?: unknown[]
}
type Operation = {
  responses: Record<string, { content?: Record<string, { schema?: Schema }> }>
  parameters: { name: string; in: string }[]
}
type Description = {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value

/** Where `value` is not what `schema` says; enough of JSON Schema for what we describe. */
function faults(all: Description, schema: Schema, value: unknown, at = '$'): string[] {
  if (schema.$ref) return faults(all, all.components.schemas[schema.$ref.split('/').at(-1) ?? ''] as Schema, value, at)
  if (schema.enum && !schema.enum.includes(value)) return [`${at}: ${value} is none of ${schema.enum}`]
  const type = typeOf(value)
  if (schema.type && schema.type !== type && !(schema.type === 'number' && type === 'integer'))
    return [`${at}: ${type} for ${schema.type}`]
  if (Array.isArray(value))
    return value.flatMap((one, index) => faults(all, schema.items ?? {}, one, `${at}[${index}]`))
  if (type !== 'object' || !schema.type) return []
  const object = value as Record<string, unknown>
  const missing = (schema.required ?? []).filter((name) => !(name in object)).map((name) => `${at}.${name}: missing`)
  const wrong = Object.entries(object).flatMap(([name, one]) => {
    const others = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
    const known = schema.properties?.[name] ?? others
    return known ? faults(all, known, one, `${at}.${name}`) : [`${at}.${name}: not described`]
  })
  return [...missing, ...wrong]
}

const mounted = (): readonly Route[] => {
  const services = { events: createEvents() } as never
  return allRoutes(services, {} as never)
}

async function described(manager: TestManager): Promise<Description> {
  return (await manager.get('/v1/openapi.json')).json
}

describe('the description of the API', () => {
  test('has every route with its parameters', async () => {
    const api = await described(await testManager())
    expect(api.openapi).toBe('3.1.0')
    const routes = mounted()
    expect(routes.length).toBeGreaterThan(35)
    for (const { method, path } of routes) {
      const operation = api.paths[path]?.[method.toLowerCase()]
      const names = operation?.parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`)
      expect([path, names]).toEqual([path, path.match(/\{\w+\}/g) ?? []])
      expect(Object.keys(operation?.responses ?? {}).some((status) => Number(status) >= 400)).toBe(true)
    }
    const operations = Object.values(api.paths).flatMap((path) => Object.keys(path))
    expect(operations).toHaveLength(routes.length)
  })

  test('refers to nothing that is not there', async () => {
    const api = await described(await testManager())
    const references = JSON.stringify(api).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)
    for (const [, name] of references) expect(api.components.schemas).toHaveProperty([name ?? ''])
  })

  test('tells an answer that is another from one that is not', async () => {
    const api = await described(await testManager())
    const health: Schema = { $ref: '#/components/schemas/health' }
    expect(faults(api, health, { alive: true })).toEqual([])
    for (const wrong of [{}, { alive: 'yes' }, { alive: true, more: 1 }, [], null])
      expect(faults(api, health, wrong)).not.toEqual([])
  })

  test('is what really is answered', async () => {
    const manager = await testManager()
    const api = await described(manager)
    const checked: string[] = []
    function check(where: string, reply: Reply): Reply {
      const [method = '', path = ''] = where.split(' ')
      const content = api.paths[path]?.[method.toLowerCase()]?.responses[reply.status]?.content ?? {}
      const type = reply.headers.get('content-type') ?? ''
      expect([where, Object.keys(content)]).toEqual([where, expect.arrayContaining([type])])
      const schema = content[type]?.schema
      if (schema && reply.json !== undefined) expect([where, faults(api, schema, reply.json)]).toEqual([where, []])
      checked.push(where)
      return reply
    }

    const wasm = await example('add/add.wasm')
    check('POST /v1/functions/{function}', await manager.post('/v1/functions/add', wasm))
    check('POST /v1/functions/{function}', await manager.post('/v1/functions/add?alias=blue', wasm))
    check('GET /v1/functions', await manager.get('/v1/functions'))
    check('GET /v1/functions/{function}', await manager.get('/v1/functions/add'))
    check(
      'PUT /v1/functions/{function}/aliases/{alias}',
      await manager.request('PUT', '/v1/functions/add/aliases/red', { body: { version: 1 } }),
    )
    check('GET /v1/functions/{function}/versions/{ref}', await manager.get('/v1/functions/add/versions/blue'))
    check(
      'GET /v1/functions/{function}/versions/{ref}/module',
      await manager.get('/v1/functions/add/versions/1/module'),
    )
    const grants = [grant(sensor, 'read', { addresses: [0x76], maxBytes: 8, perSecond: 10 })]
    const GRANTS = '/v1/functions/{function}/versions/{ref}/grants'
    const where = '/v1/functions/add/versions/1/grants'
    check(`PUT ${GRANTS}`, await manager.request('PUT', where, { body: { grants } }))
    check(`GET ${GRANTS}`, await manager.get(where))
    check('POST /v1/proplets', await manager.post('/v1/proplets', { id: 'p0', labels: { line: '1' } }))
    const mock = await manager.proplet('p1', {
      hello: { devices: cell, interfaces: ['wasi:i2c/i2c'] },
      behaviour: () => ({ value: 5, stdout: 'x', bus: transcript, refusals: 1 }),
    })
    check('POST /v1/inspect', await manager.post('/v1/inspect', wasm))
    check('GET /v1/proplets', await manager.get('/v1/proplets'))
    check('GET /v1/proplets/{proplet}', await manager.get('/v1/proplets/p1'))
    check('PATCH /v1/proplets/{proplet}', await manager.request('PATCH', '/v1/proplets/p1', { body: { labels: {} } }))
    check('POST /v1/users', await manager.post('/v1/users', { id: 'ann' }))
    check('GET /v1/users', await manager.get('/v1/users'))
    const add = { function: 'add', export: 'add', args: [2, 3], record: true }
    const { job, tasks } = check('POST /v1/jobs', await manager.post('/v1/jobs?wait=20000', add)).json
    check('GET /v1/jobs', await manager.get('/v1/jobs'))
    check('GET /v1/jobs/{job}', await manager.get(`/v1/jobs/${job.id}`))
    check('GET /v1/jobs/{job}/results', await manager.get(`/v1/jobs/${job.id}/results`))
    check('POST /v1/jobs/{job}/cancel', await manager.post(`/v1/jobs/${job.id}/cancel`))
    check('GET /v1/tasks', await manager.get('/v1/tasks'))
    check('GET /v1/tasks/{task}', await manager.get(`/v1/tasks/${tasks[0].id}`))
    check('GET /v1/tasks/{task}/stdout', await manager.get(`/v1/tasks/${tasks[0].id}/stdout`))
    check('GET /v1/tasks/{task}/stderr', await manager.get(`/v1/tasks/${tasks[0].id}/stderr`))
    const bus = `/v1/tasks/${tasks[0].id}/transcript`
    check('GET /v1/tasks/{task}/transcript', await manager.get(bus))
    expect(api.paths['/v1/tasks/{task}/transcript']?.get?.responses[200]?.content).toHaveProperty(['application/cbor'])
    check('POST /v1/jobs', await manager.post('/v1/jobs?wait=20000', { function: 'add', replay: tasks[0].id }))
    check('POST /v1/tasks/{task}/cancel', await manager.post(`/v1/tasks/${tasks[0].id}/cancel`))
    const { record: _, ...called } = add
    const deployment = { ...called, selector: '*', trigger: 'every', everyMs: 1000, grants }
    const { id, manifest } = check('POST /v1/deployments', await manager.post('/v1/deployments', deployment)).json
    await mock.deploymentState({
      deployment: id,
      state: 'ready',
      manifest,
      runs: 0,
      failures: 0,
      skipped: 0,
      dropped: 0,
      refusals: 2,
    })
    await mock.deploymentResult({ deployment: id, seq: 1, agoMs: 0, outcome: 'completed', ranUs: 9 })
    check('GET /v1/deployments', await manager.get('/v1/deployments'))
    check('GET /v1/deployments/{deployment}', await manager.get(`/v1/deployments/${id}`))
    check('GET /v1/deployments/{deployment}/results', await manager.get(`/v1/deployments/${id}/results`))
    for (const path of ['/healthz', '/readyz', '/metrics', '/v1/version', '/v1/broker/mosquitto', '/v1/openapi.json'])
      check(`GET ${path}`, await manager.get(path))
    check('POST /v1/backup', await manager.post('/v1/backup', {}))
    check('GET /v1/jobs', await manager.get('/v1/jobs?limit=0'))
    check('GET /v1/jobs/{job}', await manager.get(`/v1/jobs/j${'0'.repeat(20)}`))

    const ends = [
      'GET /v1/events',
      ...mounted()
        .filter(({ method }) => method === 'DELETE')
        .map(({ method, path }) => `${method} ${path}`),
    ]
    const all = mounted().map(({ method, path }) => `${method} ${path}`)
    expect(all.filter((where) => !checked.includes(where)).toSorted()).toEqual(ends.toSorted())
  })
})
