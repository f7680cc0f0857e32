import { describe, expect, test } from 'vitest'
import { configOf } from '../../proplet/command-line.ts'
import { safeName } from '../../proplet/config.ts'

const line = (argv: string[], env: Record<string, string> = {}, files: Record<string, string> = {}) =>
  configOf({
    machine: { hostname: 'Line 3.local', cores: 4, home: '/home/x' },
    argv,
    env,
    version: '1.2.3',
    parseYaml: async (text) => JSON.parse(text),
    readFile: (path) => {
      const content = files[path]
      if (content === undefined) throw new Error('no such file')
      return Buffer.from(content)
    },
  })

describe('the command line of a proplet', () => {
  test('takes name, slots and folder from the machine', async () => {
    const { config } = await line([])
    expect(config).toMatchObject({
      id: 'line-3.local',
      slots: 4,
      deploymentSlots: 4,
      data: '/home/x/.samara/proplet',
      queue: 64,
      aliveMs: 10_000,
    })
  })

  test('takes a file by flag or environment, and flags before it', async () => {
    const files = { 'a.json': '{"slots": 7, "labels": {"line": "1"}}' }
    expect((await line(['--config', 'a.json', '--slots=8'], {}, files)).config).toMatchObject({
      slots: 8,
      labels: { line: '1' },
    })
    expect((await line([], { SAMARA_CONFIG: 'a.json' }, files)).config?.slots).toBe(7)
  })

  test('prints version and help and nothing else', async () => {
    expect(await line(['--version', '--nonsense'])).toEqual({ text: '1.2.3' })
    expect((await line(['--help'])).text).toContain('--broker')
  })

  test.each([
    [['--id', 'Big Name'], 'id (from flag --id): "Big Name" is not 1 to 48'],
    [['--broker', 'http://x'], 'broker (from flag --broker): "http://x" is not mqtt://host:port or mqtts://host:port'],
    [['--labels', 'Line=1'], 'labels (from flag --labels)'],
    [['--config'], '--config: a value is missing'],
    [['--config', 'gone.yaml'], 'config: gone.yaml cannot be read'],
    [['--config', 'bad.json'], 'config: bad.json is not YAML or JSON'],
  ])('refuses %j by name', async (argv, message) => {
    await expect(line(argv, {}, { 'bad.json': '{' })).rejects.toThrow(message)
  })

  test.each([
    ['Line 3.local', 'line-3.local'],
    ['-_-', 'proplet'],
    ['x'.repeat(60), 'x'.repeat(48)],
    [`${'x'.repeat(47)}--y`, 'x'.repeat(47)],
  ])('makes a name of the host %s', (host, name) => {
    expect(safeName(host)).toBe(name)
  })
})
