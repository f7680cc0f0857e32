import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openBroker } from '../../manager/mqtt/broker.ts'
import type { StartLabOptions } from '../../proplet/lab/start.ts'
import type { Identity } from '../../shared/access.ts'
import { LabState } from '../../shared/lab/index.ts'
import { samara } from '../cli/support.ts'
import { noNamespace, renodeLab, serialLab } from '../proplet/lab/boards/support.ts'
import { type Started, started, temporaryFolder } from '../proplet/lab/running.ts'
import { quiet } from '../support/quiet.ts'

/** One lab with a virtual bench and a simulated board: whoever asks meets no difference. */

const LONG = 90_000
const VIRTUAL = `
buses: { gpio-0: { kind: gpio, lines: 8 } }
parts: { bell: { chip: led, bus: gpio-0, line: 1 } }
`
const kinds = [
  ['renode', noNamespace, renodeLab],
  ['qemu', false, (dir: string) => serialLab(dir, 'qemu')],
  ['native_sim', false, (dir: string) => serialLab(dir, 'native_sim')],
] as const
type Make = (typeof kinds)[number][2]

async function open(make: Make, options: Partial<StartLabOptions> = {}): Promise<Started> {
  const yaml = make(temporaryFolder()) + VIRTUAL
  return started({ yaml, startBoards: false, http: { host: '127.0.0.1', port: 0 }, ...options })
}

/** Asks again until it is so: an image needs its time to see what was set. */
async function until<T>(ask: () => Promise<T>, isRight: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask()
    if (isRight(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe.for(kinds)('a lab with a board of kind %s', { timeout: LONG }, ([kind, isMissing, make]) => {
  const run = test.skipIf(isMissing)

  run('from the command line: started, set, pressed, read, stopped', async () => {
    const { url } = await open(make)
    const lab = async (...args: string[]) => {
      const { code, out, err } = await samara(['lab', ...args], { env: { SAMARA_LAB_URL: url as string } })
      return code === 0 ? out : `${code} ${err}`
    }
    expect(await lab('boards')).toMatch(new RegExp(`^BOARD +KIND +PROPLET +STATE\nmcu-1 +${kind} +mcu-1 +stopped\n$`))
    expect(await lab('get', 'lamp')).toMatch(/^1 samara: part lamp: its board mcu-1 is stopped/)
    expect(await lab('start-board', 'mcu-1')).toBe('mcu-1 running\n')
    expect(await lab('set', 'line1-temp', 'temperature=12.5')).toBe('line1-temp temperature=12.5\n')
    expect(await lab('get', 'line1-temp', 'temperature')).toBe('12.5\n')
    await until(
      () => lab('get', 'motor-1'),
      (text) => text === 'motor-1 closed=true\n',
    )
    expect(await lab('press', 'estop')).toBe('estop pressed=true\n')
    await until(
      () => lab('get', 'lamp', 'lit'),
      (text) => text === 'true\n',
    )
    expect(await lab('release', 'estop')).toBe('estop pressed=false\n')
    expect(await lab('set', 'lamp', 'lit=true')).toMatch(/^1 samara: part lamp: lit is set by the part alone/)
    const shown = await lab('show')
    expect(shown).toMatch(/^bell +led +gpio-0 line 1 +lit=false$/m)
    expect(shown).toMatch(/^line1-temp +bme280 +mcu-1 \S+ +temperature=12.5 °C, humidity=\d+ %$/m)
    expect(shown).toMatch(new RegExp(`^board mcu-1: ${kind}, running$`, 'm'))
    expect(await lab('stop-board', 'mcu-1')).toBe('mcu-1 stopped\n')
    expect(await lab('start-board', 'mcu-9')).toMatch(/^1 samara: board mcu-9 does not exist; there are mcu-1/)
  })

  run('over HTTP, with changes as they are made', async () => {
    const { url } = await open(make)
    const ask = async (method: string, path: string, body?: unknown) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${url}${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      // biome-ignore lint/suspicious/noExplicitAny: tests look where they like
      return { status: answer.status, body: (await answer.json()) as any }
    }
    expect(await ask('GET', '/v1/parts/lamp/properties/lit')).toMatchObject({
      status: 409,
      body: { code: 'FAILED_PRECONDITION', detail: 'part lamp: its board mcu-1 is stopped' },
    })
    expect(await ask('POST', '/v1/boards/mcu-1/start')).toMatchObject({
      status: 200,
      body: { board: { state: 'running' } },
    })
    const events = await fetch(`${url}/v1/events?part=estop`)
    const reader = (events.body as ReadableStream<Uint8Array>).getReader()
    onTestFinished(() => reader.cancel())
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe(': watching\n\n')
    expect(await ask('PUT', '/v1/parts/estop/properties/pressed', { value: true })).toEqual({
      status: 200,
      body: { value: true },
    })
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toMatch(
      /^event: change\ndata: {"part":"estop","property":"pressed","value":true,"atUs":\d+}\n\n$/,
    )
    await until(
      () => ask('GET', '/v1/parts/lamp/properties/lit'),
      ({ body }) => body.value === true,
    )
    expect((await ask('PUT', '/v1/parts/estop/properties/pressed', { value: false })).status).toBe(200)
    expect(await ask('PUT', '/v1/parts/line1-temp/properties/temperature', { value: 500 })).toMatchObject({
      status: 400,
    })
    expect((await ask('GET', '/v1/lab')).body).toMatchObject({
      name: expect.any(String),
      boards: [{ name: 'mcu-1', kind, state: 'running', proplet: 'mcu-1' }],
    })
    expect((await ask('POST', '/v1/boards/mcu-1/stop')).body).toMatchObject({ board: { state: 'stopped' } })
    expect(await ask('POST', '/v1/boards/mcu-7/start')).toMatchObject({ status: 404 })
  })

  run('over MQTT, for operators, in JSON', async () => {
    const { port, lab } = await overMqtt(make)
    const name = lab.lab.name
    const boss = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: 'boss', password: 'right' })
    onTestFinished(() => boss.endAsync(true))
    const root = `samara/1/default/l/${name}`
    await boss.subscribeAsync([`${root}/answer/boss`, `${root}/state`], { qos: 1 })
    // biome-ignore lint/suspicious/noExplicitAny: tests look where they like
    const answers = new Map<number, (answer: any) => void>()
    const states: unknown[] = []
    boss.on('message', (topic, payload) => {
      if (topic.endsWith('/state')) states.push(LabState.decode(payload))
      else {
        const answer = JSON.parse(payload.toString())
        answers.get(answer.id)?.(answer)
      }
    })
    let id = 0
    // biome-ignore lint/suspicious/noExplicitAny: tests look where they like
    const ask = (command: object): Promise<any> =>
      new Promise((resolve) => {
        answers.set(++id, resolve)
        boss.publish(`${root}/control/boss`, JSON.stringify({ id, ...command }), { qos: 1 })
      })
    expect((await ask({ part: 'lamp', property: 'lit' })).error.message).toBe('part lamp: its board mcu-1 is stopped')
    expect((await ask({ start: 'mcu-1' })).board).toMatchObject({ name: 'mcu-1', state: 'running' })
    expect((await ask({ part: 'line1-temp', property: 'temperature', value: -3.5 })).value).toBe(-3.5)
    await until(
      () => ask({ part: 'motor-1', property: 'closed' }),
      ({ value }) => value === true,
    )
    expect((await ask({ part: 'estop', property: 'pressed', value: true })).value).toBe(true)
    await until(
      () => ask({ part: 'lamp', property: 'lit' }),
      ({ value }) => value === true,
    )
    // What the image does is heard of too, whenever it was seen.
    await until(
      async () => states,
      (all) => all.some((one) => JSON.stringify(one).includes('"lamp"')),
    )
    expect(states).toContainEqual({ part: 'lamp', property: 'lit', value: true, atUs: expect.any(Number) })
    expect(states).toContainEqual({ part: 'estop', property: 'pressed', value: true, atUs: expect.any(Number) })
    expect((await ask({ start: 'mcu-1', stop: 'mcu-1' })).error.message).toMatch(/asks for 2 things/)
    expect((await ask({ show: true })).view.boards).toMatchObject([{ state: 'running' }])
    expect((await ask({ stop: 'mcu-1' })).board).toMatchObject({ state: 'stopped' })
  })
})

const people: Readonly<Record<string, Identity>> = {
  nucleo: { kind: 'user', id: 'nucleo', role: 'user' },
  sim: { kind: 'user', id: 'sim', role: 'user' },
  boss: { kind: 'user', id: 'boss', role: 'operator' },
}

async function overMqtt(make: Make) {
  const broker = await openBroker(
    {
      ...{ host: '127.0.0.1', port: 0, maxPacketBytes: 65_536, maxConnections: 10, filters: [], log: quiet },
      authenticate: async (name, token) => (token === 'right' ? people[name ?? ''] : undefined),
    },
    { message: () => undefined, up: () => undefined, down: () => undefined },
  )
  onTestFinished(() => broker.close())
  const { promise: isUp, resolve: up } = Promise.withResolvers<void>()
  const lab = await open(make, {
    mqtt: { broker: `mqtt://127.0.0.1:${broker.port}`, namespace: 'default', token: 'right', up },
  })
  await isUp
  return { port: broker.port, lab }
}

describe('samara lab up', () => {
  test.each([
    [
      'renode is not installed',
      'kind: renode, image: x, script: x.resc',
      /^samara-lab: board mcu-1: renode is not installed: https:\S+ has it for Linux\n$/,
    ],
    [
      'the image was not built',
      'kind: native_sim, image: x',
      /^samara-lab: board mcu-1: image \S+x is not there: west build -b native_sim\/native\/64 makes one/,
    ],
    [
      'qemu is not installed',
      'kind: qemu, image: x, program: qemu-system-nothing',
      /^samara-lab: board mcu-1: qemu-system-nothing is not installed/,
    ],
  ])('ends with 3 and one line where %s', { timeout: LONG }, async (_, board, words) => {
    const dir = temporaryFolder()
    const file = join(dir, 'l.lab.yaml')
    writeFileSync(file, `name: l\nboards: { mcu-1: { ${board} } }\n`)
    const cli = new URL('../../cli/samara.js', import.meta.url).pathname
    const env = { PATH: process.env.PATH, HOME: dir }
    const ran = await new Promise<{ code: unknown; text: string }>((resolve) =>
      execFile(process.execPath, [cli, 'lab', 'up', file, '--data', dir], { env }, (error, out, err) =>
        resolve({ code: error?.code ?? 0, text: out + err }),
      ),
    )
    expect(ran.text).toMatch(words)
    expect(ran.text.trim().split('\n')).toHaveLength(1)
    expect(ran.code).toBe(3)
  })
})
