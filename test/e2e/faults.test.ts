import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ResultBody } from '../../shared/documents/call.ts'
import { type FunctionName, propletId, type TaskId, type UserId } from '../../shared/ids.ts'
import { type Answer, Hello, Result, Start, Started } from '../../shared/messages/index.ts'
import { topics } from '../../shared/topics.ts'
import { mockProplet } from '../support/mock-proplet.ts'
import { noMosquitto } from '../support/mosquitto.ts'
import { type BrokerKind, createFleet, type Fleet, type FleetOptions, type Program } from '../support/processes.ts'
import { connectUser, example, startSystem } from '../support/system.ts'
import { expected, judge, type Submitted } from './campaign-judge.ts'
import { type CampaignUser, campaignUser } from './campaign-user.ts'

/** A second and more of one core. */
const LONG = 1_000_000_000
const SHORT = 100_000_000
const BROKER_DOWN_MS = process.env.SAMARA_CI ? 10_000 : 3_000
const LIMIT_MS = 180_000

const brokers = (['embedded', 'mosquitto'] as const).filter((kind) => kind === 'embedded' || !noMosquitto)

const spins = (key: string, steps: number, count = 1): Submitted => ({
  key,
  function: 'add',
  export: 'spin',
  calls: Array.from({ length: count }, () => [steps]),
})
const sum = (key: string, ...args: number[]): Submitted => ({ key, function: 'add', export: 'add', calls: [args] })

async function started(options: FleetOptions): Promise<{ fleet: Fleet; user: CampaignUser }> {
  const fleet = await createFleet(options)
  await fleet.start()
  return { fleet, user: await campaignUser(fleet) }
}

/** Waits for every result, fetching what was said while nobody could hear it, and judges what was heard. */
async function finished(user: CampaignUser): Promise<Answer[]> {
  while (user.unfinished().length > 0) {
    await delay(250)
    for (const { key } of user.unfinished()) if (user.isAccepted(key)) user.say('fetch', { key })
  }
  expect(judge(user.jobs, user.log).violations).toEqual([])
  const first = new Map(user.answers.filter(({ type }) => type === 'result').map((answer) => [answer.task, answer]))
  return [...first.values()]
}

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await delay(20)
}

describe.skipIf(noMosquitto)('Mosquitto comes and goes', () => {
  test(
    'results count that come right before a hello of another boot',
    async () => {
      const fleet = await createFleet({ broker: 'mosquitto', proplets: ['edge-1'] })
      await fleet.broker?.start()
      await fleet.manager.start()
      const user = await campaignUser(fleet)
      const edge = await connectAs(fleet, 'edge-1')
      const own = { proplet: 'edge-1' }
      let boots = 0
      const greet = () => {
        const hello = { ...HELLO, boot: `${++boots}`.padStart(16, '0'), epoch: boots }
        edge.publish(topics.hello.of('default', own), Hello.encode(hello), { qos: 1 })
      }
      let starts: Start[] = []
      edge.on('message', (_topic, payload) => {
        starts.push(Start.decode(payload))
        if (starts.length < HELLO.slots) return
        // All of it in one piece, as a proplet does that comes back.
        edge.stream.cork()
        for (const { task, attempt } of starts) {
          const body = ResultBody.encode({ value: 3 })
          const ended = { task, attempt, outcome: 'completed', waitedUs: 0, ranUs: 0, body } as const
          edge.publish(topics.result.of('default', own), Result.encode(ended), { qos: 1 })
        }
        greet()
        edge.stream.uncork()
        starts = []
      })
      await edge.subscribeAsync(topics.start.of('default', own), { qos: 1 })
      greet()
      for (let round = 0; round < 10; round++) {
        const key = `k${round}`
        user.submit({ key, function: 'add', export: 'add', calls: Array(HELLO.slots).fill([1, 2]) }, { retries: 0 })
        await until(() => user.done(key) === HELLO.slots)
      }
      const outcomes = user.answers.flatMap(({ type, outcome }) => (type === 'result' ? [outcome] : []))
      expect(new Set(outcomes)).toEqual(new Set(['completed']))
    },
    LIMIT_MS,
  )

  test(
    'broker stopped for 10 s with 20 tasks outstanding: the manager subscribes again and all finish once',
    async () => {
      const { fleet, user } = await started({ broker: 'mosquitto', proplets: ['edge-1', 'edge-2'], leaseMs: 30_000 })
      user.submit(spins('k', SHORT, 20))
      await user.answer(({ type }) => type === 'accepted')
      await fleet.broker?.kill()
      await delay(BROKER_DOWN_MS)
      await fleet.broker?.start()
      const results = await finished(user)
      expect(results).toHaveLength(20)
      expect(results.map(({ attempt }) => attempt)).toEqual(Array(20).fill(1))
      user.submit(sum('after', 1, 2))
      await user.answer(({ type, key }) => type === 'result' && key === 'after')
    },
    LIMIT_MS,
  )
})

describe.each(brokers)('over %s', (broker: BrokerKind) => {
  test(
    'manager killed while results arrive',
    async () => {
      const { fleet, user } = await started({ broker, proplets: ['edge-1', 'edge-2'], leaseMs: 10_000 })
      for (let number = 0; number < 60; number++) user.submit(sum(`k${number}`, number, 1))
      await user.answer(({ type }) => type === 'result')
      await fleet.manager.kill()
      await fleet.manager.start()
      expect(await finished(user)).toHaveLength(60)
    },
    LIMIT_MS,
  )

  test(
    "a device is refused another's topics",
    async () => {
      const { fleet, user } = await started({ broker, proplets: ['edge-1', 'edge-2'] })
      await fleet.proplet('edge-1').kill()
      const heard: string[] = []
      const evil = await connectAs(fleet, 'edge-1')
      evil.on('message', (topic) => heard.push(topic))
      for (const filter of ['#', 'samara/#', 'samara/1/default/p/edge-2/#', 'samara/1/default/u/+/reply'])
        await evil.subscribeAsync(filter, { qos: 1 }).catch(() => {})
      user.submit(spins('k', LONG), { proplet: 'edge-2' })
      const { task } = await user.answer(({ type }) => type === 'progress')
      const forged = Result.encode({
        task: task as TaskId,
        attempt: 1,
        outcome: 'completed',
        waitedUs: 0,
        ranUs: 0,
        body: ResultBody.encode({ value: 42 }),
      })
      for (const id of ['edge-2', 'edge-1']) {
        // The embedded broker ends the connection of who tries.
        const other = await connectAs(fleet, 'edge-1')
        other.publish(topics.result.of('default', { proplet: id }), forged, { qos: 1 }, () => {})
        await delay(200)
      }
      expect((await finished(user)).map(({ value }) => value)).toEqual([expected('spin', [LONG])])
      expect(heard.filter((topic) => !topic.includes('/p/edge-1/'))).toEqual([])
    },
    LIMIT_MS,
  )

  test(
    'results not confirmed are sent again after a manager restart, confirmed ones are not',
    async () => {
      const { fleet, user } = await started({ broker, proplets: ['edge-1'] })
      for (const key of ['first', 'confirmed', 'last']) {
        user.submit(sum(key, 1, 1))
        const { job } = await user.answer(({ type, key: of }) => type === 'result' && of === key)
        if (key === 'confirmed') user.say('confirm', { job })
      }
      // What is accepted after it is committed after it.
      user.submit(sum('after', 1, 1))
      await user.answer(({ type, key }) => type === 'result' && key === 'after')
      const before = user.answers.length
      await fleet.manager.kill('SIGTERM')
      await fleet.manager.start()
      const again = () => user.answers.slice(before).filter(({ type }) => type === 'result')
      await until(() => again().length >= 3)
      expect(new Set(again().map(({ key }) => key))).toEqual(new Set(['first', 'last', 'after']))
      expect(again().every(({ repeated }) => repeated)).toBe(true)
      expect(judge(user.jobs, user.log).violations).toEqual([])
    },
    LIMIT_MS,
  )
})

describe('processes that fail', () => {
  test(
    'proplet killed in mid-guest: its task runs elsewhere',
    async () => {
      const { fleet, user } = await started({ broker: 'embedded', proplets: ['edge-1', 'edge-2'] })
      user.submit(spins('k', 2 * LONG))
      const { proplet = '' } = await user.answer(({ type }) => type === 'progress')
      await fleet.proplet(proplet).kill()
      const [result] = await finished(user)
      expect(result).toMatchObject({ attempt: 2, proplet: proplet === 'edge-1' ? 'edge-2' : 'edge-1' })
    },
    LIMIT_MS,
  )

  test(
    'cancel of a CPU-bound guest frees the core',
    async () => {
      const functions = { add: 'add/add.wasm', loop: 'hostile/endless-loop.wasm' }
      const { fleet, user } = await started({ broker: 'embedded', proplets: ['edge-1'], functions, slots: 1 })
      const edge = fleet.proplet('edge-1')
      user.say('submit', { key: 'k', function: 'loop', export: 'run', timeoutMs: 600_000 })
      const { task } = await user.answer(({ type }) => type === 'progress')
      const begun = ticks(edge)
      await until(() => ticks(edge) > begun + 30)
      user.say('cancel', { task })
      expect(await user.answer(({ type }) => type === 'result')).toMatchObject({ state: 'cancelled' })
      // A guest that went on would take a hundred ticks of each second.
      for (let used = 100; used > 20; ) {
        const before = ticks(edge)
        await delay(1_000)
        used = ticks(edge) - before
      }
      user.submit(sum('after', 20, 22))
      expect(await user.answer(({ type, key }) => type === 'result' && key === 'after')).toMatchObject({ value: 42 })
    },
    LIMIT_MS,
  )

  test(
    'an oversized module harms nobody else',
    async () => {
      const big = padded(await example('add/add.wasm'), 3 * 1024 * 1024)
      const { fleet, user } = await started({
        broker: 'embedded',
        proplets: ['small', 'large'],
        functions: { add: 'add/add.wasm', big },
        settings: { small: { maxImageMib: 1 } },
      })
      const pids = [fleet.manager, ...fleet.proplets.values()].map(({ pid }) => pid)
      user.submit(spins('work', SHORT, 20))
      user.say('submit', { key: 'nowhere', function: 'big', export: 'add', args: [1, 2], proplet: 'small' })
      const { error } = await user.answer(({ type }) => type === 'error')
      expect(error).toMatchObject({ code: 'UNPLACEABLE', message: expect.stringMatching(/small/) })
      user.say('submit', { key: 'there', function: 'big', export: 'add', args: [1, 2] })
      expect(await user.answer(({ type, key }) => type === 'result' && key === 'there')).toMatchObject({
        value: 3,
        proplet: 'large',
      })
      // One that the broker itself does not take.
      const rude = await connectUser(fleet.url, 'rude')
      rude.client.publish('samara/1/default/u/rude/submit', Buffer.alloc(2_000_000), { qos: 0 }, () => {})
      await user.answer(({ type, key }) => type === 'summary' && key === 'work')
      expect(user.done('work')).toBe(20)
      expect(user.answers.filter(({ key, attempt = 1 }) => key === 'work' && attempt > 1)).toEqual([])
      expect([fleet.manager, ...fleet.proplets.values()].map(({ pid }) => pid)).toEqual(pids)
    },
    LIMIT_MS,
  )

  test(
    '64 starts at once with none lost',
    async () => {
      const { user } = await started({ broker: brokers.at(-1) ?? 'embedded', proplets: ['edge-1'], leaseMs: 10_000 })
      for (let number = 0; number < 64; number++) user.submit(sum(`k${number}`, number, number))
      const results = await finished(user)
      expect(results).toHaveLength(64)
      expect(results.map(({ attempt }) => attempt)).toEqual(Array(64).fill(1))
    },
    LIMIT_MS,
  )

  test(
    'a healthy proplet never flaps to inactive',
    async () => {
      const { fleet, user } = await started({ broker: 'embedded', proplets: ['edge-1', 'edge-2'], aliveMs: 1_000 })
      for (let round = 0; round < 3; round++) {
        for (let number = 0; number < 100; number++) user.submit(sum(`k${round}-${number}`, number, round))
        await fleet.manager.kill('SIGSTOP')
        await delay(3_300)
        await fleet.manager.kill('SIGCONT')
        await until(() => user.unfinished().length === 0)
        await delay(1_500)
      }
      const judged = fleet.manager.lines().filter((line) => line.includes('"msg":"proplet liveness"'))
      expect(judged.length).toBeGreaterThanOrEqual(2)
      expect(judged.filter((line) => /"is":"(overdue|lost|gone)"/.test(line))).toEqual([])
    },
    LIMIT_MS,
  )

  test(
    'two devices with one id are named',
    async () => {
      const { fleet } = await started({ broker: 'embedded', proplets: ['edge-1'] })
      const twin = await fleet.twin('edge-1')
      twin.launch()
      const named = (one: Program, text: RegExp) => one.lines().some((line) => text.test(line))
      await until(() => named(fleet.manager, /"proplet":"edge-1".*two devices use one proplet id/))
      await until(() => [fleet.proplet('edge-1'), twin].some((one) => named(one, /refuses this proplet.*two devices/)))
    },
    LIMIT_MS,
  )
})

describe('messages at the wrong time', () => {
  test('a start for another epoch is refused', async () => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    await system.proplet('edge-1')
    const ann = await system.user()
    const watched = await watch(system.port, 'samara/1/default/p/edge-1/#')
    await ann.say('submit', { key: 'k', function: 'add', export: 'add', args: [1, 2] })
    await ann.answer({ type: 'result' })
    const { payload } = watched.find(({ topic }) => topic.endsWith('/start')) as Message
    const start = Start.decode(payload)
    const stale = { ...start, attempt: 2, epoch: (start.epoch ^ 1) >>> 0 }
    system.manager.link.send(topics.start, { proplet: 'edge-1' }, stale)
    const answers = () =>
      watched
        .filter(({ topic }) => topic.endsWith('/result'))
        .map((one) => Result.decode(one.payload))
        .filter(({ attempt }) => attempt === 2)
    await until(() => answers().length > 0)
    expect(answers()[0]).toMatchObject({ outcome: 'refused', error: { code: 'STALE_EPOCH' } })
    expect(ann.answers.filter(({ type }) => type === 'result')).toHaveLength(1)
  })

  test('a result that comes while its beginning is committed counts at once', async () => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    const { token } = await system.manager.proplets.add(propletId('edge-1'), {})
    // Makes it known, and goes: the connection after it says nothing twice.
    await (await mockProplet({ port: system.port, id: 'edge-1', token, hello: { aliveMs: 3_600_000 } })).close()
    const edge = await mqtt.connectAsync(`mqtt://127.0.0.1:${system.port}`, {
      ...{ username: 'edge-1', clientId: 'edge-1', password: token },
      ...{ protocolVersion: 4, reconnectPeriod: 0 },
    })
    onTestFinished(() => edge.endAsync(true))
    const own = { proplet: 'edge-1' }
    edge.on('message', (_topic, payload) => {
      const { task, attempt, epoch } = Start.decode(payload)
      const ref = { task, attempt }
      const ended = {
        ...ref,
        outcome: 'completed',
        waitedUs: 0,
        ranUs: 0,
        body: ResultBody.encode({ value: 3 }),
      } as const
      edge.publish(topics.started.of('default', own), Started.encode({ ...ref, epoch, phase: 'running' }), { qos: 1 })
      edge.publish(topics.result.of('default', own), Result.encode(ended), { qos: 1 })
    })
    await edge.subscribeAsync(topics.start.of('default', own), { qos: 1 })
    const ann = await system.user()
    for (let number = 0; number < 20; number++) {
      await ann.say('submit', { key: `k${number}`, function: 'add', export: 'add', args: [1, 2] })
      await ann.answer({ type: 'result', key: `k${number}` })
    }
    expect(ann.answers.filter(({ type }) => type === 'result')).toHaveLength(20)
  })

  test('after a manager restart an attempt has the image that it was placed with', async () => {
    const hello = { maxImage: 1 << 20, formats: ['lowered-core'] as const }
    const first = await startSystem()
    const described = withNotes(await example('add/add.wasm'), 3 * hello.maxImage)
    await first.manager.functions.add('described' as FunctionName, described, { user: 'local' as UserId })
    const { token } = await first.manager.proplets.add(propletId('small'), {})
    const before = await mockProplet({ port: first.port, id: 'small', token, hello })
    const ann = await first.user()
    await ann.say('submit', { key: 'k', function: 'described', export: 'add', args: [1, 2] })
    const placed = await before.start()
    await before.close()
    await first.manager.close()

    const second = await startSystem({ dir: first.dir })
    const after = await mockProplet({ port: second.port, id: 'small', token, hello })
    onTestFinished(() => after.close())
    expect(await after.start()).toMatchObject({ task: placed.task, attempt: 1, image: placed.image })
  })

  test('replayed and reordered messages change nothing', async () => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    const { token } = await system.manager.proplets.add(propletId('edge-1'), {})
    const recorded = await watch(system.port, 'samara/1/default/p/edge-1/#')
    const behaviour = () => ({ value: 3 })
    const edge = await mockProplet({ port: system.port, id: 'edge-1', token, behaviour })
    const ann = await system.user()
    for (let number = 0; number < 10; number++)
      await ann.say('submit', { key: `k${number}`, function: 'add', export: 'add', args: [1, 2] })
    for (let number = 0; number < 10; number++) await ann.answer({ type: 'result', key: `k${number}` })
    await edge.close()

    const own = recorded.filter(({ topic }) => /\/(hello|alive|started|result|gone)$/.test(topic))
    const stored = async () => (await system.manager.jobs.tasks({}, { limit: 100 })).items
    const before = { answers: ann.answers.length, tasks: await stored() }
    const again = await mqtt.connectAsync(`mqtt://127.0.0.1:${system.port}`, {
      username: 'edge-1',
      clientId: 'edge-1',
      password: token,
      protocolVersion: 4,
      reconnectPeriod: 0,
    })
    onTestFinished(() => again.endAsync(true))
    for (let round = 0; round < 5; round++)
      for (const { topic, payload } of round === 0 ? own : shuffled(own, round))
        await again.publishAsync(topic, payload, { qos: 1 })
    expect(await stored()).toEqual(before.tasks)
    expect(ann.answers).toHaveLength(before.answers)
    await again.endAsync()

    const fresh = await mockProplet({ port: system.port, id: 'edge-1', token, behaviour })
    onTestFinished(() => fresh.close())
    await ann.say('submit', { key: 'after', function: 'add', export: 'add', args: [1, 2] })
    expect(await ann.answer({ type: 'result', key: 'after' })).toMatchObject({ value: 3, attempt: 1 })
  })
})

const HELLO = {
  ...{ protocolMin: 1, protocolMax: 1, aliveMs: 3_600_000, software: 'edge', arch: 'x64' },
  formats: ['core-module'] as const,
  ...{ slots: 8, queue: 0, maxPacket: 1_024, maxImage: 1 << 20, memory: 1 << 20 },
}

type Message = { readonly topic: string; readonly payload: Buffer }

/** What passes the embedded broker on topics that an operator may read. */
async function watch(port: number, filter: string): Promise<Message[]> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: 'watcher', protocolVersion: 4 })
  onTestFinished(() => client.endAsync(true))
  const messages: Message[] = []
  client.on('message', (topic, payload) => messages.push({ topic, payload }))
  await client.subscribeAsync(filter, { qos: 1 })
  return messages
}

async function connectAs(fleet: Fleet, id: string): Promise<MqttClient> {
  const client = await mqtt.connectAsync(fleet.url, {
    username: id,
    clientId: id,
    password: fleet.tokens.get(id) ?? '',
    protocolVersion: 4,
    reconnectPeriod: 100,
  })
  client.on('error', () => {})
  onTestFinished(() => client.endAsync(true))
  return client
}

/** Processor time that a process has had, in ticks of 10 ms. */
function ticks({ pid }: Program): number {
  const [, after = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const fields = after.split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** The module with a passive data segment of that size, which no tool may leave out. */
function padded(module: Buffer, sizeBytes: number): Buffer {
  const segments = Buffer.concat([Buffer.from([1, 1, ...leb(sizeBytes)]), Buffer.alloc(sizeBytes, 7)])
  return Buffer.concat([module, Buffer.from([11, ...leb(segments.length)]), segments])
}

/** The module with a custom section of that size, which a smaller image of it does without. */
function withNotes(module: Buffer, sizeBytes: number): Buffer {
  const content = Buffer.concat([Buffer.from([5]), Buffer.from('notes'), Buffer.alloc(sizeBytes)])
  return Buffer.concat([module, Buffer.from([0, ...leb(content.length)]), content])
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)]
}

/** The same order for the same seed. */
function shuffled<T>(all: readonly T[], seed: number): T[] {
  const rank = (index: number) => Math.imul(index + 1, 2_654_435_761 ^ seed) >>> 0
  return all
    .map((one, index) => ({ one, rank: rank(index) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one)
}
