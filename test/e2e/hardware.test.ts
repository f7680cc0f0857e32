import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadProfile } from '../../proplet/hal/load-profile.ts'
import type { Lab } from '../../proplet/lab/lab.ts'
import type { Grant } from '../../shared/capabilities.ts'
import type { FunctionName, UserId } from '../../shared/ids.ts'
import { started } from '../proplet/lab/running.ts'
import { type System, startSystem } from '../support/system.ts'

/** The whole way: a job over MQTT, the manager's grants, the agent's I/O workers, the chips of a lab. */

const LOCAL = 'local' as UserId
const CELL = '../test/proplet/runtime/guests/cell.wasm'
const sensor: Grant = { device: 'line1-temp', kind: 'i2c', access: 'read-write' }
const relay: Grant = { device: 'motor-1', kind: 'gpio', access: 'read-write' }
const estop: Grant = { device: 'estop', kind: 'gpio', access: 'read' }

/** A proplet of a factory cell, or several that share it. */
async function cell(names: readonly string[] = ['cell-1'], given?: System) {
  const yaml = readFileSync(new URL('../../examples/lab/cell.lab.yaml', import.meta.url), 'utf8')
  const { lab, socket } = await started({ yaml })
  const system = given ?? (await startSystem())
  for (const name of names) {
    const loaded = await loadProfile({ propletId: name, profile: undefined, lab: socket }, readFileSync)
    await system.proplet(name, { hardware: loaded, slots: 3 })
  }
  await system.upload('thermostat', 'thermostat/thermostat.wasm')
  await system.upload('cell', CELL)
  const ann = await system.user()
  const grant = (name: string, grants: readonly Grant[], ref = 'latest') =>
    system.manager.functions.setGrants(name as FunctionName, ref, { grants, user: LOCAL })
  /** Submits a job and gives its result. */
  let jobs = 0
  const run = async (job: object) => {
    const key = `job-${jobs++}`
    await ann.say('submit', { key, ...job })
    return ann.answer((answer) => answer.key === key && (answer.type === 'result' || answer.type === 'error'))
  }
  return { system, lab, ann, grant, run }
}

/** Resolves when a property of a part is so. */
function seen(lab: Lab, part: string, property: string, value: unknown): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (lab.part(part).get(property) !== value) return
      stop()
      resolve()
    }
    const stop = lab.watch(look)
    look()
  })
}

describe('a task with devices [P-10]', () => {
  test('reads what was granted, and leaves the output in its safe state', async () => {
    const { lab, grant, run } = await cell()
    await grant('thermostat', [sensor, relay])
    lab.part('line1-temp').set('temperature', 18)
    const answer = await run({ function: 'thermostat' })
    expect(answer).toMatchObject({ outcome: 'completed', value: { ok: { heating: true } } })
    expect(lab.part('motor-1').get('closed')).toBe(false)
    expect(lab.part('motor-1').get('switches')).toBe(2)
  })

  test('is refused each device that nobody granted, and that is counted', async () => {
    const { lab, run } = await cell()
    const answer = await run({ function: 'thermostat' })
    expect(answer).toMatchObject({ outcome: 'completed', value: { err: 'sensor: no answer' }, refusals: 1 })
    expect(lab.trace.wires('i2c-1')).toEqual([])
  })

  test('has no grants of an older version', async () => {
    const { system, grant, run } = await cell()
    await grant('thermostat', [sensor, relay])
    await system.upload('thermostat', CELL)
    const read = { function: 'thermostat', export: 'i2c-read', args: ['line1-temp', 0x76, 1] }
    expect(await run(read)).toMatchObject({ value: { err: { refused: 'not-granted' } }, refusals: 1 })
    expect(await run({ function: 'thermostat', version: '1' })).toMatchObject({ outcome: 'completed' })
  })

  test('takes a device as its parameter, and is refused one that it was not granted', async () => {
    const { grant, run } = await cell()
    await grant('cell', [sensor])
    const lend = (device: string) => run({ function: 'cell', export: 'lend-i2c', args: [{ device }, 0x76, 1] })
    expect(await lend('line1-temp')).toMatchObject({
      outcome: 'completed',
      value: { ok: { base64: expect.any(String) } },
    })
    expect(await lend('recipe-store')).toMatchObject({ outcome: 'refused', error: { code: 'PERMISSION_DENIED' } })
  })

  test('hears of a chip that does not answer in the words of the interface', async () => {
    const { lab, grant, run } = await cell()
    await grant('cell', [sensor])
    const read = { function: 'cell', export: 'i2c-read', args: ['line1-temp', 0x76, 1] }
    lab.addFault({ on: 'i2c-1', kind: 'nack', count: 1 })
    expect(await run(read)).toMatchObject({ value: { err: { bus: { 'no-acknowledge': 'address' } } } })
    expect(await run(read)).toMatchObject({ value: { ok: { base64: expect.any(String) } } })
  })

  test('whose deadline ends it in the middle of a stuck bus delays no emergency stop, and the next task works', async () => {
    const { lab, grant, run } = await cell()
    await grant('cell', [sensor, estop])
    lab.addFault({ on: 'i2c-1', kind: 'stuck' })
    const stuck = run({
      function: 'cell',
      export: 'i2c-read',
      args: ['line1-temp', 0x76, 1],
      timeoutMs: 500,
      retries: 0,
    })
    const edge = run({ function: 'cell', export: 'wait-pins', args: [['estop'], 'high', '20000000000'] })
    lab.part('estop').set('pressed', true)
    expect(await edge).toMatchObject({ outcome: 'completed', value: { ok: 0 } })
    expect(['timed-out', 'completed']).toContain((await stuck).outcome)
    lab.faults.clear()
    const read = { function: 'cell', export: 'i2c-read', args: ['line1-temp', 0x76, 1] }
    expect(await run(read)).toMatchObject({ value: { ok: { base64: expect.any(String) } } })
  })

  test('that waits for a pin is cancelled, and the pin is free again', async () => {
    const { system, lab, ann, grant, run } = await cell()
    await grant('cell', [estop])
    const wait = { function: 'cell', export: 'wait-pins', args: [['estop'], 'rising', '20000000000'] }
    await ann.say('submit', { key: 'wait', ...wait })
    const { job } = await ann.answer({ type: 'accepted', key: 'wait' })
    await new Promise<void>((resolve) => {
      const stop = system.manager.events.watch((event) => {
        if (event.type !== 'task' || event.state !== 'running') return
        stop()
        resolve()
      })
    })
    await ann.say('cancel', { job })
    expect(await ann.answer({ type: 'result', key: 'wait' })).toMatchObject({ outcome: 'cancelled' })
    lab.part('estop').set('pressed', true)
    const get = { function: 'cell', export: 'get-pin', args: ['estop'] }
    expect(await run(get)).toMatchObject({ value: { ok: [true, false] } })
  })
})

describe('a transcript and its replay [P-10.5] [P-10.6]', () => {
  test('a run that was recorded does the same on its record, on a proplet without devices too', async () => {
    const { system, grant, run } = await cell()
    await grant('thermostat', [sensor, relay])
    const recorded = await run({ function: 'thermostat', record: true })
    expect(recorded).toMatchObject({ outcome: 'completed', transcript: expect.any(String) })
    await system.proplet('bare')
    const again = await run({ function: 'thermostat', replay: recorded.task, proplet: 'bare' })
    expect(again).toMatchObject({ outcome: 'completed', value: recorded.value, proplet: 'bare' })
  })

  test('the first operation that differs is named', async () => {
    const { grant, run } = await cell()
    await grant('cell', [sensor])
    const read = (register: number) => ({
      function: 'cell',
      export: 'i2c-write-read',
      args: ['line1-temp', 0x76, [register], 1],
    })
    const recorded = await run({ ...read(0xd0), record: true })
    const other = await run({ ...read(0xd1), replay: recorded.task })
    expect(other).toMatchObject({ outcome: 'trapped', error: { code: 'FAILED_PRECONDITION' } })
    expect(other.error?.message).toMatch(/write d1 .*write d0 /)
  })
})

describe('a deployment with devices', () => {
  const THERMOSTAT = {
    function: 'thermostat' as FunctionName,
    selector: '*',
    trigger: 'every',
    everyMs: 50,
    throttleMs: 0,
    grants: [sensor, relay],
  } as const

  test('switches as the temperature changes, does not chatter, and leaves the output safe when it is removed', async () => {
    const { system, lab } = await cell()
    lab.part('line1-temp').set('temperature', 18)
    const { id } = await system.manager.deployments.add(THERMOSTAT, LOCAL)
    await seen(lab, 'motor-1', 'closed', true)
    lab.part('line1-temp').set('temperature', 30)
    await seen(lab, 'motor-1', 'closed', false)
    lab.part('line1-temp').set('temperature', 18)
    await seen(lab, 'motor-1', 'closed', true)
    await system.manager.deployments.remove(id)
    await seen(lab, 'motor-1', 'closed', false)
    expect(lab.part('motor-1').get('switches')).toBe(4)
  })

  test('goes on without manager and broker', async () => {
    const { system, lab } = await cell()
    lab.part('line1-temp').set('temperature', 18)
    await system.manager.deployments.add(THERMOSTAT, LOCAL)
    await seen(lab, 'motor-1', 'closed', true)
    await system.manager.close()
    lab.part('line1-temp').set('temperature', 30)
    await seen(lab, 'motor-1', 'closed', false)
  })

  test('is refused where another writes the same output, with both named', async () => {
    const { system } = await cell()
    const { id } = await system.manager.deployments.add(THERMOSTAT, LOCAL)
    const second = system.manager.deployments.add(
      { ...THERMOSTAT, function: 'cell' as FunctionName, export: 'get-pin', args: ['estop'] },
      LOCAL,
    )
    await expect(second).rejects.toMatchObject({ code: 'FAILED_PRECONDITION', message: expect.stringContaining(id) })
  })
})
