import { readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createHal } from '../../proplet/hal/hardware.ts'
import { loadProfile } from '../../proplet/hal/load-profile.ts'
import { realClock } from '../../shared/clock.ts'
import type { DesiredDeployment } from '../../shared/documents/desired-list.ts'
import { newDeploymentId } from '../../shared/ids.ts'
import type { DeploymentState } from '../../shared/messages/index.ts'
import { FakeRuntime } from '../support/fake-runtime.ts'
import { encodeCall, type MockManager } from '../support/mock-manager.ts'
import { silentLog, startProplet, until, untilLater } from '../support/proplet.ts'
import { grant } from './hal/support.ts'
import { started } from './lab/running.ts'

/** Deployments that the edge of an input starts, in a lab. [P-7.3] */

const LAB = `
name: floor
time: real
buses:
  pins: { kind: gpio, lines: 8 }
parts:
  stop: { chip: button, bus: pins, line: 1, pull: up, options: { pulled: false } }
  gate: { chip: button, bus: pins, line: 2 }
  lamp: { chip: led, bus: pins, line: 3 }
proplets:
  "*":
    stop: { part: stop, activeLow: true, pull: up, debounceMs: 20 }
    gate: { part: gate, activeLow: true }
    lamp: { part: lamp, safe: low }
`

async function floor() {
  const { lab, socket, close: cut } = await started({ yaml: LAB })
  const loaded = await loadProfile({ propletId: 'p-1', profile: undefined, lab: socket }, readFileSync)
  const hal = await createHal({ ...loaded, interfaces: [], clock: realClock, log: silentLog, guard: false })
  onTestFinished(() => hal.close())
  const runtime = new FakeRuntime()
  const proplet = await startProplet({ hal, runtime })
  const { manager, clock } = proplet
  await manager.next('hello')
  await until(() => proplet.agent.stats().connection === 'online')
  /** A state that was told; telling is throttled, so time must pass. */
  const told = async (accept: (state: DeploymentState) => boolean) => {
    await untilLater(clock, () => manager.all('deploymentState').some(({ message }) => accept(message)))
    return (await manager.next('deploymentState', accept)).message
  }
  const push = (part: string, pressed: boolean) => lab.part(part).set('pressed', pressed)
  return { ...proplet, lab, socket, cut, runtime, told, push }
}

const onEdge = (
  manager: MockManager,
  wish: Partial<DesiredDeployment> & { export?: string } = {},
): DesiredDeployment => {
  const { export: name = 'add', ...more } = wish
  return {
    deployment: newDeploymentId(0),
    function: 'f' as DesiredDeployment['function'],
    ...manager.publish(),
    trigger: 'edge',
    device: 'gate',
    edge: 'rising',
    keep: false,
    call: encodeCall({ export: name }),
    timeoutMs: 60_000,
    throttleMs: 0,
    bufferCount: 4,
    grants: [grant(more.device ?? 'gate', 'gpio', 'read')],
    ...more,
  }
}

/** Longer than the debounce, so that an edge that was to come has come. */
const longEnough = () => new Promise<void>((resolve) => realClock.after(60, resolve))

describe('a deployment of trigger edge', () => {
  test('waits for the first edge of its kind, and runs at each', async () => {
    const { manager, runtime, told, push } = await floor()
    manager.desire(1, [onEdge(manager)])
    await told(({ state }) => state === 'ready')
    expect(runtime.runs).toHaveLength(0)
    push('gate', true)
    await told(({ runs, state }) => runs === 1 && state === 'ready')
    push('gate', false)
    push('gate', true)
    await told(({ runs }) => runs === 2)
    expect(runtime.runs).toHaveLength(2)
  })

  test('sees levels as functions do, without what the debounce takes away', async () => {
    const { manager, runtime, told, push } = await floor()
    manager.desire(1, [onEdge(manager, { device: 'stop' })])
    await told(({ state }) => state === 'ready')
    push('stop', true)
    push('stop', false)
    await longEnough()
    expect(runtime.runs).toHaveLength(0)
    push('stop', true)
    await told(({ runs }) => runs === 1)
    push('stop', false)
    await longEnough()
    expect(runtime.runs).toHaveLength(1)
  })

  test('of both edges runs at both', async () => {
    const { manager, told, push } = await floor()
    manager.desire(1, [onEdge(manager, { edge: 'both' })])
    await told(({ state }) => state === 'ready')
    push('gate', true)
    await told(({ runs, state }) => runs === 1 && state === 'ready')
    push('gate', false)
    await told(({ runs }) => runs === 2)
  })

  test('skips and counts an edge that comes during a run', async () => {
    const { manager, runtime, told, push } = await floor()
    manager.desire(1, [onEdge(manager, { export: 'hold' })])
    await told(({ state }) => state === 'ready')
    push('gate', true)
    const held = await runtime.holding()
    await longEnough()
    push('gate', false)
    push('gate', true)
    await told(({ skipped }) => skipped === 1)
    held.end()
    expect(await told(({ runs }) => runs === 1)).toMatchObject({ skipped: 1, failures: 0 })
    expect(runtime.runs).toHaveLength(1)
  })

  test('two watch one input, and both run', async () => {
    const { manager, told, push } = await floor()
    const both = [onEdge(manager), onEdge(manager)]
    manager.desire(1, both)
    for (const one of both) await told(({ deployment, state }) => deployment === one.deployment && state === 'ready')
    push('gate', true)
    for (const one of both) await told(({ deployment, runs }) => deployment === one.deployment && runs === 1)
  })

  test('that was removed runs no more', async () => {
    const { manager, runtime, told, push } = await floor()
    manager.desire(1, [onEdge(manager)])
    await told(({ state }) => state === 'ready')
    manager.desire(2, [])
    await told(({ state }) => state === 'stopped')
    push('gate', true)
    await longEnough()
    expect(runtime.runs).toHaveLength(0)
  })

  test('tells that its input is gone, and watches it again when it is back', async () => {
    const { manager, told, cut, socket } = await floor()
    manager.desire(1, [onEdge(manager)])
    await told(({ state }) => state === 'ready')
    await cut()
    expect((await told(({ error }) => error !== undefined)).error).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('device gate: lab'),
    })
    const { lab } = await started({ yaml: LAB, socket })
    // Watched again at some moment of the proplet's clock: pressed until it is noticed.
    let pressed = false
    await told(({ runs }) => {
      pressed = !pressed
      lab.part('gate').set('pressed', pressed)
      return runs > 0
    })
  })

  test.each<[string, Partial<DesiredDeployment>, RegExp]>([
    ['an output', { device: 'lamp', grants: [grant('lamp', 'gpio', 'read')] }, /device lamp: .*no input/],
    ['an input that it was not granted', { grants: [grant('stop', 'gpio', 'read')] }, /device gate/],
    ['nothing', { device: undefined as never }, /device, edge or grant is missing/],
  ])('with %s as its device is refused', async (_, wish, message) => {
    const { manager, told } = await floor()
    const { device, ...rest } = { ...onEdge(manager), ...wish }
    manager.desire(1, [{ ...rest, ...(device !== undefined && { device }) }])
    expect((await told(({ state }) => state === 'refused')).error?.message).toMatch(message)
  })
})

test('a proplet says in its hello that it knows the trigger', async () => {
  const { manager } = await startProplet({})
  expect((await manager.next('hello')).message).toMatchObject({ triggers: ['edge'] })
})
