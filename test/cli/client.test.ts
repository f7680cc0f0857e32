import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { createClient, path } from '../../cli/client.ts'
import { errorLine, problemError } from '../../cli/problem.ts'
import { createSseParser } from '../../cli/sse.ts'
import { realClock } from '../../shared/clock.ts'
import { SamaraError } from '../../shared/errors.ts'
import { fakeManager, serve } from './support.ts'

const client = (url: string, token?: string) => createClient({ url, token }, realClock)
const Named = v.looseObject({ name: v.string() })

describe('client', () => {
  test('sends the token and the body, and gives what the shape says', async () => {
    const { url, seen } = await fakeManager({ 'POST /v1/things': { json: { name: 'a', more: 1 } } })
    const given = await client(url, 'secret').post(
      Named,
      '/v1/things',
      { x: 1 },
      { query: { wait: 5, not: undefined } },
    )
    expect(given).toEqual({ name: 'a', more: 1 })
    expect(seen[0]).toMatchObject({ path: '/v1/things?wait=5', body: Buffer.from('{"x":1}') })
    expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer secret', 'content-type': 'application/json' })
  })

  test('an upload arrives whole and says how far it is', async () => {
    const { url, seen } = await fakeManager({ 'POST /v1/functions/f': { json: { name: 'f' } } })
    const bytes = Buffer.alloc(300_000, 7)
    const heard: number[] = []
    await client(url).upload(Named, '/v1/functions/f', bytes, { sent: (sent) => heard.push(sent) })
    expect(seen[0]?.body.equals(bytes)).toBe(true)
    expect(heard.at(-1)).toBe(bytes.length)
    expect(heard.length).toBeGreaterThan(2)
  })

  test('a problem is an error with its code, detail, expectation and reasons', async () => {
    const problem = { code: 'UNPLACEABLE', detail: 'no proplet', expected: 'one', reasons: ['p-1: full'], field: 'on' }
    const { url } = await fakeManager({ 'GET /v1/x': { status: 409, json: problem } })
    const error = await client(url)
      .get(Named, '/v1/x')
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SamaraError)
    expect(error).toMatchObject({
      code: 'UNPLACEABLE',
      message: 'no proplet',
      context: { expected: 'one', reasons: ['p-1: full'], field: 'on' },
    })
  })

  test.each<[number, string, string]>([
    [502, '<html>Bad gateway</html>', 'INTERNAL'],
    [401, '', 'UNAUTHENTICATED'],
    [404, 'null', 'NOT_FOUND'],
    [503, '{"detail": 5, "code": "NONSENSE", "reasons": [1, {}]}', 'UNAVAILABLE'],
  ])('an answer %i that is no problem (%j) is %s', async (status, text, code) => {
    const { url } = await fakeManager({ 'GET /v1/x': { status, text } })
    await expect(client(url).get(Named, '/v1/x')).rejects.toMatchObject({ code })
  })

  test('an answer of another server is told at its first wrong field', async () => {
    const { url } = await fakeManager({ 'GET /a': { json: { name: 5 } }, 'GET /b': { text: '<html>' } })
    await expect(client(url).get(Named, '/a')).rejects.toThrow('GET /a: name is 5')
    await expect(client(url).get(Named, '/b')).rejects.toThrow('is not JSON')
  })

  test('nobody there is UNAVAILABLE, with what to do', async () => {
    await expect(client('http://127.0.0.1:1').get(Named, '/')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('samara up'),
    })
  })

  test('an answer that breaks off is UNAVAILABLE', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"name"')
      setImmediate(() => response.destroy())
    })
    await expect(client(url).get(Named, '/')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('a name is one segment of a path, whatever it is', () => {
    expect(path`/v1/users/${'a/b?c#d e'}`).toBe('/v1/users/a%2Fb%3Fc%23d%20e')
    for (const name of ['', '.', '..']) expect(() => path`/v1/users/${name}`).toThrow('is not a name')
  })

  test('integers beyond what a number holds keep their digits', async () => {
    const { url } = await fakeManager({ 'GET /': { text: '{"name":"x","value":18446744073709551615}' } })
    expect(await client(url).get(Named, '/')).toMatchObject({ value: '18446744073709551615' })
  })
})

describe('events', () => {
  test('are put together however they were cut', () => {
    const text = ': hello\r\nid: 7\nevent: task\ndata: {"a":\ndata: 1}\n\ndata:x\n\nevent: none\n\n'
    for (let size = 1; size <= text.length; size++) {
      const parser = createSseParser()
      const events = []
      for (let at = 0; at < text.length; at += size) events.push(...parser.push(text.slice(at, at + size)))
      expect(events).toEqual([
        { id: '7', event: 'task', data: '{"a":\n1}' },
        { id: '7', event: 'message', data: 'x' },
      ])
    }
  })

  test('go on after a lost connection, from the last that was seen', async () => {
    const asked: (string | undefined)[] = []
    const url = await serve((request, response) => {
      asked.push(request.headers['last-event-id'] as string | undefined)
      response.write(`id: ${asked.length}\nevent: task\ndata: {}\n\n`)
      setImmediate(() => response.end())
    })
    const stop = new AbortController()
    const lost: string[] = []
    let opened = 0
    const ids: (string | undefined)[] = []
    const watch = {
      signal: stop.signal,
      lost: (error: Error) => lost.push(error.message),
      opened: () => void opened++,
    }
    for await (const event of client(url).events('/v1/events', watch)) {
      ids.push(event.id)
      if (ids.length === 2) stop.abort()
    }
    expect({ ids, asked, opened }).toEqual({ ids: ['1', '2'], asked: [undefined, '1'], opened: 2 })
    expect(lost[0]).toContain('ended the stream')
  })

  test('are refused at once where the first connection is', async () => {
    const { url } = await fakeManager({})
    const events = client(url).events('/v1/events', { signal: new AbortController().signal })
    await expect(events.next()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('a line without end is refused', () => {
    const parser = createSseParser()
    expect(() => parser.push('x'.repeat(5_000_000))).toThrow('longer than')
  })
})

describe('an error', () => {
  test('is one line: message, what was expected, reasons', () => {
    const error = new SamaraError('UNPLACEABLE', 'nothing fits', {
      expected: 'a proplet',
      reasons: ['a: full', 'b: lost'],
    })
    expect(errorLine(error)).toBe('nothing fits (expected a proplet): a: full; b: lost')
  })

  test('does not repeat what its message says, and has an end', () => {
    const reasons = Array.from({ length: 50 }, (_, at) => `p-${at}: full`)
    const line = errorLine(new SamaraError('UNPLACEABLE', 'nothing fits: p-0: full', { reasons }))
    expect(line.match(/p-0: full/g)).toHaveLength(1)
    expect(line).toMatch(/and 17 more$/)
  })

  test('cannot steer the terminal', () => {
    const error = problemError(400, JSON.stringify({ detail: 'bad\u001b[31m\nname', code: 'INVALID_ARGUMENT' }))
    expect(errorLine(error)).toBe('bad\\u001b[31m\\nname')
  })
})
