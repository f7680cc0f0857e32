import { describe, expect, test } from 'vitest'
import { connectionEvents, connectionStates, maySay, nextConnection } from '../../proplet/connection.ts'
import { incoming, outgoing } from '../../proplet/outbound.ts'
import { topics } from '../../shared/topics.ts'
import { onlineProplet, openManager, startProplet, until, untilLater } from '../support/proplet.ts'

describe('the connection machine', () => {
  test('leads from every state to a known one or nowhere', () => {
    const rows = connectionStates.map((state) =>
      connectionEvents.map((event) => nextConnection(state, event) ?? '-').join(' '),
    )
    expect(rows).toEqual([
      'connecting - - - -',
      '- online refused offline -',
      '- - refused offline draining',
      '- online - offline -',
      '- - - offline -',
    ])
  })

  test('says results and hello before welcome, and hello alone when it was refused [P-3.1] [P-3.2]', () => {
    expect(outgoing.filter((topic) => maySay('connecting', topic))).toEqual(['hello', 'result'])
    expect(outgoing.filter((topic) => maySay('refused', topic))).toEqual(['hello'])
    expect(outgoing.filter((topic) => maySay('offline', topic))).toEqual([])
  })

  test('knows each topic of a proplet, each in its direction [P-2.3]', () => {
    const own = Object.entries(topics).filter(([, topic]) => topic.template.startsWith('p/'))
    const from = (sender: string) => own.filter(([, topic]) => topic.from === sender).map(([name]) => name)
    expect(from('proplet').sort()).toEqual([...outgoing].sort())
    expect(from('manager').sort()).toEqual([...incoming].sort())
  })
})

describe('a connection', () => {
  test('begins with hello and what the proplet is', async () => {
    const manager = await openManager()
    const { agent } = await startProplet({ manager, settings: { labels: { line: '1' }, slots: 3 } })
    const { message } = await manager.next('hello')
    expect(message).toMatchObject({ boot: agent.boot, aliveMs: 10_000, slots: 3, queue: 4, labels: { line: '1' } })
    expect(message).toMatchObject({ protocolMin: 1, protocolMax: 1, formats: ['core-module'], memory: 256 * 65_536 })
  })

  test('has another epoch each time, and the same boot until the agent starts again [P-3.3]', async () => {
    const { manager, clock, agent, dataDir, crash } = await onlineProplet()
    const first = manager.all('hello')[0]?.message
    manager.cut()
    await untilLater(clock, () => agent.stats().link.connections === 2)
    const { message: second } = await manager.next('hello')
    expect(second.boot).toBe(first?.boot)
    expect(second.epoch).not.toBe(first?.epoch)
    crash()
    await startProplet({ manager, dataDir })
    const { message: third } = await manager.next('hello', ({ boot }) => boot !== first?.boot)
    expect(third.epoch).not.toBe(second.epoch)
  })

  test('leaves a will with the epoch of this connection, not of an earlier one [P-3.1]', async () => {
    const { manager, clock, agent } = await onlineProplet()
    for (const connection of [2, 3]) {
      const { epoch } = manager
      manager.cut()
      const { message } = await manager.next('gone')
      expect(message).toEqual({ boot: agent.boot, epoch, reason: 'lost' })
      await untilLater(
        clock,
        () => agent.stats().link.connections === connection && agent.stats().connection === 'online',
      )
    }
  })

  test('comes back after the broker was away, however long', async () => {
    const { manager, clock, agent } = await onlineProplet()
    await manager.close()
    await until(() => agent.stats().connection === 'offline')
    await clock.run(600_000, 5_000)
    await manager.listen()
    await untilLater(clock, () => agent.stats().connection === 'online', 500)
  })

  test('renews what it holds as soon as it is welcome again, and stops nothing', async () => {
    const { manager, clock, agent, runtime } = await onlineProplet()
    const start = manager.start({ export: 'hold' })
    manager.send('start', start)
    const held = await runtime.holding()
    manager.cut()
    await untilLater(clock, () => agent.stats().link.connections === 2)
    const { message } = await manager.next('renew', ({ attempts }) => attempts.length === 1)
    expect(message).toEqual({ epoch: manager.epoch, attempts: [{ task: start.task, attempt: 1 }] })
    expect(held.request.signal?.aborted).toBe(false)
  })

  test('promises and sends heartbeats [P-3.4]', async () => {
    const { manager, clock } = await onlineProplet({ settings: { aliveMs: 1_000 } })
    clock.advance(2_000)
    expect((await manager.next('alive')).message).toMatchObject({ epoch: manager.epoch, seq: 1, running: 0, queued: 0 })
    expect((await manager.next('alive')).message).toMatchObject({ seq: 2 })
  })

  test('says hello again until somebody answers', async () => {
    const manager = await openManager()
    manager.welcome = () => undefined
    const { clock } = await startProplet({ manager })
    const { message: first } = await manager.next('hello')
    clock.advance(10_000)
    expect((await manager.next('hello')).message.epoch).toBe(first.epoch)
  })

  test('that is refused is quiet, asks again after a minute, and then works [P-3.2]', async () => {
    const manager = await openManager()
    const answer = manager.welcome
    manager.welcome = ({ epoch }) => ({
      epoch,
      protocol: 0,
      nowMs: 0,
      leaseMs: 1,
      error: { code: 'IDENTITY_CONFLICT', message: 'two' },
    })
    const { clock, agent } = await startProplet({ manager })
    await manager.next('hello')
    await until(() => agent.stats().connection === 'refused')
    manager.send('start', manager.start({}))
    clock.advance(59_000)
    await until(() => manager.received.length > 0)
    expect(manager.received.map(({ name }) => name)).toEqual(['hello'])
    manager.welcome = answer
    clock.advance(1_000)
    await manager.next('hello')
    await until(() => agent.stats().connection === 'online')
  })

  test('ignores a welcome for another epoch', async () => {
    const manager = await openManager()
    manager.welcome = ({ epoch }) => ({ epoch: epoch === 1 ? 2 : 1, protocol: 1, nowMs: 0, leaseMs: 1 })
    const { agent } = await startProplet({ manager })
    await manager.next('hello')
    await manager.roundTrip().catch(() => undefined)
    expect(agent.stats().connection).toBe('connecting')
  }, 20_000)
})

describe('stopping [P-3.5]', () => {
  test('lets running attempts end, then says that it leaves', async () => {
    const { manager, agent, runtime, clock } = await onlineProplet()
    const start = manager.start({ export: 'hold' })
    manager.send('start', start)
    const held = await runtime.holding()
    const stopped = agent.stop()
    held.end({ value: 1 })
    const { message } = await manager.next('result')
    expect(message.outcome).toBe('completed')
    manager.send('ack', { attempts: [{ task: start.task, attempt: 1 }] })
    const { message: gone } = await manager.next('gone')
    expect(gone).toEqual({ boot: agent.boot, epoch: manager.epoch, reason: 'leaving' })
    await clock.run(1_000)
    await stopped
    expect(runtime.closed).toBe(true)
  })

  test('gives back what has not begun, and stops what runs past the deadline as lost', async () => {
    const { manager, agent, clock, runtime } = await onlineProplet({ settings: { slots: 1, drainMs: 3_000 } })
    const [running, waiting] = [manager.start({ export: 'hold' }), manager.start({})]
    manager.send('start', running)
    await runtime.holding()
    manager.send('start', waiting)
    await manager.roundTrip()
    const stopped = agent.stop()
    const { message: back } = await manager.next('result', ({ task }) => task === waiting.task)
    expect(back).toMatchObject({ outcome: 'refused', error: { code: 'UNAVAILABLE' } })
    const late = manager.start({})
    manager.send('start', late)
    const { message: refused } = await manager.next('result', ({ task }) => task === late.task)
    expect(refused).toMatchObject({ outcome: 'refused', error: { code: 'UNAVAILABLE' } })
    await clock.run(3_100)
    const { message: lost } = await manager.next('result', ({ task }) => task === running.task)
    expect(lost).toMatchObject({ outcome: 'lost', error: { code: 'UNAVAILABLE' } })
    await clock.run(3_000, 500)
    await manager.next('gone', ({ reason }) => reason === 'leaving')
    await clock.run(2_000, 500)
    await stopped
  })

  test('leaves no timer behind', async () => {
    const { manager, agent, clock } = await onlineProplet()
    manager.send('start', manager.start({}))
    await manager.next('result')
    const stopped = agent.stop()
    await clock.run(4_000, 500)
    await stopped
    expect(clock.pending).toBe(0)
  })
})
