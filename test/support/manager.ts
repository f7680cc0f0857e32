import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { parseConfig } from '../../manager/config.ts'
import { type Running, startManager } from '../../manager/start.ts'
import { type Clock, realClock } from '../../shared/clock.ts'
import { type MockOptions, type MockProplet, mockProplet } from './mock-proplet.ts'
import { quiet } from './quiet.ts'

/** A whole manager on free ports, with its data in a folder of its own. */
export type TestManager = Running & {
  readonly url: string
  readonly dir: string
  readonly mqttPort: number
  /** A request; a body that is no text or bytes goes as JSON. */
  request(method: string, path: string, options?: RequestOptions): Promise<Reply>
  get(path: string, options?: RequestOptions): Promise<Reply>
  post(path: string, body?: unknown, options?: RequestOptions): Promise<Reply>
  /** Uploads an example as a function of this name. */
  upload(name: string, file?: string): Promise<Reply>
  /** Registers a proplet and connects a mock as it. */
  proplet(id: string, options?: Partial<MockOptions> & { labels?: Record<string, string> }): Promise<MockProplet>
}

export type RequestOptions = {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly token?: string
}

export type Reply = {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  /** The body as JSON, for tests to look into. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look where they like
  readonly json: any
}

export type TestManagerOptions = {
  /** Flags of the manager. */
  readonly argv?: readonly string[]
  readonly clock?: Clock
  readonly dir?: string
}

export const example = (file: string): Promise<Buffer> => readFile(new URL(`../../examples/${file}`, import.meta.url))

export async function temporaryFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'samara-manager-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

export async function testManager(options: TestManagerOptions = {}): Promise<TestManager> {
  const dir = options.dir ?? join(await temporaryFolder(), 'data')
  const argv = ['--http-port', '0', '--mqtt-port', '0', '--data', dir, ...(options.argv ?? [])]
  const running = await startManager({
    config: parseConfig({ argv }),
    clock: options.clock ?? realClock,
    log: quiet,
    version: '1.2.3',
    readFile: (path) => readFileSync(path),
    usage: () => ({ memory: process.memoryUsage(), cpu: process.cpuUsage(), uptimeSeconds: process.uptime() }),
  })
  onTestFinished(() => running.close())
  const mqttPort = running.manager.mqttPort ?? 0
  const url = `http://127.0.0.1:${running.http.port}`
  const request = (method: string, path: string, given: RequestOptions = {}) => send(method, `${url}${path}`, given)
  const post = (path: string, body?: unknown, given: RequestOptions = {}) => request('POST', path, { ...given, body })

  return {
    ...running,
    url,
    dir,
    mqttPort,
    request,
    post,
    get: (path, given) => request('GET', path, given),
    upload: async (name, file = 'add/add.wasm') => post(`/v1/functions/${name}`, await example(file)),
    async proplet(id, { labels, ...given } = {}) {
      const { json } = await post('/v1/proplets', { id, ...(labels && { labels }) })
      const mock = await mockProplet({ port: mqttPort, id, token: json.token, ...given })
      onTestFinished(() => mock.close())
      return mock
    },
  }
}

async function send(method: string, url: string, { body, headers, token }: RequestOptions): Promise<Reply> {
  const isBytes = body instanceof Uint8Array
  const type = isBytes ? 'application/wasm' : 'application/json'
  const answer = await fetch(url, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': type }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && {
      body: isBytes || typeof body === 'string' ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body),
    }),
  })
  const bytes = Buffer.from(await answer.arrayBuffer())
  const isJson = /json/.test(answer.headers.get('content-type') ?? '') && bytes.length > 0
  return {
    status: answer.status,
    headers: answer.headers,
    bytes,
    json: isJson ? JSON.parse(bytes.toString()) : undefined,
  }
}
