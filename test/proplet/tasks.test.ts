import { describe, expect, test } from 'vitest'
import { ResultBody } from '../../shared/documents/call.ts'
import { newTaskId } from '../../shared/ids.ts'
import type { AttemptRef, Result } from '../../shared/messages/index.ts'
import type { MockManager } from '../support/mock-manager.ts'
import { onlineProplet, until } from '../support/proplet.ts'

const refOf = ({ task, attempt }: AttemptRef): AttemptRef => ({ task, attempt })
const resultValue = (result: Result) => result.body && ResultBody.decode(result.body).value
const otherEpoch = (manager: MockManager): number => (manager.epoch === 1 ? 2 : 1)
const resultOf = async (manager: MockManager, ref: AttemptRef) =>
  manager.next('result', (result) => result.task === ref.task && result.attempt === ref.attempt)

describe('start', () => {
  test('runs a function and sends its result', async () => {
    const { manager, runtime } = await onlineProplet()
    const start = manager.start({ export: 'add', args: [2, 3] })
    manager.send('start', start)
    const { message } = await resultOf(manager, start)
    expect(message).toMatchObject({ ...refOf(start), outcome: 'completed', memoryPages: 1 })
    expect(resultValue(message)).toBe(5)
    expect(runtime.runs[0]?.limits).toMatchObject({ memoryPages: 256, timeoutMs: 60_000 })
  })

  test('pulls and prepares a function once for many tasks', async () => {
    const { manager, runtime } = await onlineProplet()
    const starts = [1, 2, 3, 4].map((n) => manager.start({ args: [n, n] }))
    for (const start of starts) manager.send('start', start)
    for (const start of starts) await resultOf(manager, start)
    expect(runtime.prepared).toHaveLength(1)
    expect(manager.all('pull')).toHaveLength(2)
  })

  test('answers a start that comes twice with started while it is held, with the result afterwards [P-5.2]', async () => {
    const { manager, runtime } = await onlineProplet()
    const start = manager.start({ export: 'hold' })
    manager.send('start', start)
    const held = await runtime.holding()
    manager.send('start', start)
    expect((await manager.next('started')).message).toMatchObject({
      ...refOf(start),
      phase: 'running',
      epoch: manager.epoch,
    })
    held.end({ value: 7 })
    const first = await resultOf(manager, start)
    manager.send('start', start)
    const second = await resultOf(manager, start)
    expect(second.payload).toEqual(first.payload)
    expect(runtime.runs).toHaveLength(1)
  })

  test('does not run an attempt again that was acknowledged', async () => {
    const { manager, runtime } = await onlineProplet()
    const start = manager.start({})
    manager.send('start', start)
    await resultOf(manager, start)
    manager.send('ack', { attempts: [refOf(start)] })
    manager.send('start', start)
    await manager.roundTrip()
    expect(runtime.runs).toHaveLength(1)
    expect(manager.all('result').filter(({ message }) => message.task === start.task)).toHaveLength(1)
  })

  test('refuses a start of another epoch with STALE_EPOCH [P-3.3]', async () => {
    const { manager, runtime } = await onlineProplet()
    const start = manager.start({ epoch: otherEpoch(manager) })
    manager.send('start', start)
    const { message } = await resultOf(manager, start)
    expect(message).toMatchObject({ outcome: 'refused', error: { code: 'STALE_EPOCH' } })
    expect(runtime.runs).toHaveLength(0)
  })

  test('says started within 50 ms, and again when a waiting attempt begins [P-5.2]', async () => {
    const { manager, runtime, clock } = await onlineProplet({ settings: { slots: 1 } })
    const [first, second] = [manager.start({ export: 'hold' }), manager.start({ export: 'hold' })]
    manager.send('start', first)
    manager.send('start', second)
    const held = await runtime.holding()
    await until(() => runtime.held.length === 1)
    await manager.roundTrip()
    clock.advance(50)
    await manager.next('started', ({ task, phase }) => task === first.task && phase === 'running')
    await manager.next('started', ({ task, phase }) => task === second.task && phase === 'queued')
    held.end()
    await runtime.holding(1)
    clock.advance(50)
    await manager.next('started', ({ task, phase }) => task === second.task && phase === 'running')
  })

  test('says nothing of started where the result goes first', async () => {
    const { manager, clock } = await onlineProplet()
    const start = manager.start({})
    manager.send('start', start)
    await resultOf(manager, start)
    clock.advance(100)
    await manager.roundTrip()
    expect(manager.all('started')).toHaveLength(0)
  })

  test('refuses what is more than slots and queue [P-5.2]', async () => {
    const { manager } = await onlineProplet({ settings: { slots: 1, queue: 2 } })
    const starts = [1, 2, 3, 4].map(() => manager.start({ export: 'hold' }))
    for (const start of starts) manager.send('start', start)
    const { message } = await manager.next('result')
    expect(message).toMatchObject({ task: starts[3]?.task, outcome: 'refused', error: { code: 'RESOURCE_EXHAUSTED' } })
  })

  test('a larger attempt ends a smaller one, which sends nothing', async () => {
    const { manager, runtime } = await onlineProplet()
    const task = newTaskId(0)
    manager.send('start', manager.start({ export: 'hold', task }))
    const first = await runtime.holding()
    manager.send('start', manager.start({ export: 'hold', task, attempt: 2 }))
    const second = await runtime.holding(1)
    expect(first.request.signal?.aborted).toBe(true)
    second.end({ value: 1 })
    await resultOf(manager, { task, attempt: 2 })
    expect(manager.all('result')).toHaveLength(1)
  })

  test('ends as expired what does not begin in its time [P-5.2]', async () => {
    const { manager, runtime, clock } = await onlineProplet({ settings: { slots: 1 } })
    manager.send('start', manager.start({ export: 'hold' }))
    await runtime.holding()
    const start = manager.start({ timeLeftMs: 1_000 })
    manager.send('start', start)
    await manager.roundTrip()
    await clock.run(1_400)
    const { message } = await resultOf(manager, start)
    expect(message).toMatchObject({ outcome: 'expired', error: { code: 'DEADLINE_EXCEEDED' } })
  })

  test('refuses a start with neither or both of call and callDigest', async () => {
    const { manager } = await onlineProplet()
    const { call: _, ...start } = manager.start({})
    manager.send('start', start)
    const { message } = await resultOf(manager, start)
    expect(message).toMatchObject({ outcome: 'refused', error: { code: 'INVALID_ARGUMENT' } })
  })

  test('refuses an image that its manifest does not name', async () => {
    const { manager, runtime } = await onlineProplet()
    const other = Buffer.from('another image')
    const { image, imageBytes } = manager.publish(other)
    const start = { ...manager.start({}), image, imageBytes }
    manager.send('start', start)
    expect((await resultOf(manager, start)).message).toMatchObject({
      outcome: 'refused',
      error: { code: 'PERMISSION_DENIED' },
    })
    expect(runtime.prepared).toHaveLength(0)
  })

  test('publishes output of a running attempt for those who watch [P-5.6]', async () => {
    const { manager } = await onlineProplet()
    const start = manager.start({ export: 'print' })
    manager.send('start', start)
    expect((await manager.next('log')).message).toEqual({ ...refOf(start), seq: 0, stream: 'stdout', text: 'hello\n' })
    await resultOf(manager, start)
  })
})

describe('lease', () => {
  test('renews all that is held each third, 10 per message [P-5.2]', async () => {
    const { manager, clock } = await onlineProplet({ settings: { slots: 1, queue: 20 } })
    for (let n = 0; n < 12; n++) manager.send('start', manager.start({ export: 'hold', leaseMs: 3_000 }))
    await manager.roundTrip()
    await clock.run(1_000)
    expect((await manager.next('renew')).message).toMatchObject({ epoch: manager.epoch })
    expect((await manager.next('renew')).message.attempts).toHaveLength(2)
  })

  test('stops an attempt whose lease ran out by its own clock and sends nothing [P-5.2]', async () => {
    const { manager, runtime, clock } = await onlineProplet()
    manager.send('start', manager.start({ export: 'hold', leaseMs: 3_000 }))
    const held = await runtime.holding()
    await clock.run(2_800)
    expect(held.request.signal?.aborted).toBe(false)
    await clock.run(400)
    expect(held.request.signal?.aborted).toBe(true)
    await manager.roundTrip()
    expect(manager.all('result').filter(({ message }) => message.outcome !== 'cancelled')).toHaveLength(0)
  })

  test('a renewed attempt has the full lease again', async () => {
    const { manager, runtime, clock } = await onlineProplet()
    const start = manager.start({ export: 'hold', leaseMs: 3_000 })
    manager.send('start', start)
    const held = await runtime.holding()
    await clock.run(2_800)
    manager.send('lease', { epoch: manager.epoch, leaseMs: 3_000, renewed: [refOf(start)], fenced: [] })
    await manager.roundTrip()
    await clock.run(2_800)
    expect(held.request.signal?.aborted).toBe(false)
  })

  test('a fenced attempt stops at once and sends nothing [P-5.2]', async () => {
    const { manager, runtime, agent } = await onlineProplet()
    const start = manager.start({ export: 'hold' })
    manager.send('start', start)
    const held = await runtime.holding()
    manager.send('lease', { epoch: manager.epoch, leaseMs: 3_000, renewed: [], fenced: [refOf(start)] })
    await manager.roundTrip()
    expect(held.request.signal?.aborted).toBe(true)
    expect(agent.stats().tasks).toMatchObject({ running: 0, waiting: 0 })
    expect(manager.all('result').some(({ message }) => message.task === start.task)).toBe(false)
  })

  test('a result whose attempt was fenced is not sent again', async () => {
    const { manager, clock } = await onlineProplet()
    const start = manager.start({})
    manager.send('start', start)
    await resultOf(manager, start)
    manager.send('lease', { epoch: manager.epoch, leaseMs: 3_000, renewed: [], fenced: [refOf(start)] })
    await manager.roundTrip()
    manager.clear()
    await clock.run(12_000, 1_000)
    await manager.roundTrip()
    expect(manager.all('result').some(({ message }) => message.task === start.task)).toBe(false)
  })
})

describe('cancel [P-5.5]', () => {
  test('stops a running attempt', async () => {
    const { manager, runtime } = await onlineProplet()
    const start = manager.start({ export: 'hold' })
    manager.send('start', start)
    await runtime.holding()
    manager.send('cancel', { ...refOf(start), epoch: manager.epoch })
    expect((await resultOf(manager, start)).message).toMatchObject({ outcome: 'cancelled' })
  })

  test('removes a waiting attempt from the queue', async () => {
    const { manager, runtime } = await onlineProplet({ settings: { slots: 1 } })
    manager.send('start', manager.start({ export: 'hold' }))
    await runtime.holding()
    const start = manager.start({})
    manager.send('start', start)
    manager.send('cancel', { ...refOf(start), epoch: manager.epoch })
    expect((await resultOf(manager, start)).message).toMatchObject({ outcome: 'cancelled', ranUs: 0 })
    expect(runtime.runs).toHaveLength(1)
  })

  test('of an attempt that is not held gives cancelled', async () => {
    const { manager } = await onlineProplet()
    const ref = { task: newTaskId(0), attempt: 3 }
    manager.send('cancel', { ...ref, epoch: manager.epoch })
    expect((await resultOf(manager, ref)).message).toMatchObject({ outcome: 'cancelled' })
  })

  test('of an attempt that has ended sends its result again', async () => {
    const { manager } = await onlineProplet()
    const start = manager.start({})
    manager.send('start', start)
    const first = await resultOf(manager, start)
    manager.send('cancel', { ...refOf(start), epoch: manager.epoch })
    expect((await resultOf(manager, start)).payload).toEqual(first.payload)
  })

  test('for another epoch is dropped [P-3.3]', async () => {
    const { manager, runtime } = await onlineProplet()
    const start = manager.start({ export: 'hold' })
    manager.send('start', start)
    const held = await runtime.holding()
    manager.send('cancel', { ...refOf(start), epoch: otherEpoch(manager) })
    await manager.roundTrip()
    expect(held.request.signal?.aborted).toBe(false)
  })
})
