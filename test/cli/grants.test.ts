import { describe, expect, test } from 'vitest'
import { grantOf } from '../../cli/grants.ts'
import { grantWords } from '../../shared/grant-words.ts'
import { button, cell, grant, motor, sensor, transcript } from '../support/devices.ts'
import { type TestManager, testManager } from '../support/manager.ts'
import type { Behaviour } from '../support/mock-proplet.ts'
import { type Ran, type Surroundings, samara } from './support.ts'

describe('grants in words', () => {
  test.each([
    [[], 'touches no device'],
    [
      [grant(sensor, 'read', { perSecond: 10 }), grant(motor, 'write')],
      'writes to relay motor-1; reads bme280 line1-temp at most 10 times a second',
    ],
    [[grant(button, 'read', { perSecond: 1 })], 'reads emergency-stop at most once a second'],
    [
      [grant(sensor, 'read-write', { addresses: [0x76, 8], maxBytes: 1 })],
      'reads and writes bme280 line1-temp at addresses 0x76, 0x08 at most 1 byte at a time',
    ],
  ])('%j', (grants, words) => {
    expect(grantWords(grants, cell)).toBe(words)
  })
})

describe('a grant on the command line', () => {
  test.each([
    ['line1-temp:i2c:read', grant(sensor, 'read')],
    ['motor-1:gpio:w', grant(motor, 'write')],
    [
      'line1-temp:i2c:rw:0x76,0x77:10/s:32B',
      grant(sensor, 'read-write', { addresses: [0x76, 0x77], perSecond: 10, maxBytes: 32 }),
    ],
  ])('%s', (text, expected) => {
    expect(grantOf(text)).toEqual(expected)
  })

  test.each([
    'motor-1',
    'motor-1:gpio',
    'motor-1:pwm:read',
    'Motor:gpio:read',
    'motor-1:gpio:all',
    'a:gpio:read:fast',
    '',
  ])('%j is refused with its form', (text) => expect(() => grantOf(text)).toThrow(/^Expected /))
})

/** A manager with the function add and a cell of devices, and its command line. */
async function withCell(behaviour: Behaviour = () => ({ value: 5, bus: transcript })) {
  const manager = await testManager()
  await manager.upload('add')
  await manager.proplet('cell-1', { hello: { devices: cell, interfaces: ['wasi:i2c/i2c'] }, behaviour })
  const cli = (args: readonly string[], around: Surroundings = {}): Promise<Ran> =>
    samara(args, { ...around, env: { SAMARA_MANAGER: manager.url } })
  return { manager, cli }
}
const granted = async (manager: TestManager) => (await manager.get('/v1/functions/add/versions/1/grants')).json.grants
const GIVE = ['functions', 'grant', 'add', '--device', 'motor-1:gpio:write', '--device', 'line1-temp:i2c:read:10/s']

describe('functions grant', () => {
  test('says in words what it will grant, and asks', async () => {
    const { manager, cli } = await withCell()
    const { code, out, err } = await cli(GIVE, { answer: 'y' })
    expect(err).toBe(
      [
        'add version 1 is granted this:',
        '  writes to relay motor-1',
        '  reads bme280 line1-temp at most 10 times a second',
        'Grant it? [y/N] ',
      ].join('\n'),
    )
    expect([code, out]).toEqual([0, expect.stringMatching(/granted by +local/)])
    expect(await granted(manager)).toEqual([grant(motor, 'write'), grant(sensor, 'read', { perSecond: 10 })])
  })

  test.each(['', 'n', 'no', 'yesterday'])('%j is no consent', async (answer) => {
    const { manager, cli } = await withCell()
    expect(await cli(GIVE, { answer })).toMatchObject({ code: 1, out: '' })
    expect(await granted(manager)).toEqual([])
  })

  test('without a terminal --yes is asked for', async () => {
    const { manager, cli } = await withCell()
    expect((await cli(GIVE)).err).toContain('expected --yes')
    expect(await granted(manager)).toEqual([])
    expect((await cli([...GIVE, '--yes'])).code).toBe(0)
    expect(await granted(manager)).toHaveLength(2)
  })

  test('everything is taken away without a question', async () => {
    const { manager, cli } = await withCell()
    await cli([...GIVE, '--yes'])
    expect((await cli(['functions', 'grant', 'add', '--none'])).out).toMatch(/may +touches no device/)
    expect(await granted(manager)).toEqual([])
  })

  test('with no flag it only shows', async () => {
    const { cli } = await withCell()
    await cli([...GIVE, '--yes'])
    const { out } = await cli(['functions', 'grant', 'add@1'])
    expect(out).toMatch(/asks for +touches no device\nmay +writes to motor-1\n +reads line1-temp at most 10/)
  })

  test('a function that asks for nothing cannot get what it asks for', async () => {
    const { cli } = await withCell()
    expect((await cli(['functions', 'grant', 'add', '--asked', '--yes'])).err).toContain('asks for no device by name')
    expect((await cli([...GIVE, '--none', '--yes'])).err).toContain('none and others')
  })
})

describe('deploy --grant', () => {
  const DEPLOY = ['deploy', 'add', '--on', '*', '--export', 'add', '--args', '1', '2']

  test('says what it gives, and names the other deployment where two would write to one place', async () => {
    const { cli } = await withCell()
    const first = await cli([...DEPLOY, '--grant', 'motor-1:gpio:write'], { answer: 'yes' })
    expect(first.err).toContain('  writes to relay motor-1\n')
    const again = await cli([...DEPLOY, '--grant', 'spare-relay:gpio:write', '--yes'])
    expect([again.code, again.err]).toEqual([1, expect.stringContaining(first.out.trim())])
    expect((await cli(['deployments', 'show', first.out.trim()])).out).toMatch(/may +writes to motor-1/)
  })

  test('none is none, and needs nobody', async () => {
    const { manager, cli } = await withCell()
    expect((await cli([...DEPLOY, '--grant', 'none'])).code).toBe(0)
    expect((await manager.get('/v1/deployments')).json.items[0].grants).toBeUndefined()
  })
})

describe('what a task did on its devices', () => {
  const RUN = ['run', 'add', '--export', 'add', '1', '2']
  const taskOf = async (manager: TestManager) => (await manager.get('/v1/tasks?limit=1')).json.items[0].id

  test('is shown line by line, with time and device', async () => {
    const { manager, cli } = await withCell()
    await cli([...RUN, '--record'])
    const { out } = await cli(['tasks', 'show', await taskOf(manager), '--bus'])
    expect(out).toMatch(/0\.012ms +230us +line1-temp +write-read 0x76 .*60/)
    expect(out).toMatch(/0\.300ms +8us +motor-1 +.*high/)
  })

  test('is missed where nobody recorded it', async () => {
    const { manager, cli } = await withCell()
    await cli(RUN)
    expect(await cli(['tasks', 'show', await taskOf(manager), '--bus'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('has no transcript'),
    })
  })

  test('refusals are told after a run, and in lists', async () => {
    const { manager, cli } = await withCell(() => ({ value: 5, refusals: 2 }))
    expect((await cli(RUN)).err).toContain('2 operations on devices were refused')
    expect((await cli(['tasks', 'show', await taskOf(manager)])).out).toMatch(/refused +2 operations/)
    expect((await cli(['tasks', 'list'])).out).toMatch(/REFUSED/)
  })

  test('a proplet shows its devices', async () => {
    const { cli } = await withCell()
    const { out } = await cli(['proplets', 'show', 'cell-1'])
    expect(out).toMatch(/interfaces +wasi:i2c\/i2c/)
    expect(out).toMatch(/line1-temp +i2c +bme280 +yes +lab\/i2c-1@0x76/)
    expect(out).toMatch(/emergency-stop +gpio input +- +no/)
  })
})

describe('replay', () => {
  const recorded = async (behaviour?: Behaviour) => {
    const { manager, cli } = await withCell(behaviour)
    await cli(['run', 'add', '--export', 'add', '--record', '1', '2'])
    return { cli, task: (await manager.get('/v1/tasks?limit=1')).json.items[0].id as string }
  }

  test('says that all operations were the same', async () => {
    const { cli, task } = await recorded()
    expect(await cli(['replay', task])).toEqual({ code: 0, out: 'same 2 operations\n', err: '' })
  })

  test('says which one differed first', async () => {
    const message = 'replay differs at operation 2: motor-1 set low was asked for, the record has motor-1 set high'
    const { cli, task } = await recorded(({ replay }) =>
      replay ? { outcome: 'trapped', error: { code: 'FAILED_PRECONDITION', message } } : { value: 5, bus: transcript },
    )
    expect(await cli(['replay', task, '--version', '1'])).toMatchObject({ code: 1, out: `${message}\n` })
    expect(JSON.parse((await cli(['replay', task, '--json'])).out)).toMatchObject({ same: false, difference: message })
  })

  test('a run that traps as it did is the same', async () => {
    const trapped = { outcome: 'trapped', error: { code: 'GUEST_TRAPPED', message: 'unreachable' } } as const
    const { cli, task } = await recorded(({ replay }) => (replay ? trapped : { ...trapped, bus: transcript }))
    expect(await cli(['replay', task])).toMatchObject({ code: 0, out: 'same 2 operations\n' })
  })

  test('one that traps now is not', async () => {
    const { cli, task } = await recorded(({ replay }) =>
      replay
        ? { outcome: 'trapped', error: { code: 'GUEST_TRAPPED', message: 'unreachable' } }
        : { value: 5, bus: transcript },
    )
    expect(await cli(['replay', task])).toMatchObject({ code: 1, err: expect.stringContaining('it ended otherwise') })
  })

  test('one that timed out says nothing of the operations', async () => {
    const { cli, task } = await recorded(({ replay }) =>
      replay ? { outcome: 'timed-out' } : { value: 5, bus: transcript },
    )
    expect(await cli(['replay', task])).toMatchObject({ code: 1, out: 'timed-out\n' })
  })
})
