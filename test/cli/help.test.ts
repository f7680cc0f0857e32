import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { createCommands } from '../../cli/cli.ts'
import { realClock } from '../../shared/clock.ts'
import { samara } from './support.ts'

const silent = { write: () => undefined, isTTY: false, columns: undefined }
const root = createCommands({
  io: {
    out: silent,
    err: silent,
    env: {},
    clock: realClock,
    signal: new AbortController().signal,
    readStdin: async () => Buffer.alloc(0),
  },
  args: [],
  exit: 0,
})

const paths = (command: Command, above: readonly string[] = []): string[][] =>
  command.commands.flatMap((one) => {
    const own = [...above, one.name()]
    return one.name() === 'help' ? [] : [own, ...paths(one, own)]
  })

describe('help', () => {
  test.each(paths(root).map((path) => [path.join(' '), path] as const))('of %s has examples', async (_name, path) => {
    const { code, out, err } = await samara([...path, '--help'])
    expect(code).toBe(0)
    expect(err).toBe('')
    expect(out).toMatch(/^Usage: samara /)
    const examples = out.slice(out.indexOf('\nExamples:\n'))
    expect(examples).toMatch(new RegExp(`\\$ samara ${path[0]}`))
  })

  test('every example is a line that the command understands', async () => {
    for (const path of paths(root)) {
      const { out } = await samara([...path, '--help'])
      for (const [, line = ''] of out.matchAll(/^ {2}\$ samara (.+?)(?: {3}.*)?$/gm)) {
        const words = line.match(/"[^"]*"|\S+/g) ?? []
        const named = words.slice(0, path.length).join(' ')
        expect(
          paths(root).some((one) => named.startsWith(one[0] ?? '')),
          line,
        ).toBe(true)
      }
    }
  })

  test('of the whole lists every command', async () => {
    const { out } = await samara(['--help'])
    for (const [name = ''] of paths(root)) expect(out).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'))
  })

  test('the version is one line', async () => {
    expect((await samara(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\S*\n$/)
  })
})

describe('usage', () => {
  test.each([
    [['nonsense']],
    [['users', 'nonsense']],
    [['users', 'add']],
    [['users', 'list', 'too', 'many']],
    [['users', 'add', 'ada', '--role', 'king']],
    [['run', 'add', '--timeout', '5']],
    [['run', 'add', '--nonsense']],
    [['run', 'add', '1', '--batch', 'calls.json']],
    [['tasks', 'list', '--state', 'sleeping']],
    [['deploy', 'ticker']],
    [['deploy', 'ticker', '--on', '*', '--boot', '--every', '1s']],
    [['functions', 'alias', 'add', 'prod', 'x']],
    [['--manager', 'nowhere', 'users', 'list']],
    [['proplets', 'label', 'p', 'nonsense']],
  ])('%j is an error of usage: code 2, one line, nothing on stdout', async (args) => {
    const { code, out, err } = await samara(args, { env: { SAMARA_MANAGER: 'http://127.0.0.1:9' } })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^error: .+\n(\(.+\)\n)?$/)
  })
})
