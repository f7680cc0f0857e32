import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isNewer, reconcile } from '../../proplet/deployments/reconcile.ts'
import { ResultBody } from '../../shared/documents/call.ts'
import type { DesiredDeployment } from '../../shared/documents/desired-list.ts'
import { digestOf, newDeploymentId } from '../../shared/ids.ts'
import type { DeploymentState } from '../../shared/messages/index.ts'
import { encodeCall, type MockManager } from '../support/mock-manager.ts'
import { onlineProplet, openManager, startProplet, until, untilLater } from '../support/proplet.ts'
import { settle } from '../support/test-clock.ts'

type Wish = Partial<DesiredDeployment> & { export?: string }

function deployment(manager: MockManager, { export: name = 'add', ...wish }: Wish = {}): DesiredDeployment {
  return {
    deployment: newDeploymentId(0),
    function: 'f' as DesiredDeployment['function'],
    ...manager.publish(),
    trigger: 'boot',
    keep: false,
    call: encodeCall({ export: name }),
    timeoutMs: 60_000,
    throttleMs: 0,
    bufferCount: 4,
    ...wish,
  }
}

const every = (manager: MockManager, wish: Wish = {}) =>
  deployment(manager, { trigger: 'every', everyMs: 1_000, ...wish })
const inState = (manager: MockManager, state: DeploymentState['state']) =>
  manager.next('deploymentState', (message) => message.state === state)

describe('reconcile [P-7.2]', async () => {
  const manager = await openManagerForLists()
  const [a, b, c] = [deployment(manager), deployment(manager), deployment(manager)]

  test('begins, changes and stops what differs, stops first, and leaves alone what is equal', () => {
    const changed = { ...b, timeoutMs: 1 }
    expect(reconcile([a, b], [changed, c])).toEqual([
      { do: 'stop', id: a.deployment },
      { do: 'change', deployment: changed },
      { do: 'begin', deployment: c },
    ])
    expect(reconcile([a, b], [{ ...a }, { ...b, call: Buffer.from(b.call) }])).toEqual([])
  })

  test('the larger incarnation wins, then the larger revision [P-7.1]', () => {
    const at = (incarnation: number, revision: number) => ({ incarnation, revision })
    expect(isNewer(at(2, 1), at(1, 9))).toBe(true)
    expect(isNewer(at(1, 9), at(2, 1))).toBe(false)
    expect(isNewer(at(1, 2), at(1, 1))).toBe(true)
    expect(isNewer(at(1, 1), at(1, 1))).toBe(false)
    expect(isNewer(at(0, 0), undefined)).toBe(true)
  })
})

async function openManagerForLists(): Promise<MockManager> {
  const { MockManager: Mock } = await import('../support/mock-manager.ts')
  return new Mock('p-1')
}

describe('the desired index [P-7.1]', () => {
  test('is pulled, taken over and reported', async () => {
    const { manager, agent } = await onlineProplet()
    manager.desire(3, [deployment(manager)], 5)
    const { message } = await manager.next('reported', ({ revision }) => revision === 3)
    expect(message).toEqual({ boot: agent.boot, incarnation: 5, revision: 3, deployments: 1 })
  })

  test('that is equal or older is a no-op: a reconnect with nothing changed restarts nothing', async () => {
    const { manager, clock, agent, runtime } = await onlineProplet()
    manager.desire(2, [deployment(manager, { export: 'hold' })])
    const held = await runtime.holding()
    const pulls = manager.all('pull').length
    // The index is retained: it comes again with the new connection.
    manager.cut()
    await untilLater(clock, () => agent.stats().link.connections === 2)
    await until(() => agent.stats().connection === 'online')
    manager.desire(1, [])
    await manager.roundTrip()
    expect(held.request.signal?.aborted).toBe(false)
    expect(runtime.runs).toHaveLength(1)
    expect(manager.all('pull')).toHaveLength(pulls)
    await manager.next('reported', ({ revision }) => revision === 2)
  })

  test('of a larger incarnation wins over a larger revision', async () => {
    const { manager, agent } = await onlineProplet()
    manager.desire(9, [deployment(manager)], 1)
    await manager.next('reported', ({ revision }) => revision === 9)
    manager.desire(1, [], 2)
    await manager.next('reported', ({ incarnation }) => incarnation === 2)
    expect(agent.stats().deployments).toBe(0)
  })

  test('whose body cannot be had is reported with its error and tried again; a newer one replaces it', async () => {
    const { manager, clock } = await onlineProplet()
    const { digest } = manager.desire(1, [deployment(manager)])
    const body = manager.blobs.get(digest)
    manager.blobs.delete(digest)
    const failed = await manager.next('reported', ({ error }) => error?.code === 'NOT_FOUND')
    expect(failed.message).toMatchObject({ revision: 0 })
    if (body) manager.blobs.set(digest, body)
    await untilLater(clock, () =>
      manager.all('reported').some(({ message }) => message.revision === 1 && !message.error),
    )
  })

  test('survives what is no list: the old one stays', async () => {
    const { manager, agent } = await onlineProplet()
    manager.desire(1, [deployment(manager)])
    await manager.next('reported', ({ revision }) => revision === 1)
    const junk = Buffer.from('not a list')
    manager.blobs.set(digestOf(junk), junk)
    manager.send('desired', { incarnation: 1, revision: 2, digest: digestOf(junk), sizeBytes: junk.length })
    const { message } = await manager.next('reported', ({ error }) => error !== undefined)
    expect(message).toMatchObject({ revision: 1, deployments: 1, error: { code: 'INVALID_ARGUMENT' } })
    expect(agent.stats().deployments).toBe(1)
  })
})

describe('a deployment [P-7.3]', () => {
  test('of trigger boot runs once, tells its result and its state', async () => {
    const { manager, agent, clock, runtime } = await onlineProplet()
    const wish = deployment(manager)
    manager.desire(1, [wish])
    const { message, topic } = await manager.next('deploymentResult')
    expect(topic).toBe(`samara/1/default/p/p-1/d/${wish.deployment}`)
    expect(message).toMatchObject({
      deployment: wish.deployment,
      boot: agent.boot,
      seq: 1,
      agoMs: 0,
      outcome: 'completed',
    })
    expect(message.body && ResultBody.decode(message.body).value).toBe(5)
    await untilLater(clock, () =>
      manager.all('deploymentState').some(({ message: state }) => state.runs === 1 && state.state === 'ready'),
    )
    await clock.run(120_000, 5_000)
    expect(runtime.runs).toHaveLength(1)
  })

  test('of trigger every runs each period on its own clock', async () => {
    const { manager, clock, runtime } = await onlineProplet()
    manager.desire(1, [every(manager)])
    await until(() => runtime.runs.length === 1)
    await settle()
    await clock.run(3_000, 500)
    expect(runtime.runs).toHaveLength(4)
    const seqs = manager.all('deploymentResult').map(({ message }) => message.seq)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  })

  test('of trigger on-request waits', async () => {
    const { manager, clock, runtime } = await onlineProplet()
    manager.desire(1, [deployment(manager, { trigger: 'on-request' })])
    await inState(manager, 'fetching')
    await untilLater(clock, () => manager.all('deploymentState').some(({ message }) => message.state === 'ready'))
    expect(runtime.runs).toHaveLength(0)
  })

  test('skips and counts a run that would overlap the last', async () => {
    const { manager, clock, runtime } = await onlineProplet()
    manager.desire(1, [every(manager, { export: 'hold' })])
    const held = await runtime.holding()
    await clock.run(3_500, 500)
    held.end()
    await untilLater(clock, () =>
      manager.all('deploymentState').some(({ message }) => message.skipped === 3 && message.runs === 1),
    )
    expect(runtime.runs.length).toBeLessThanOrEqual(2)
  })

  test('keeps its instance from run to run where it says so', async () => {
    const { manager, runtime } = await onlineProplet()
    const [kept, fresh] = [deployment(manager, { keep: true }), deployment(manager)]
    manager.desire(1, [kept, fresh])
    await until(() => runtime.runs.length === 2)
    expect(runtime.runs.map(({ keep }) => keep).toSorted()).toEqual([kept.deployment, undefined])
  })

  test('that fails backs off 1 s, doubling to 60 s, and begins anew after a success', async () => {
    const { manager, clock, runtime } = await onlineProplet()
    const startedMs: number[] = []
    runtime.behaviours.trap = () => {
      startedMs.push(clock.monotonic())
      return { outcome: 'trapped', error: { code: 'GUEST_TRAPPED', message: 'unreachable' } }
    }
    manager.desire(1, [deployment(manager, { export: 'trap', keep: true })])
    await untilLater(clock, () => startedMs.length === 9, 250)
    const waits = startedMs.slice(1).map((ms, index) => ms - (startedMs[index] ?? 0))
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect(waits[0]).toBeGreaterThanOrEqual(1_000)
    expect(waits[0]).toBeLessThan(2_000)
    expect(waits.at(-1)).toBeLessThanOrEqual(60_250)
    expect(waits.at(-1)).toBeGreaterThan(40_000)
    expect(runtime.released.length).toBeGreaterThan(0)
    expect((await inState(manager, 'backoff')).message.error).toMatchObject({ code: 'GUEST_TRAPPED' })
  }, 20_000)

  test('whose image cannot run here is refused, without asking again', async () => {
    const { manager, clock, runtime } = await onlineProplet()
    const other = manager.publish(Buffer.from('another image'))
    manager.desire(1, [deployment(manager, { image: other.image, imageBytes: other.imageBytes })])
    await untilLater(clock, () => manager.all('deploymentState').some(({ message }) => message.state === 'refused'))
    await clock.run(120_000, 10_000)
    expect(runtime.prepared).toHaveLength(0)
  })

  test('whose image is not there yet is tried again', async () => {
    const { manager, clock, runtime } = await onlineProplet()
    const wish = deployment(manager)
    const bytes = manager.blobs.get(wish.image) ?? Buffer.alloc(0)
    manager.blobs.delete(wish.image)
    manager.desire(1, [wish])
    await untilLater(clock, () => manager.all('deploymentState').some(({ message }) => message.state === 'backoff'))
    manager.blobs.set(wish.image, bytes)
    await untilLater(clock, () => runtime.runs.length === 1)
  })

  test('that is no longer named stops, and so does what it runs', async () => {
    const { manager, runtime } = await onlineProplet()
    const wish = deployment(manager, { export: 'hold', keep: true })
    manager.desire(1, [wish])
    const held = await runtime.holding()
    manager.desire(2, [])
    await inState(manager, 'stopped')
    expect(held.request.signal?.aborted).toBe(true)
    expect(runtime.released).toContain(wish.deployment)
  })

  test('that changed is restarted, its neighbour is left alone, and its sequence goes on', async () => {
    const { manager, runtime } = await onlineProplet()
    const [changing, neighbour] = [deployment(manager), deployment(manager, { export: 'hold' })]
    manager.desire(1, [changing, neighbour])
    const held = await runtime.holding()
    await manager.next('deploymentResult', ({ seq }) => seq === 1)
    manager.desire(2, [{ ...changing, call: encodeCall({ args: [4, 4] }) }, neighbour])
    const { message } = await manager.next('deploymentResult', ({ seq }) => seq === 2)
    expect(message.body && ResultBody.decode(message.body).value).toBe(8)
    expect(held.request.signal?.aborted).toBe(false)
  })

  test('tells its state at most once a second [P-7.4]', async () => {
    const { manager, clock, runtime } = await onlineProplet()
    manager.desire(1, [every(manager, { everyMs: 50 })])
    await until(() => runtime.runs.length === 1)
    await clock.run(3_000)
    await manager.roundTrip()
    expect(runtime.runs.length).toBeGreaterThan(50)
    expect(manager.all('deploymentState').length).toBeLessThanOrEqual(5)
  })
})

describe('without a connection [P-7.2]', () => {
  test('a proplet that starts where no broker is runs its deployments from disk', async () => {
    const manager = await openManager()
    const first = await onlineProplet({ manager })
    manager.desire(4, [every(manager), deployment(manager, { export: 'hold' })])
    await until(() => first.runtime.runs.length === 2)
    first.crash()
    const { runtime, clock, agent } = await startProplet({ manager, dataDir: first.dataDir, url: 'mqtt://127.0.0.1:1' })
    await until(() => runtime.runs.length === 2)
    await clock.run(3_000, 500)
    expect(agent.stats().connection).toBe('offline')
    expect(runtime.runs.length).toBe(5)
  })

  test('keeps the last results, drops and counts the oldest, and says afterwards how long ago they were [P-7.4]', async () => {
    const { manager, clock, runtime, agent } = await onlineProplet()
    manager.desire(1, [every(manager, { bufferCount: 3 })])
    await until(() => runtime.runs.length === 1)
    await manager.next('deploymentResult')
    await manager.close()
    await until(() => agent.stats().connection === 'offline')
    await clock.run(8_000, 500)
    manager.clear()
    await manager.listen()
    await untilLater(clock, () => manager.all('deploymentResult').length >= 3)
    const results = manager.all('deploymentResult').map(({ message }) => message)
    const [first, second, third] = results
    expect([second?.seq, third?.seq]).toEqual([(first?.seq ?? 0) + 1, (first?.seq ?? 0) + 2])
    expect(first?.agoMs).toBeGreaterThan(1_500)
    expect(first?.agoMs).toBeGreaterThan(third?.agoMs ?? 0)
    const { message } = await manager.next('deploymentState')
    expect(message.dropped).toBe((first?.seq ?? 0) - 2)
  })

  test('a kept list that is damaged is fetched anew', async () => {
    const manager = await openManager()
    const first = await onlineProplet({ manager })
    manager.desire(4, [deployment(manager)])
    await until(() => first.runtime.runs.length === 1)
    first.crash()
    writeFileSync(join(first.dataDir, 'deployments.cbor'), 'damaged')
    const { runtime } = await startProplet({ manager, dataDir: first.dataDir })
    await until(() => runtime.runs.length === 1)
  })
})

describe('results of a deployment [P-7.4]', () => {
  test('go out at most one per throttle time, the newest of those that wait', async () => {
    const { manager, clock, runtime } = await onlineProplet()
    manager.desire(1, [every(manager, { everyMs: 100, throttleMs: 1_000 })])
    await until(() => runtime.runs.length === 1)
    await clock.run(2_950)
    await manager.roundTrip()
    const seqs = manager.all('deploymentResult').map(({ message }) => message.seq)
    expect(seqs.length).toBe(3)
    expect(seqs[0]).toBe(1)
    expect(seqs[1]).toBeGreaterThan(8)
  })

  test('leave out a body that is too long, and say so', async () => {
    const { manager } = await onlineProplet()
    manager.desire(1, [deployment(manager, { export: 'text', call: encodeCall({ export: 'text', args: [5_000] }) })])
    const { message } = await manager.next('deploymentResult')
    expect(message).toMatchObject({ outcome: 'completed', error: { code: 'TOO_LARGE' } })
    expect(message.body).toBeUndefined()
  })
})

test('deployments that never end keep no task from running, and tasks keep no deployment', async () => {
  const { manager, runtime } = await onlineProplet({ settings: { slots: 1, deploymentSlots: 1 } })
  manager.desire(1, [deployment(manager, { export: 'hold' }), deployment(manager, { export: 'hold' })])
  await runtime.holding()
  const start = manager.start({})
  manager.send('start', start)
  expect((await manager.next('result')).message.outcome).toBe('completed')
  manager.send('start', manager.start({ export: 'hold' }))
  await runtime.holding(1)
  const [first] = runtime.held
  first?.end()
  await until(() => runtime.held.length === 3)
})
