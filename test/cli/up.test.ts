import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../support/manager.ts'
import { samara } from './support.ts'

const cli = new URL('../../cli/samara.js', import.meta.url).pathname

type Up = { readonly child: ChildProcess; readonly said: () => string; readonly url: string }

/** `samara up` on free ports, as a process; resolves when its proplet is heard. */
async function startUp(data: string, more: readonly string[] = []): Promise<Up> {
  const args = [
    'up',
    '--http-port',
    '0',
    '--mqtt-port',
    '0',
    '--data',
    data,
    ...more,
    '--',
    '--drain-ms',
    '0',
    '--alive-ms',
    '500',
  ]
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, SAMARA_LAB_HTTP_PORT: '0' },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => {
      text += piece.toString()
    })
  await expect.poll(() => text, { timeout: 60_000 }).toMatch(/proplet local-proplet is on-time/)
  return { child, said: () => text, url: /Samara is up: (http:\S+\d)/.exec(text)?.[1] ?? '' }
}

/** Processes that `parent` started. */
const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === `${parent}`
      } catch {
        return false
      }
    })
    .map(Number)

async function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(child, 'exit')
  child.kill(signal)
  // npm passes on what the terminal has told everybody: twice at once is one wish.
  child.kill(signal)
  return (await exit)[0] as number | null
}

const isLinux = process.platform === 'linux'

test.skipIf(!isLinux)('up runs a manager and a proplet that comes back when it dies, and stops both', async () => {
  const data = join(await temporaryFolder(), 'data')
  const { child, said, url } = await startUp(data)
  const token = join(data, 'local-proplet', 'token')
  expect(statSync(token).mode & 0o777).toBe(0o600)
  const add = new URL('../../examples/add/add.wasm', import.meta.url).pathname
  expect(await samara(['run', add, '--export', 'add', '2', '3', '--manager', url])).toMatchObject({
    code: 0,
    out: '5\n',
  })

  const [proplet = 0] = childrenOf(child.pid ?? 0)
  process.kill(proplet, 'SIGKILL')
  await expect.poll(said).toMatch(/proplet ended \(signal SIGKILL\); started again in 1 s/)
  const again = ['run', 'add', '--export', 'add', '4', '5', '--retries', '5', '--manager', url]
  await expect.poll(() => samara(again), { timeout: 60_000 }).toMatchObject({ code: 0, out: '9\n' })

  const left = childrenOf(child.pid ?? 0)
  expect(left).toHaveLength(1)
  expect(await stopped(child, 'SIGINT')).toBe(0)
  expect(() => process.kill(left[0] ?? 0, 0)).toThrow('ESRCH')
})

test.skipIf(!isLinux)('up keeps its token from start to start, and asks for another when it is not known', async () => {
  const folder = await temporaryFolder()
  const token = (data: string) => readFileSync(join(data, 'local-proplet', 'token'), 'utf8')
  const data = join(folder, 'data')
  const first = await startUp(data)
  const before = token(data)
  expect(await stopped(first.child, 'SIGTERM')).toBe(0)
  const second = await startUp(data)
  expect(token(data)).toBe(before)
  expect((await samara(['proplets', 'rm', 'local-proplet', '--manager', second.url])).code).toBe(0)
  expect(await stopped(second.child, 'SIGTERM')).toBe(0)
  const third = await startUp(data)
  expect(token(data)).not.toBe(before)
  expect(await stopped(third.child, 'SIGTERM')).toBe(0)
})

test('up says why it cannot start', async () => {
  const data = join(await temporaryFolder(), 'data')
  const { code, err } = await samara(['up', '--http-port', '99999', '--data', data])
  expect(code).toBe(2)
  expect(err).toMatch(/^samara-manager: http-port .+ is not an integer from 0 to 65535\n$/)
})

test.skipIf(!isLinux)('up runs a lab too, whose devices the proplet has', async () => {
  const data = join(await temporaryFolder(), 'data')
  const lab = new URL('../../examples/lab/cell.lab.yaml', import.meta.url).pathname
  const { child, said, url } = await startUp(data, ['--lab', lab])
  expect(said()).toMatch(/lab cell: socket .*lab\.sock/)
  expect(said()).not.toMatch(/ended/)
  expect((await samara(['proplets', 'show', 'local-proplet', '--manager', url])).out).toMatch(/motor-1 +gpio output/)
  expect(await stopped(child, 'SIGTERM')).toBe(0)
})
