import { describe, expect, test } from 'vitest'
import type { ManagerEvent } from '../../manager/services/events.ts'
import type { DeploymentResultRecord } from '../../manager/store/store.ts'
import { ResultBody } from '../../shared/documents/call.ts'
import type { FunctionName, UserId } from '../../shared/ids.ts'
import { type System, startSystem } from '../support/system.ts'

const LOCAL = 'local' as UserId
const TICK = {
  function: 'ticker' as FunctionName,
  selector: '*',
  trigger: 'every',
  everyMs: 50,
  throttleMs: 0,
} as const

/** Resolves with the first event that `pick` makes something of. */
function event<T>(system: System, pick: (event: ManagerEvent) => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const stop = system.manager.events.watch((one) => {
      const found = pick(one)
      if (found === undefined) return
      stop()
      resolve(found)
    })
  })
}

const resultWhere = (system: System, wanted: (result: DeploymentResultRecord) => boolean) =>
  event(system, (one) => (one.type === 'deployment-result' && wanted(one.result) ? one.result : undefined))
const count = (result: DeploymentResultRecord) => ResultBody.decode(result.body ?? Buffer.of(0xa0)).value

describe('a deployment [P-7]', () => {
  test('runs on every proplet that the selector matches, now and later', async () => {
    const system = await startSystem()
    await system.upload('ticker', 'ticker/ticker.wasm')
    await system.proplet('edge-1', { labels: { line: '1' } })
    await system.proplet('edge-2', { labels: { line: '2' } })
    const first = resultWhere(system, (result) => result.proplet === 'edge-1')
    const { id } = await system.manager.deployments.add({ ...TICK, selector: 'line=1' }, LOCAL)
    expect(await first).toMatchObject({ deployment: id, outcome: 'completed' })
    const later = resultWhere(system, (result) => result.proplet === 'edge-3')
    await system.proplet('edge-3', { labels: { line: '1' } })
    await later
    const shown = await system.manager.deployments.show(id)
    expect(shown.states.map((state) => state.proplet).sort()).toEqual(['edge-1', 'edge-3'])
    expect(shown.refused).toEqual({})
  })

  test('a kept instance counts on, a fresh one begins anew', async () => {
    const system = await startSystem()
    await system.upload('ticker', 'ticker/ticker.wasm')
    await system.proplet('edge-1')
    const { id: kept } = await system.manager.deployments.add({ ...TICK, keep: true }, LOCAL)
    const third = await resultWhere(system, (result) => result.deployment === kept && result.seq >= 3)
    expect(Number(count(third))).toBeGreaterThanOrEqual(3)
    await system.manager.deployments.remove(kept)
    const { id: fresh } = await system.manager.deployments.add(TICK, LOCAL)
    const later = await resultWhere(system, (result) => result.deployment === fresh && result.seq >= 3)
    expect(count(later)).toBe(1)
  })

  test('pins the version it has: a newer upload changes nothing that runs', async () => {
    const system = await startSystem()
    await system.upload('ticker', 'ticker/ticker.wasm')
    await system.proplet('edge-1')
    const deployment = await system.manager.deployments.add(TICK, LOCAL)
    await resultWhere(system, () => true)
    await system.upload('ticker', 'hostile/trap.wasm')
    expect(await resultWhere(system, () => true)).toMatchObject({ outcome: 'completed' })
    expect(system.manager.deployments.get(deployment.id).version).toBe(1)
  })

  test('goes on without manager and broker, and reports afterwards', async () => {
    const system = await startSystem()
    await system.upload('ticker', 'ticker/ticker.wasm')
    await system.proplet('edge-1')
    await system.manager.deployments.add({ ...TICK, keep: true }, LOCAL)
    const before = await resultWhere(system, (result) => result.seq >= 2)
    await system.manager.close()
    const again = await startSystem({ dir: system.dir, port: system.port })
    // Nobody told the proplet anything: it went on, and sends what it kept.
    const after = await resultWhere(again, (result) => result.seq > before.seq + 1)
    expect(Number(count(after))).toBeGreaterThan(Number(count(before)))
    expect(after.boot).toBe(before.boot)
  })

  test('a failing function is run again after a back-off, and its error is seen', async () => {
    const system = await startSystem()
    await system.upload('trap', 'hostile/trap.wasm')
    await system.proplet('edge-1')
    const state = event(system, (one) =>
      one.type === 'deployment-state' && one.state.failures > 0 ? one.state : undefined,
    )
    await system.manager.deployments.add({ ...TICK, function: 'trap' as FunctionName }, LOCAL)
    expect(await state).toMatchObject({ state: 'backoff', error: { code: 'GUEST_TRAPPED' } })
  })

  test('that is removed stops, and the proplet says so', async () => {
    const system = await startSystem()
    await system.upload('ticker', 'ticker/ticker.wasm')
    await system.proplet('edge-1')
    const { id } = await system.manager.deployments.add(TICK, LOCAL)
    await resultWhere(system, () => true)
    const stopped = event(system, (one) =>
      one.type === 'deployment-state' && one.state.state === 'stopped' ? one.state : undefined,
    )
    await system.manager.deployments.remove(id)
    expect(await stopped).toMatchObject({ deployment: id, proplet: 'edge-1' })
  })

  test.each([
    [{ everyMs: undefined }, /everyMs/],
    [{ everyMs: 1 }, /everyMs/],
    [{ trigger: 'boot' as const }, /everyMs: 50 is not absent with the trigger boot/],
    [{ selector: 'a>b' }, /selector/],
    [{ function: 'nobody' as FunctionName }, /does not exist/],
    [{ export: 'tock' }, /"tock" does not exist/],
    [{ args: [1] }, /args/],
    [{ bufferCount: 20_000 }, /bufferCount/],
  ])('%j is refused', async (change, message) => {
    const system = await startSystem()
    await system.upload('ticker', 'ticker/ticker.wasm')
    await expect(system.manager.deployments.add({ ...TICK, ...change } as never, LOCAL)).rejects.toThrow(message)
  })
})
