import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasTool } from '../support/tools.ts'

const root = resolve(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const run = promisify(execFile)

type Block = { how: string; text: string; before: string }

/** Every command block, with how it is run and the text in front of it. */
const blocks: Block[] = [...readme.matchAll(/```(\w*)([^\n]*)\n([\s\S]*?)```/g)].map((found) => ({
  how: `${found[1]}${found[2]}`,
  text: found[3] ?? '',
  before: readme.slice(Math.max(0, (found.index ?? 0) - 400), found.index),
}))
const shell = blocks.filter((block) => block.how === 'sh run=shell')

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const address = server.address()
  await new Promise((done) => server.close(done))
  return typeof address === 'object' && address ? address.port : 0
}

/** `npm start` as the README says, on ports of its own. */
async function start(dir: string, http: number, mqtt: number, lab: number): Promise<() => Promise<void>> {
  const [, ...words] =
    blocks
      .find((block) => block.how === 'sh run=start')
      ?.text.trim()
      .split(' ') ?? []
  const ports = { SAMARA_HTTP_PORT: `${http}`, SAMARA_MQTT_PORT: `${mqtt}`, SAMARA_LAB_HTTP_PORT: `${lab}` }
  const child = spawn('npm', ['--silent', ...words], {
    cwd: root,
    env: { ...process.env, ...ports, SAMARA_DATA: join(dir, 'data') },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  await new Promise<void>((ready, failed) => {
    const hear = (chunk: Buffer) => {
      output += chunk
      if (/online|proplet .* is on-time|ready/.test(output) && output.includes('proplet')) ready()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('exit', (code) => failed(new Error(`npm start ended with ${code}:\n${output}`)))
  })
  return () =>
    new Promise((done) => {
      child.removeAllListeners('exit')
      child.once('exit', () => done())
      process.kill(-(child.pid ?? 0), 'SIGTERM')
    })
}

test('every command block says how it is run here, or that it is not', () => {
  const odd = blocks.filter(
    ({ how, before }) =>
      !/^sh run=(demo|start|shell|no)$/.test(how) || (how.endsWith('no') && !before.includes('not run here')),
  )
  expect(odd).toEqual([])
  expect(shell.length).toBeGreaterThan(3)
})

test('npm run demo shows it all and ends with 0', { timeout: 180_000 }, async () => {
  expect(blocks.find((block) => block.how === 'sh run=demo')?.text.trim()).toBe('npm run demo')
  const { stdout, stderr } = await run('npm', ['run', 'demo', '--silent'], { cwd: root, maxBuffer: 1 << 24 })
  expect(stdout + stderr).toMatch(/all came out right/)
})

describe.skipIf(!hasTool('mosquitto_pub'))('the README, from npm start on', () => {
  const dir = mkdtempSync(join(tmpdir(), 'samara-readme-'))
  let stop: () => Promise<void> = async () => {}
  let output = ''

  beforeAll(async () => {
    const [http, mqtt, lab] = [await freePort(), await freePort(), await freePort()]
    for (const name of ['cli', 'examples']) symlinkSync(join(root, name), join(dir, name))
    stop = await start(dir, http, mqtt, lab)
    const script = ['shopt -s expand_aliases', 'set -euo pipefail', ...shell.map((block) => block.text)].join('\n')
    writeFileSync(join(dir, 'readme.sh'), script.replaceAll('-p 1883', `-p ${mqtt}`))
    const env = {
      ...process.env,
      SAMARA_MANAGER: `http://127.0.0.1:${http}`,
      SAMARA_LAB_URL: `http://127.0.0.1:${lab}`,
    }
    const ran = await run('bash', ['readme.sh'], { cwd: dir, env, maxBuffer: 1 << 24 }).catch(
      (error: { stdout: string; stderr: string }) => {
        throw new Error(`${error.stdout}\n${error.stderr}`)
      },
    )
    output = ran.stdout
  }, 120_000)

  afterAll(async () => {
    await stop()
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  }, 30_000)

  test('functions run from files', () => {
    expect(output).toMatch(/^5$/m)
    expect(output).toMatch(/"mean": ?2/)
    expect(output).toMatch(/hello ada/)
    expect(output).toMatch(/MIND THE GAP/)
  })

  test('the thermostat says what it asks for, closes the relay in the cold, and leaves its traces', () => {
    expect(output).toMatch(/reads and writes line1-temp/)
    expect(output).toMatch(/motor-1 .*closed=true/)
    expect(output).toMatch(/76/)
    expect(JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'))).toMatchObject({ outcome: 'completed' })
  })

  test('a job over plain MQTT is accepted and gives 42', () => {
    const answers = readFileSync(join(dir, 'answers.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(answers).toMatchObject([
      { type: 'accepted', key: 'order-1' },
      { type: 'result', value: 42 },
    ])
  })

  test('a deployment and proplets are listed', () => {
    expect(output).toMatch(/ticker/)
    expect(output).toMatch(/press-4/)
    expect(JSON.parse(readFileSync(join(dir, 'press-4.json'), 'utf8'))).toMatchObject({ token: expect.any(String) })
    expect(readFileSync(join(dir, 'mosquitto/mosquitto.conf'), 'utf8')).toContain(join(dir, 'mosquitto/passwd'))
  })
})
