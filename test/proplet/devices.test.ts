import { describe, expect, test } from 'vitest'
import { openPort } from '../../proplet/hal/channel.ts'
import type { RunRequest } from '../../proplet/runtime/runtime.ts'
import type { Operation } from '../../shared/bus.ts'
import type { DesiredDeployment } from '../../shared/documents/desired-list.ts'
import { Transcript } from '../../shared/documents/transcript.ts'
import { newDeploymentId } from '../../shared/ids.ts'
import type { AttemptRef, DeploymentState, Result } from '../../shared/messages/index.ts'
import { FakeRuntime } from '../support/fake-runtime.ts'
import { encodeCall, type MockManager } from '../support/mock-manager.ts'
import { onlineProplet, openManager, startProplet, until, untilLater } from '../support/proplet.ts'
import type { TestClock } from '../support/test-clock.ts'
import { bench, gpio, grant, i2c, openHal, read } from './hal/support.ts'

const SENSOR = 0x76
const grants = [grant('temp', 'i2c', 'read'), grant('motor', 'gpio', 'write')]

const play = (request: RunRequest, ...steps: [device: number, operation: Operation][]) => {
  if (!request.bus) return undefined
  const port = openPort(request.bus)
  return steps.map(([device, operation]) => port.call(device, operation))
}

/** A proplet with a sensor and a motor, and functions that use them. */
async function propletWithHardware(options: { manager?: MockManager; dataDir?: string } = {}) {
  const { path, lines } = await bench()
  const hal = await openHal([i2c('temp', SENSOR, path('bus')), gpio('motor', 1, {}, path('pins'))])
  const runtime = new FakeRuntime()
  const control = (request: RunRequest) => play(request, [0, read(SENSOR, 2)], [1, { op: 'set', level: true }]) ?? []
  runtime.behaviours.control = (request) => ({ value: control(request).length })
  runtime.behaviours.fail = (request) => {
    control(request)
    return { outcome: 'trapped', error: { code: 'GUEST_TRAPPED', message: 'unreachable' } }
  }
  runtime.behaviours.turn = (request) => {
    control(request)
    return 'hold'
  }
  runtime.behaviours.intrude = (request) => {
    play(request, [0, read(0x50, 1)], [0, { op: 'transfer', target: SENSOR, segments: [] }], [1, { op: 'get' }])
    return { refusals: { count: 2, first: 'device line9: not granted' } }
  }
  runtime.behaviours.other = (request) => {
    play(request, [1, { op: 'set', level: false }])
    return {}
  }
  const proplet = await startProplet({ ...options, runtime, hal })
  await proplet.manager.next('hello')
  await until(() => proplet.agent.stats().connection === 'online')
  return { ...proplet, runtime, hal, lines }
}

const resultOf = async (manager: MockManager, { task }: AttemptRef) =>
  (await manager.next('result', (result) => result.task === task)).message

async function fetchTranscript(manager: MockManager, { transcript: digest, transcriptBytes = 0 }: Result) {
  if (!digest) throw new Error('the result names no transcript')
  manager.send('push', { digest, offset: 0, length: transcriptBytes, chunk: transcriptBytes })
  const { message } = await manager.next('pushed', (chunk) => chunk.digest === digest)
  return Transcript.decode(Buffer.from(message.data ?? []))
}

describe('hello [P-10.1]', () => {
  test('names the devices and the interfaces that functions find', async () => {
    const hal = await openHal([i2c('temp', SENSOR)])
    const { manager } = await startProplet({ hal })
    const { message } = await manager.next('hello')
    expect(message.devices).toEqual([
      { name: 'temp', kind: 'i2c', places: ['/dev/null@0x76'], simulated: false, addresses: [SENSOR] },
    ])
    expect(message.interfaces).toEqual(['wasi:i2c/i2c'])
  })
})

describe('a task [P-10.2]', () => {
  test('has the devices that its grants name, and leaves its outputs safe', async () => {
    const { manager, lines } = await propletWithHardware()
    const start = manager.start({ export: 'control', grants })
    manager.send('start', start)
    expect(await resultOf(manager, start)).toMatchObject({ outcome: 'completed' })
    expect(lines('bus')).toEqual(['temp open', 'temp transfer', 'temp close'])
    expect(lines('pins').slice(2)).toEqual(['motor set high', 'motor set low'])
  })

  test('has none without grants', async () => {
    const { manager, runtime } = await propletWithHardware()
    const start = manager.start({ export: 'control' })
    manager.send('start', start)
    await resultOf(manager, start)
    expect(runtime.runs[0]?.bus).toBeUndefined()
  })

  test('pulls the grants of a version once', async () => {
    const { manager } = await propletWithHardware()
    for (let count = 0; count < 3; count++) {
      const start = manager.start({ export: 'control', grants })
      manager.send('start', start)
      await resultOf(manager, start)
    }
    const { grants: digest } = manager.start({ grants })
    expect(manager.all('pull').filter(({ message }) => message.digest === digest)).toHaveLength(1)
  })

  test.each([
    ['a device that is not there', [grant('line9', 'gpio')], 'NOT_FOUND', /device line9/],
    ['more than the profile has', [grant('temp', 'spi')], 'PERMISSION_DENIED', /device temp/],
  ])('is refused where it is granted %s', async (_, wrong, code, message) => {
    const { manager } = await propletWithHardware()
    const start = manager.start({ export: 'control', grants: wrong })
    manager.send('start', start)
    expect(await resultOf(manager, start)).toMatchObject({
      outcome: 'refused',
      error: { code, message: expect.stringMatching(message) },
    })
  })

  test('tells how many operations were refused, at the bus and before it [P-10.3]', async () => {
    const { manager } = await propletWithHardware()
    const start = manager.start({ export: 'intrude', grants })
    manager.send('start', start)
    expect(await resultOf(manager, start)).toMatchObject({ outcome: 'completed', refusals: 4 })
  })

  test('leaves its outputs safe when it is cancelled in its run', async () => {
    const { manager, runtime, lines } = await propletWithHardware()
    const start = manager.start({ export: 'turn', grants })
    manager.send('start', start)
    await runtime.holding()
    manager.send('cancel', { task: start.task, attempt: start.attempt, epoch: start.epoch })
    expect(await resultOf(manager, start)).toMatchObject({ outcome: 'cancelled' })
    expect(lines('pins').at(-1)).toBe('motor set low')
  })

  test('waits for a device that another one has, and expires there at its deadline', async () => {
    const { manager, runtime, clock } = await propletWithHardware()
    const first = manager.start({ export: 'turn', grants })
    manager.send('start', first)
    const held = await runtime.holding()
    const second = manager.start({ export: 'control', grants, timeLeftMs: 1_000 })
    const third = manager.start({ export: 'control', grants })
    manager.send('start', second)
    manager.send('start', third)
    await untilLater(clock, () => manager.all('result').length > 0)
    expect(await resultOf(manager, second)).toMatchObject({ outcome: 'expired' })
    held.end()
    expect(await resultOf(manager, first)).toMatchObject({ outcome: 'completed' })
    expect(await resultOf(manager, third)).toMatchObject({ outcome: 'completed' })
  })

  test('that waits for a device keeps no slot from others', async () => {
    const { manager, runtime } = await propletWithHardware()
    manager.send('start', manager.start({ export: 'turn', grants }))
    const held = await runtime.holding()
    const waiting = manager.start({ export: 'control', grants })
    manager.send('start', waiting)
    const free = manager.start({ export: 'add' })
    manager.send('start', free)
    expect(await resultOf(manager, free)).toMatchObject({ outcome: 'completed' })
    held.end()
    await resultOf(manager, waiting)
  })
})

describe('the transcript of a task [P-10.5]', () => {
  test('is offered beside the result where it was wanted', async () => {
    const { manager } = await propletWithHardware()
    const start = manager.start({ export: 'control', grants, record: true })
    manager.send('start', start)
    const { rows } = await fetchTranscript(manager, await resultOf(manager, start))
    expect(rows.map(({ op }) => op)).toEqual(['transfer', 'set'])
  })

  test('outlives a crash of the agent until the result is acknowledged', async () => {
    const manager = await openManager()
    const first = await propletWithHardware({ manager })
    const start = manager.start({ export: 'control', grants, record: true })
    manager.send('start', start)
    const before = await resultOf(manager, start)
    await untilLater(first.clock, () => first.agent.stats().tasks.results === 1)
    await first.clock.run(1_000)
    first.crash()
    await propletWithHardware({ manager, dataDir: first.dataDir })
    const after = await resultOf(manager, start)
    expect(after).toEqual(before)
    expect((await fetchTranscript(manager, after)).rows).toHaveLength(2)
  })
})

describe('a replay of a task [P-10.6]', () => {
  async function recorded() {
    const { manager } = await propletWithHardware()
    const start = manager.start({ export: 'control', grants, record: true })
    manager.send('start', start)
    return await fetchTranscript(manager, await resultOf(manager, start))
  }

  test('is answered by the record, on a proplet without such devices', async () => {
    const replay = await recorded()
    const { manager, runtime } = await onlineProplet()
    runtime.behaviours.control = (request) => ({
      value: play(request, [0, read(SENSOR, 2)], [1, { op: 'set', level: true }])?.length ?? 0,
    })
    const start = manager.start({ export: 'control', grants, replay })
    manager.send('start', start)
    expect(await resultOf(manager, start)).toMatchObject({ outcome: 'completed' })
  })

  test('that does something else ends as trapped and names it', async () => {
    const replay = await recorded()
    const { manager, lines } = await propletWithHardware()
    const start = manager.start({ export: 'add', grants, replay })
    manager.send('start', start)
    expect(await resultOf(manager, start)).toMatchObject({
      outcome: 'trapped',
      error: {
        code: 'FAILED_PRECONDITION',
        message:
          'replay differs at operation 1: nothing was asked for, the record has temp transfer 0x76 write d0 read 2',
      },
    })
    expect(lines('bus')).toEqual([])
  })
})

describe('a deployment with devices', () => {
  const deployment = (manager: MockManager, name: string): DesiredDeployment => ({
    deployment: newDeploymentId(0),
    function: 'f' as DesiredDeployment['function'],
    ...manager.publish(),
    trigger: 'every',
    everyMs: 1_000,
    keep: false,
    call: encodeCall({ export: name }),
    timeoutMs: 60_000,
    throttleMs: 0,
    bufferCount: 4,
    grants,
  })
  /** A state that was told; telling is throttled, so time must pass. */
  const told = async (
    { manager, clock }: { manager: MockManager; clock: TestClock },
    accept: (state: DeploymentState) => boolean,
  ) => {
    await untilLater(clock, () => manager.all('deploymentState').some(({ message }) => accept(message)))
    return (await manager.next('deploymentState', accept)).message
  }

  test('opens them once, and its outputs keep their level from run to run', async () => {
    const { manager, clock, lines, runtime } = await propletWithHardware()
    manager.desire(1, [deployment(manager, 'control')])
    await untilLater(clock, () => runtime.runs.length >= 3)
    await until(() => lines('pins').length >= 5)
    expect(lines('pins').slice(2, 5)).toEqual(['motor set high', 'motor set high', 'motor set high'])
    expect(lines('bus').filter((line) => line === 'temp open')).toHaveLength(1)
  })

  test.each<[string, (manager: MockManager, one: DesiredDeployment) => readonly DesiredDeployment[]]>([
    ['is removed', () => []],
    ['is changed', (manager, one) => [{ ...one, everyMs: 3_600_000, call: deployment(manager, 'add').call }]],
  ])('leaves its outputs safe when it %s', async (_, next) => {
    const proplet = await propletWithHardware()
    const { manager, lines } = proplet
    const one = deployment(manager, 'control')
    manager.desire(1, [one])
    await told(proplet, ({ runs }) => runs > 0)
    expect(lines('pins').at(-1)).toBe('motor set high')
    manager.desire(2, next(manager, one))
    await until(() => lines('pins').at(-1) === 'motor set low')
  })

  test('leaves its outputs safe when it is removed in the midst of a run', async () => {
    const { manager, runtime, lines } = await propletWithHardware()
    manager.desire(1, [deployment(manager, 'turn')])
    await runtime.holding()
    manager.desire(2, [])
    await until(() => lines('pins').at(-1) === 'motor set low')
    await until(() => lines('bus').at(-1) === 'temp close')
  })

  test('leaves its outputs safe when a run fails', async () => {
    const proplet = await propletWithHardware()
    const { manager, lines } = proplet
    manager.desire(1, [deployment(manager, 'fail')])
    await told(proplet, ({ failures }) => failures > 0)
    expect(lines('pins').slice(2, 4)).toEqual(['motor set high', 'motor set low'])
  })

  test('counts what it was refused [P-10.3]', async () => {
    const proplet = await propletWithHardware()
    proplet.manager.desire(1, [deployment(proplet.manager, 'intrude')])
    expect(await told(proplet, ({ runs }) => runs === 2)).toMatchObject({ refusals: 8 })
  })

  test('is tried again where a device is not there yet', async () => {
    const proplet = await propletWithHardware()
    const { manager } = proplet
    manager.desire(1, [{ ...deployment(manager, 'control'), grants: [grant('line9', 'gpio')] }])
    const { error } = await told(proplet, ({ state }) => state === 'backoff')
    expect(error).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('line9') })
    manager.clear()
    await told(proplet, ({ state }) => state === 'fetching')
  })

  test('leaves its outputs safe when the agent stops', async () => {
    const proplet = await propletWithHardware()
    const { manager, agent, clock, runtime, lines } = proplet
    manager.desire(1, [deployment(manager, 'control')])
    await told(proplet, ({ runs }) => runs > 0)
    const stopping = agent.stop()
    while (!runtime.closed) await clock.run(1_000, 100)
    await stopping
    expect(lines('pins').slice(-3)).toEqual(['motor set low', 'motor close', 'driver closed'])
  })
})
