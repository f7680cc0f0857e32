import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ResultBody } from '../../shared/documents/call.ts'
import { openManager, tempDir } from '../support/proplet.ts'

const root = join(import.meta.dirname, '../..')
const add = readFileSync(join(root, 'examples/add/add.wasm'))

function program(argv: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(process.execPath, [join(root, 'proplet/main.ts'), ...argv], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

test('the program runs a real module, drains at SIGTERM and says goodbye', async () => {
  const manager = await openManager()
  const child = program(['--id', 'p-1', '--broker', manager.url, '--data', await tempDir(), '--log-level', 'error'])
  const { message: hello } = await manager.next('hello')
  expect(hello.formats).toContain('core-module')
  const start = manager.start({ image: add, args: [20, 22] })
  manager.send('start', start)
  const { message } = await manager.next('result')
  expect(message).toMatchObject({ task: start.task, outcome: 'completed' })
  expect(message.body && ResultBody.decode(message.body).value).toBe(42)
  manager.send('ack', { attempts: [{ task: start.task, attempt: 1 }] })
  child.kill('SIGTERM')
  expect((await manager.next('gone')).message).toEqual({ boot: hello.boot, epoch: hello.epoch, reason: 'leaving' })
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
})

test('a wrong setting ends the program with 2 and names the key', async () => {
  const child = program([], { SAMARA_SLOTS: 'many' })
  let said = ''
  child.stderr?.on('data', (piece) => {
    said += piece
  })
  const [code] = await once(child, 'close')
  expect(code).toBe(2)
  expect(said).toBe(
    'samara-proplet: slots (from environment variable SAMARA_SLOTS): "many" is not an integer from 1 to 1024\n',
  )
})

test('a program that cannot reach its broker stays, and ends when it is told to', async () => {
  const child = program(['--id', 'p-1', '--broker', 'mqtt://127.0.0.1:1', '--data', await tempDir()])
  await once(child.stdout ?? child, 'data')
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
})
