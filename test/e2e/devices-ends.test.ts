import { describe, expect, test } from 'vitest'
import { type Cell, cellWith, grant, openCell, throughGuest } from '../support/cell.ts'

/** How runs with devices end, and what those who come after find. */

/** Operations on the bus never end by themselves: only who ends the run ends them. */
const PATIENT = cellWith(
  'line1-temp: { part: line1-temp, timeoutMs: 3600000 }',
  'estop: { part: estop, activeLow: true, pull: up }',
)
const [sensor, store] = [grant('line1-temp', 'i2c', 'read-write'), grant('recipe-store', 'i2c', 'read-write')]
const [estop, lamp] = [grant('estop', 'gpio', 'read'), grant('lamp', 'gpio', 'read-write')]
const HOUR_NS = '3600000000000'

const readSensor = { function: 'sensor', export: 'i2c-write-read', args: ['line1-temp', 0x76, [0xd0], 1] }
const readStore = { function: 'store', export: 'i2c-write-read', args: ['recipe-store', 0x50, [0], 1] }
/** Has the sensor or the lamp for as long as nobody presses the button. */
const holding = (fn: string) => ({ function: fn, export: 'wait-pins', args: [['estop'], 'high', HOUR_NS] })
const BME280_ID = { ok: { base64: 'YA==' } }

async function cellOf(lab?: string): Promise<Cell> {
  const cell = await openCell(lab ? { lab } : {})
  const granted = { sensor: [sensor], store: [store], estop: [estop], held: [sensor, estop], lit: [lamp, estop] }
  for (const [name, grants] of Object.entries(granted)) await cell.upload(name, throughGuest(), grants)
  return cell
}

const press = (cell: Cell, isPressed = true) => cell.lab.part('estop').set('pressed', isPressed)

describe('tasks that want one device', () => {
  test('wait for each other; one whose time is over meanwhile expires, and says so', async () => {
    const cell = await cellOf()
    await cell.proplet('cell-1')
    const first = await cell.submit({ ...holding('held'), timeoutMs: 60_000 })
    await first.running()
    const hasty = await cell.submit({ ...readSensor, expiresMs: 1_500 })
    const patient = await cell.submit(readSensor)
    expect(await hasty.ended()).toMatchObject({
      state: 'failed',
      outcome: 'expired',
      error: { code: 'DEADLINE_EXCEEDED', message: expect.stringMatching(/did not begin within \d+ ms/) },
    })
    // Another device of the same bus is nobody's.
    expect(await cell.run(readStore)).toMatchObject({ state: 'completed' })
    press(cell)
    expect((await first.ended()).value).toEqual({ ok: 0 })
    expect((await patient.ended()).value).toEqual(BME280_ID)
  })

  test('one that is cancelled while it waits never runs', async () => {
    const cell = await cellOf()
    await cell.proplet('cell-1')
    const first = await cell.submit({ ...holding('held'), timeoutMs: 60_000 })
    await first.running()
    const second = await cell.submit(readSensor)
    await cell.manager.post(`/v1/tasks/${second.task}/cancel`, {})
    expect(await second.ended()).toMatchObject({ state: 'cancelled', outcome: 'cancelled' })
    expect(cell.lab.trace.wires('i2c-1')).toEqual([])
    press(cell)
    await first.ended()
  })
})

describe('a run that is killed at its deadline', () => {
  test('while it waits for a pin: the wait is over, the pins are free, the next one works', async () => {
    const cell = await cellOf()
    await cell.proplet('cell-1')
    expect(await cell.run({ ...holding('lit'), timeoutMs: 300 })).toMatchObject({ outcome: 'timed-out' })
    // Both had by one run, alone: the lamp can be driven, and the button is heard again.
    const next = await cell.submit({ ...holding('lit'), timeoutMs: 60_000 })
    const toggled = cell.run({ function: 'lit', export: 'toggle-pin', args: ['lamp'] })
    press(cell)
    expect((await next.ended()).value).toEqual({ ok: 0 })
    expect((await toggled).value).toEqual({ ok: [false, true] })
    expect(cell.lab.part('lamp').get('lit')).toBe(false)
  })

  test('while the bus is stuck: its transfer is cancelled, and the next one has the device', async () => {
    const cell = await cellOf(PATIENT)
    await cell.proplet('cell-1')
    const fault = cell.lab.addFault({ on: 'i2c-1', kind: 'stuck' })
    expect(await cell.run({ ...readSensor, timeoutMs: 300 })).toMatchObject({ outcome: 'timed-out' })
    const next = await cell.submit(readSensor)
    await next.running()
    cell.lab.faults.clear({ fault })
    expect((await next.ended()).value).toEqual(BME280_ID)
    const answers = cell.lab.trace.wires('i2c-1').filter((wire) => wire.includes('A d0 A'))
    expect(answers).toHaveLength(1)
  })

  test('by an operator: as by its deadline', async () => {
    const cell = await cellOf(PATIENT)
    await cell.proplet('cell-1')
    const fault = cell.lab.addFault({ on: 'i2c-1', kind: 'stuck' })
    const stuck = await cell.submit({ ...readSensor, timeoutMs: 60_000 })
    await stuck.running()
    await cell.manager.post(`/v1/tasks/${stuck.task}/cancel`, {})
    expect(await stuck.ended()).toMatchObject({ state: 'cancelled' })
    cell.lab.faults.clear({ fault })
    expect((await cell.run(readSensor)).value).toEqual(BME280_ID)
  })
})

test('a stuck bus does not delay the edge of an emergency stop', async () => {
  const cell = await cellOf(PATIENT)
  await cell.proplet('cell-1')
  cell.lab.addFault({ on: 'i2c-1', kind: 'stuck' })
  const stuck = await cell.submit({ ...readSensor, timeoutMs: 60_000 })
  await stuck.running()
  const stop = await cell.submit({
    ...{ function: 'estop', export: 'wait-pins', args: [['estop'], 'rising', HOUR_NS], timeoutMs: 60_000 },
    record: true,
  })
  await stop.running()
  const stateOf = async ({ task }: { task: string }) => (await cell.manager.get(`/v1/tasks/${task}`)).json.state
  // Whether it waits already shows nowhere: an edge that comes too early is followed by another one.
  for (let isPressed = true; (await stateOf(stop)) === 'running'; isPressed = !isPressed) press(cell, isPressed)
  expect((await stop.ended()).value).toEqual({ ok: 0 })
  expect(await stateOf(stuck)).toBe('running')
  expect((await cell.cli(['tasks', 'show', stop.task, '--bus'])).out).toMatch(/estop +.*rising/)
})
