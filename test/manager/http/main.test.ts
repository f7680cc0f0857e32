import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { managerSettings } from '../../../manager/config.ts'
import { runManager } from '../../../manager/main.ts'
import { example, temporaryFolder } from '../../support/manager.ts'

type Run = { code: number; out: string; err: string }

/** Runs a manager in this process; `during` is told when it is ready, and then it is stopped. */
async function run(
  argv: readonly string[],
  options: { env?: Record<string, string>; during?: (url: string) => Promise<void> } = {},
): Promise<Run> {
  const said = { out: '', err: '' }
  const into = (name: 'out' | 'err') => ({
    write(text: string) {
      said[name] += text
    },
  })
  const stopping = new AbortController()
  let failure: unknown
  const code = await runManager({
    argv,
    env: options.env ?? {},
    stdout: into('out'),
    stderr: into('err'),
    signal: stopping.signal,
    ready: async ({ http }) => {
      try {
        await options.during?.(http.url)
      } catch (error) {
        failure = error
      }
      stopping.abort()
    },
  })
  if (failure) throw failure
  return { code, ...said }
}

const free = ['--http-port', '0', '--mqtt-port', '0']
const readyLine = ({ out }: Run) =>
  out.split('\n').flatMap((line) => (line.includes('"ready"') ? [JSON.parse(line)] : []))[0]

describe('the program', () => {
  test('says one line when it is ready, and ends with 0', async () => {
    const data = join(await temporaryFolder(), 'data')
    const done = await run([...free, '--data', data])
    expect(done.code).toBe(0)
    expect(readyLine(done)).toMatchObject({
      http: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      mqtt: expect.any(Number),
      version: expect.any(String),
      data,
    })
  })

  test.each([
    [['--http-port', 'many'], 'http-port (from flag --http-port): "many" is not'],
    [['--colour', 'red'], '--colour'],
    [['--tls-cert', 'a.pem'], 'tls-cert and tls-key'],
    [['--broker', 'http://x'], 'broker'],
    [['--broker-ca', '/nowhere.pem'], 'broker-ca: /nowhere.pem cannot be read'],
    [['--config', '/nowhere.yaml'], '/nowhere.yaml'],
    [['restore', 'only-one'], 'restore'],
  ])('%j ends with 2 and names the setting', async (argv, named) => {
    const done = await run([...argv], { env: { SAMARA_DATA: join(await temporaryFolder(), 'data') } })
    expect([done.code, done.err]).toEqual([2, expect.stringContaining(named)])
  })

  test('a port that is taken ends with 1, and so does a data directory in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const data = join(await temporaryFolder(), 'data')
    const taken = await run(['--http-port', `${port}`, '--mqtt-port', '0', '--data', data])
    expect([taken.code, taken.err]).toEqual([1, expect.stringContaining('EADDRINUSE')])
    const during = async () => expect((await run([...free, '--data', data])).code).toBe(1)
    expect((await run([...free, '--data', data], { during })).code).toBe(0)
  })

  test('flag goes before environment, environment before file', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'manager.yaml')
    await writeFile(file, `data: ${folder}/file\nhttp-port: 0\nmqtt-port: 0\nlease-ms: 2000\n`)
    expect(readyLine(await run(['--config', file]))).toMatchObject({ data: `${folder}/file` })
    const env = { SAMARA_CONFIG: file, SAMARA_DATA: `${folder}/env` }
    expect(readyLine(await run([], { env }))).toMatchObject({ data: `${folder}/env` })
    expect(readyLine(await run(['--data', `${folder}/flag`], { env }))).toMatchObject({ data: `${folder}/flag` })
  })

  test('a backup that is restored has everything', async () => {
    const folder = await temporaryFolder()
    const [data, restored] = [join(folder, 'data'), join(folder, 'restored')]
    let path = ''
    await run([...free, '--data', data], {
      async during(url) {
        await fetch(`${url}/v1/functions/add`, {
          method: 'POST',
          headers: { 'content-type': 'application/wasm' },
          body: new Uint8Array(await example('add/add.wasm')),
        })
        path = ((await (await fetch(`${url}/v1/backup`, { method: 'POST' })).json()) as { path: string }).path
      },
    })
    expect((await run(['restore', path, restored])).code).toBe(0)
    await run([...free, '--data', restored], {
      during: async (url) => expect((await fetch(`${url}/v1/functions/add/versions/1/module`)).status).toBe(200),
    })
    expect((await run(['restore', path, restored])).code).toBe(1)
  })

  test('--help and --version are answered at once', async () => {
    const { out } = await run(['--help'])
    for (const name of ['--http-port', '--broker-password-file', '--retain-hours']) expect(out).toContain(name)
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+/)
    expect(managerSettings.markdown()).toContain('SAMARA_HTTP_PORT')
  })
})

describe('as a process', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0, whoever is connected', async (signal) => {
    const data = join(await temporaryFolder(), 'data')
    const main = fileURLToPath(new URL('../../../manager/main.ts', import.meta.url))
    const child = spawn(process.execPath, [main, ...free, '--data', data], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    let out = ''
    while (!out.includes('"ready"')) out += String((await once(child.stdout, 'data'))[0])
    const { http } = readyLine({ code: 0, out, err: '' })
    const idle = connect(Number(new URL(http).port), '127.0.0.1')
    idle.on('error', () => {})
    await once(idle, 'connect')
    const watching = await fetch(`${http}/v1/events`)
    child.kill(signal)
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    await watching.text().catch(() => '')
    idle.destroy()
  })
})
