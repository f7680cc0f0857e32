import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { openLabHttp } from '../../../proplet/lab/http.ts'
import { realClock } from '../../../shared/clock.ts'
import { quiet } from '../../support/quiet.ts'
import { started } from './running.ts'
import { BENCH, i2cDevice, labOf, transfer, write } from './support.ts'

async function web() {
  const running = await started({ http: { host: '127.0.0.1', port: 0 } })
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${running.url}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    // biome-ignore lint/suspicious/noExplicitAny: tests look where they like
    return { status: response.status, body: (await response.json()) as any }
  }
  return { ...running, ask }
}

describe("a lab's HTTP interface", () => {
  test('shows buses, parts, properties and faults', async () => {
    const { ask } = await web()
    const { status, body } = await ask('GET', '/v1/lab')
    expect(status).toBe(200)
    expect(body).toMatchObject({ name: 'bench', virtualTime: true, nowUs: 0, faults: [] })
    expect(body.parts[0]).toMatchObject({ name: 'chip', places: ['i2c-0 0x40'] })
    expect(body.parts[0].properties[1]).toEqual({ name: 'says', value: 16, doc: 'First byte that it answers.' })
  })

  test('reads and sets a property', async () => {
    const { ask, lab } = await web()
    expect(await ask('PUT', '/v1/parts/chip/properties/says', { value: 99 })).toEqual({
      status: 200,
      body: { value: 99 },
    })
    expect(lab.part('chip').get('says')).toBe(99)
    expect((await ask('GET', '/v1/parts/chip/properties/says')).body).toEqual({ value: 99 })
  })

  test('breaks and mends', async () => {
    const { ask, lab } = await web()
    const device = lab.open(i2cDevice())
    const fault = async () => (await ask('POST', '/v1/faults', { on: 'i2c-0', kind: 'nack' })).body.fault
    const first = await fault()
    expect(await transfer(device, 0x40, write(1))).toEqual({ error: 'nack-address' })
    expect((await ask('DELETE', `/v1/faults/${first}`)).body).toEqual({ cleared: 1 })
    expect(await transfer(device, 0x40, write(1))).toEqual({})
    await fault()
    expect((await ask('DELETE', '/v1/faults?on=chip')).body).toEqual({ cleared: 0 })
    expect((await ask('DELETE', '/v1/faults')).body).toEqual({ cleared: 1 })
  })

  test('moves time', async () => {
    const { ask } = await web()
    expect((await ask('POST', '/v1/time/advance', { ms: 1500 })).body).toEqual({ nowUs: 1_500_000 })
  })

  test('gives the trace, page by page', async () => {
    const { ask, lab } = await web()
    const device = lab.open(i2cDevice())
    for (const byte of [1, 2, 3]) await transfer(device, 0x40, write(byte))
    const { trace } = (await ask('GET', '/v1/trace?bus=i2c-0&after=1')).body
    expect(trace.map((row: { seq: number; wire: string }) => [row.seq, row.wire])).toEqual([
      [2, 'S 40w A 02 A P'],
      [3, 'S 40w A 03 A P'],
    ])
    expect((await ask('GET', '/v1/trace?bus=spi-0')).body).toEqual({ trace: [] })
  })

  test('streams changes, of one part where that is wanted', async () => {
    const { url, lab } = await web()
    const abort = new AbortController()
    const response = await fetch(`${url}/v1/events?part=chip`, { signal: abort.signal })
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const next = async () => Buffer.from((await reader.read()).value ?? []).toString()
    expect(await next()).toBe(': watching\n\n')
    lab.part('flash').set('says', 1)
    lab.part('chip').set('says', 2)
    expect(await next()).toBe(`event: change\ndata: {"part":"chip","property":"says","value":2,"atUs":0}\n\n`)
    abort.abort()
  })

  test.each([
    ['GET', '/v1/parts/nobody/properties/x', undefined, 404, /part nobody does not exist; there are/],
    ['GET', '/v1/parts/chip/properties/x', undefined, 404, /has no property x/],
    [
      'PUT',
      '/v1/parts/chip/properties/says',
      { value: 'loud' },
      400,
      /chip.says: "loud" is not a number from 0 to 255/,
    ],
    ['PUT', '/v1/parts/chip/properties/says', {}, 400, /value: null is not a number, true/],
    ['PUT', '/v1/parts/chip/properties/notes', { value: 'x' }, 409, /set by the part alone/],
    ['PUT', '/v1/parts/chip/properties/says', '[1', 400, /body: is not JSON/],
    ['PUT', '/v1/parts/chip/properties/says', [], 400, /body: \[\] is not an object/],
    ['PUT', '/v1/parts/chip/properties/says', { value: 'x'.repeat(20_000) }, 413, /larger than 16384 bytes/],
    ['POST', '/v1/faults', { on: 'i2c-0', kind: 'gremlin' }, 400, /fault.kind: "gremlin" is not one of nack/],
    ['POST', '/v1/faults', { on: 'i2c-0', kind: 'nack', sure: true }, 400, /unknown field "fault.sure"/],
    ['DELETE', '/v1/faults/x', undefined, 400, /"x" is not a number/],
    ['DELETE', '/v1/faults/7', undefined, 404, /fault "7" does not exist/],
    ['POST', '/v1/time/advance', { ms: -1 }, 400, /advanceMs: -1 is not an integer/],
    ['GET', '/v1/trace?color=red', undefined, 400, /query.color: is not one of bus, after/],
    ['GET', '/v1/nothing', undefined, 404, /GET \/v1\/nothing: is no resource/],
    ['GET', '/v1/events?part=nobody', undefined, 404, /part nobody does not exist/],
  ])('%s %s %j is %d, with what was expected', async (method, path, body, status, detail) => {
    const { ask } = await web()
    const answer = await ask(method, path, body)
    expect(answer).toMatchObject({ status, body: { detail: expect.stringMatching(detail) } })
  })

  test.each([
    [{ 'content-type': 'text/plain' }, 400],
    [{ 'content-type': 'application/json', origin: 'http://evil.example' }, 403],
    [{ 'content-type': 'application/json', origin: 'null' }, 403],
    [{ 'content-type': 'application/json', host: 'evil.example' }, 403],
  ])(
    'a web page reaches nothing, be it by its form, its origin or a name that points here: %j',
    async (headers, status) => {
      const { url, lab } = await web()
      const request = httpRequest(`${url}/v1/parts/chip/properties/says`, { method: 'PUT', headers })
      request.end('{"value":1}')
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      response.resume()
      expect(response.statusCode).toBe(status)
      expect(lab.part('chip').get('says')).toBe(16)
    },
  )

  test('listens on this machine alone', async () => {
    const lab = await labOf(BENCH)
    const open = openLabHttp(lab, { host: '0.0.0.0', port: 0, clock: realClock, log: quiet })
    await expect(open).rejects.toThrow(/http-host: "0.0.0.0" is not an address of this machine alone/)
  })

  test('a port that is taken is an error with its name, and the socket is given back', async () => {
    const first = await web()
    const port = Number(new URL(first.url as string).port)
    await expect(started({ http: { host: '127.0.0.1', port } })).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`)
  })
})
