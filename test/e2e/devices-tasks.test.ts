import { describe, expect, test } from 'vitest'
import { cellWith, coolerThermostat, grant, openCell, throughGuest } from '../support/cell.ts'
import { example } from '../support/manager.ts'

/** Tasks with devices, on the whole way: users, manager, broker, agent, runtime, I/O workers, lab. */

const MEASURE = { function: 'thermostat', export: 'measure' }

describe('a job over MQTT', () => {
  test('gives its result, moves the output while it runs, and leaves it safe', async () => {
    const cell = await openCell()
    await cell.upload('thermostat', 'thermostat/thermostat.wasm', 'asked')
    await cell.proplet('cell-1')
    cell.lab.part('line1-temp').set('temperature', 15)
    const moved = cell.shows('motor-1', 'closed', true)
    const ann = await cell.user('ann')
    await ann.say('submit', { key: 'k', ...MEASURE })
    const answer = await ann.answer({ type: 'result' })
    expect(answer).toMatchObject({ state: 'completed', proplet: 'cell-1', value: { ok: { heating: true } } })
    expect((answer.value as unknown as { ok: { celsius: number } }).ok.celsius).toBeCloseTo(15, 1)
    expect(answer.refusals).toBeUndefined()
    await moved
    expect(cell.lab.part('motor-1').get('closed')).toBe(false)
  })

  test('without grants is refused what it opens: counted, logged, and seen by everybody', async () => {
    const cell = await openCell()
    await cell.upload('thermostat', 'thermostat/thermostat.wasm')
    const { logs } = await cell.proplet('cell-1')
    const ann = await cell.user('ann')
    await ann.say('submit', { key: 'k', ...MEASURE })
    const answer = await ann.answer({ type: 'result' })
    expect(answer).toMatchObject({ state: 'completed', value: { err: 'sensor: no answer' }, refusals: 1 })
    const task = answer.task ?? ''
    expect((await cell.manager.get(`/v1/tasks/${task}`)).json).toMatchObject({ refusals: 1 })
    expect((await cell.manager.get('/metrics')).bytes.toString()).toContain('samara_grant_refusals_total{of="tasks"} 1')
    expect((await cell.cli(['tasks', 'show', task])).out).toMatch(/refused +1 operations, by its grants/)
    expect((await cell.cli(['run', 'thermostat'])).err).toContain('1 operations on devices were refused')
    expect(logs.filter(({ msg }) => msg.startsWith('not granted'))).toMatchObject([
      { level: 'warn', holder: `task ${task}`, refusals: 1, msg: expect.stringContaining('line1-temp') },
      { holder: expect.stringMatching(/^task t/) },
    ])
    expect(cell.lab.trace.wires('i2c-1')).toEqual([])
  })

  test('with a grant of less than it does is refused at the bus, by the words of its interface', async () => {
    const cell = await openCell()
    const [sensor, motor] = [
      grant('line1-temp', 'i2c', 'read', { addresses: [0x76] }),
      grant('motor-1', 'gpio', 'read'),
    ]
    await cell.upload('through', throughGuest(), [sensor, motor])
    const { logs } = await cell.proplet('cell-1')
    const write = await cell.run({ function: 'through', export: 'i2c-write', args: ['line1-temp', 0x76, [0xf4, 0x25]] })
    expect(write).toMatchObject({ value: { err: { bus: 'other' } }, refusals: 1 })
    const other = await cell.run({ function: 'through', export: 'i2c-read', args: ['line1-temp', 0x50, 1] })
    expect(other).toMatchObject({ value: { err: { bus: 'other' } }, refusals: 1 })
    const set = await cell.run({ function: 'through', export: 'set-pin', args: ['motor-1', ['high']] })
    expect(set).toMatchObject({ value: { err: { other: expect.stringContaining('not granted') } }, refusals: 1 })
    const read = await cell.run({
      function: 'through',
      export: 'i2c-write-read',
      args: ['line1-temp', 0x76, [0xd0], 1],
    })
    expect(read.value).toEqual({ ok: { base64: 'YA==' } })
    expect(logs.filter(({ msg }) => msg.startsWith('not granted')).map(({ msg }) => msg)).toMatchObject([
      expect.stringContaining('line1-temp'),
      expect.stringContaining('0x50'),
      expect.stringContaining('motor-1'),
    ])
  })
})

describe('a recorded task', () => {
  async function recorded() {
    const cell = await openCell()
    await cell.upload('thermostat', 'thermostat/thermostat.wasm', 'asked')
    const proplet = await cell.proplet('cell-1')
    cell.lab.part('line1-temp').set('temperature', 20)
    const ran = await cell.cli(['run', 'thermostat', '--record', '--json'])
    expect(ran).toMatchObject({ code: 0, err: '' })
    return { cell, proplet, task: JSON.parse(ran.out).task as string }
  }

  test('shows every operation on its devices, decoded where the chip is known', async () => {
    const { cell, task } = await recorded()
    const { out } = await cell.cli(['tasks', 'show', task, '--bus'])
    expect(out).toMatch(/line1-temp +write 0x76 .*f4 21.*ctrl_meas/)
    expect(out).toMatch(/line1-temp +write-read 0x76 .*88/)
    expect(out).toMatch(/motor-1 +.*high/)
  })

  test('is replayed where no devices are, without touching any, and does the same', async () => {
    const { cell, proplet, task } = await recorded()
    await proplet.stop()
    await cell.proplet('office', { devices: false })
    const rows = cell.lab.trace.wires().length
    const replayed = await cell.cli(['replay', task, '--proplet', 'office'])
    expect(replayed).toMatchObject({ code: 0, out: 'same 4 operations\n', err: '' })
    expect(cell.lab.trace.wires().length).toBe(rows)
  })

  test('that a newer version does otherwise is told by the first operation that differs', async () => {
    const { cell, task } = await recorded()
    await cell.upload('thermostat', coolerThermostat(await example('thermostat/thermostat.wasm')))
    const replayed = await cell.cli(['replay', task, '--version', '2'])
    expect(replayed).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        /^replay differs at operation \d+: motor-1 set low was asked for, the record has motor-1 set high\n$/,
      ),
    })
    expect((await cell.cli(['replay', task, '--version', '1'])).code).toBe(0)
  })
})

describe('devices as arguments', () => {
  test('are handed over HTTP by their names, and work as if the function had opened them', async () => {
    const cell = await openCell()
    await cell.upload('i2c-scan', 'i2c-scan/i2c-scan.wasm', [
      grant('line1-temp', 'i2c', 'read-write'),
      grant('recipe-store', 'i2c', 'read-write'),
    ])
    await cell.proplet('cell-1')
    const scan = (device: unknown, ...addresses: number[]) =>
      cell.run({ function: 'i2c-scan', export: 'scan', args: [device, addresses] })
    expect(await scan({ device: 'line1-temp' }, 0x76)).toMatchObject({ value: { ok: [0x76] } })
    expect(await scan({ device: 'recipe-store' }, 0x50)).toMatchObject({ value: { ok: [0x50] } })
    expect(await scan({ device: 'motor-1' }, 0x50)).toMatchObject({ state: 'failed', error: { message: /motor-1/ } })
  })

  test.each([
    ['a name alone', 'line1-temp'],
    ['another key', { name: 'line1-temp' }],
    ['a number', { device: 7 }],
  ])('are refused by their field where they are %s', async (_, device) => {
    const cell = await openCell()
    await cell.upload('i2c-scan', 'i2c-scan/i2c-scan.wasm')
    await cell.proplet('cell-1')
    const refused = await cell.manager.post('/v1/jobs', { function: 'i2c-scan', export: 'scan', args: [device, []] })
    expect([refused.status, refused.json.field]).toEqual([400, expect.stringMatching(/^args\[0\]/)])
  })
})

describe('faults of the hardware reach the function as errors of its interface', () => {
  test.each([
    ['i2c-1', 'nack', { bus: { 'no-acknowledge': 'address' } }],
    ['i2c-1', 'nack-data', { bus: { 'no-acknowledge': 'data' } }],
    ['i2c-1', 'arbitration-lost', { bus: 'arbitration-loss' }],
    ['i2c-1', 'timeout', { bus: 'bus' }],
    ['i2c-1', 'stuck', { bus: 'bus' }],
    ['line1-temp', 'no-device', { bus: 'other' }],
  ] as const)('%s: %s', async (on, kind, expected) => {
    const cell = await openCell({ lab: cellWith('line1-temp: { part: line1-temp, timeoutMs: 100 }') })
    await cell.upload('through', throughGuest(), [grant('line1-temp', 'i2c', 'read-write')])
    await cell.proplet('cell-1')
    const read = { function: 'through', export: 'i2c-write-read', args: ['line1-temp', 0x76, [0xd0], 1] }
    cell.lab.addFault({ on, kind })
    expect((await cell.run(read)).value).toEqual({ err: expected })
    cell.lab.faults.clear({})
    expect((await cell.run(read)).value).toEqual({ ok: { base64: 'YA==' } })
  })

  test.each([
    ['vib-1', 'overrun', 'spi-transfer', ['vib-1', [0x8f, 0]], 'overrun'],
    ['vib-1', 'mode-fault', 'spi-transfer', ['vib-1', [0x8f, 0]], 'mode-fault'],
    ['vib-1', 'timeout', 'spi-transfer', ['vib-1', [0x8f, 0]], { other: 'timeout' }],
    ['estop', 'timeout', 'get-pin', ['estop'], { other: 'timeout' }],
    ['estop', 'no-device', 'get-pin', ['estop'], { other: 'no-device' }],
  ] as const)('%s: %s of %s', async (on, kind, name, args, expected) => {
    const cell = await openCell()
    await cell.upload('through', throughGuest(), [grant('vib-1', 'spi', 'read-write'), grant('estop', 'gpio', 'read')])
    await cell.proplet('cell-1')
    cell.lab.addFault({ on, kind })
    expect((await cell.run({ function: 'through', export: name, args })).value).toEqual({ err: expected })
  })
})
