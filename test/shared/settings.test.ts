import { describe, expect, test } from 'vitest'
import { choice, flag, integer, matching, pairs, setting, settings } from '../../shared/settings.ts'

const table = settings({
  broker: setting(matching(/^mqtts?:/, 'a broker url'), 'mqtt://here', 'Broker.'),
  aliveMs: setting(integer({ min: 1, max: 1000, unit: 'ms' }), 10, 'Heartbeat.'),
  quiet: setting(flag, false, 'No output.'),
  level: setting(choice(['info', 'warn']), 'info', 'Level.'),
  labels: setting(
    pairs(({ bad }) => (bad === undefined ? undefined : 'labels without bad')),
    {},
    'Labels.',
  ),
  token: setting(matching(/^[a-z]+$/, 'lower-case letters'), '', 'Password.', { secret: true, env: 'SECRET_TOKEN' }),
})
const from = (argv: string[], env = {}, content?: unknown) =>
  table.parse({ argv, env, ...(content !== undefined && { file: { name: 'samara.yaml', content } }) })

describe('settings', () => {
  test('have their defaults', () => {
    expect(from([])).toEqual({ broker: 'mqtt://here', aliveMs: 10, quiet: false, level: 'info', labels: {}, token: '' })
  })

  test('come from flags before the environment before the file', () => {
    const env = { SAMARA_ALIVE_MS: '20' }
    const file = { 'alive-ms': 30, level: 'warn' }
    expect(from(['--alive-ms', '40'], env, file).aliveMs).toBe(40)
    expect(from([], env, file).aliveMs).toBe(20)
    expect(from([], {}, file)).toMatchObject({ aliveMs: 30, level: 'warn' })
  })

  test('take flags as two arguments, as one, and switches alone', () => {
    expect(from(['--broker=mqtts://a=b', '--quiet', '--level', 'warn'])).toMatchObject({
      broker: 'mqtts://a=b',
      quiet: true,
      level: 'warn',
    })
    expect(from(['--quiet=false']).quiet).toBe(false)
  })

  test('take pairs as text and as an object', () => {
    expect(from(['--labels', 'line=1, site=hall-3']).labels).toEqual({ line: '1', site: 'hall-3' })
    expect(from([], {}, { labels: { line: 1 } }).labels).toEqual({ line: '1' })
  })

  test('leave an empty variable out', () => {
    expect(from([], { SAMARA_ALIVE_MS: '' }).aliveMs).toBe(10)
  })

  test.each([
    [['--alive-ms', '0'], {}, undefined, 'alive-ms (from flag --alive-ms): "0" is not an integer from 1 to 1000'],
    [
      [],
      { SAMARA_LEVEL: 'loud' },
      undefined,
      'level (from environment variable SAMARA_LEVEL): "loud" is not one of info, warn',
    ],
    [[], {}, { broker: 5 }, 'broker (from samara.yaml): 5 is not a broker url'],
    [['--alive-ms'], {}, undefined, '--alive-ms: a value is missing'],
    [['--labels', 'x'], {}, undefined, 'labels (from flag --labels): "x" is not k=v,k=v'],
    [['--labels', 'bad=1'], {}, undefined, 'labels (from flag --labels): "bad=1" is not labels without bad'],
  ])('name key and source of what is wrong: %j', (argv, env, content, message) => {
    expect(() => from(argv, env, content)).toThrow(message)
  })

  test('name what is unknown, and what is known', () => {
    expect(() => from(['--brokr', 'x'])).toThrow('flag "--brokr" is not a setting; known are --broker')
    expect(() => from([], {}, { brokr: 'x' })).toThrow('samara.yaml: key "brokr" is not a setting')
    expect(() => from([], {}, [])).toThrow('samara.yaml: [] is not an object of settings')
  })

  test('never show a secret', () => {
    expect(() => from(['--token', 'HUNTER2'])).toThrow('token (from flag --token): its value is not lower-case letters')
    expect(() => from([], { SECRET_TOKEN: 'HUNTER2' })).toThrow('environment variable SECRET_TOKEN')
  })

  test('write the table of a README', () => {
    expect(table.markdown().split('\n').slice(0, 4)).toEqual([
      '| flag | environment | value | default | what it does |',
      '| --- | --- | --- | --- | --- |',
      '| `--broker` | `SAMARA_BROKER` | a broker url | `mqtt://here` | Broker. |',
      '| `--alive-ms` | `SAMARA_ALIVE_MS` | ms, 1 to 1000 | `10` | Heartbeat. |',
    ])
  })
})
