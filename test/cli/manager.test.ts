import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { DeploymentId } from '../../shared/ids.ts'
import { type TestManager, temporaryFolder, testManager } from '../support/manager.ts'
import { type Ran, samara } from './support.ts'

const example = (file: string): string => new URL(`../../examples/${file}`, import.meta.url).pathname

/** A manager with a proplet that answers every call with 42, and its command line. */
async function withCli(): Promise<{
  manager: TestManager
  cli: (...args: string[]) => Promise<Ran>
  json: (...args: string[]) => Promise<Record<string, unknown> & Record<string, unknown>[]>
}> {
  const manager = await testManager()
  const cli = (...args: string[]) => samara(args, { env: { SAMARA_MANAGER: manager.url } })
  return { manager, cli, json: async (...args) => JSON.parse((await cli(...args, '--json')).out) }
}

const always42 = { behaviour: () => ({ value: 42, stdout: 'said\n' }) }

describe('the command line against a manager', () => {
  test('runs a file, then finds its task and job again', async () => {
    const { manager, cli, json } = await withCli()
    await manager.proplet('p-1', always42)
    expect(await cli('run', example('add/add.wasm'), '--export', 'add', '2', '3')).toEqual({
      code: 0,
      out: 'said\n42\n',
      err: '',
    })
    const [task] = await json('tasks', 'list', '--state', 'completed')
    expect(task).toMatchObject({ function: 'add', proplet: 'p-1', outcome: 'completed' })
    expect((await cli('tasks', 'show', `${task?.id}`)).out).toMatch(/result +42/)
    expect((await cli('tasks', 'logs', `${task?.id}`)).out).toBe('said\n')
    expect((await cli('jobs', 'results', `${task?.job}`)).out).toMatch(/completed +p-1 .* 42/)
    expect(await json('jobs', 'show', `${task?.job}`)).toMatchObject({ counts: { completed: 1 } })
    expect((await cli('tasks', 'cancel', `${task?.id}`)).err).toMatch(/^samara: task .+ cannot be cancelled\n$/)
  })

  test('runs a batch as one job', async () => {
    const { manager, cli } = await withCli()
    await manager.proplet('p-1', always42)
    await manager.upload('add')
    const file = join(await temporaryFolder(), 'calls.json')
    writeFileSync(file, '[[1, 2], [3, 4], [5, 6]]')
    const { code, out } = await cli('run', 'add', '--export', 'add', '--batch', file)
    expect(code).toBe(0)
    expect(out.trimEnd().split('\n')).toHaveLength(4)
  })

  test('follows what a task writes until it ends', async () => {
    const { manager, cli } = await withCli()
    const mock = await manager.proplet('p-1')
    await manager.upload('add')
    await cli('run', 'add', '--export', 'add', '1', '2', '--no-wait')
    const start = await mock.start()
    await mock.started(start)
    const following = cli('tasks', 'logs', start.task, '--follow')
    await mock.log(start, 'first\n')
    await mock.end(start, { outcome: 'trapped', stdout: 'first\n', error: { code: 'GUEST_TRAPPED', message: 'boom' } })
    const { code, out, err } = await following
    expect({ code, out, err }).toEqual({ code: 1, out: 'first\n', err: 'trapped: boom\n' })
  })

  test('a job that nobody can run is refused, proplet by proplet', async () => {
    const { manager, cli } = await withCli()
    await manager.proplet('p-1', { labels: { line: '1' } })
    await manager.upload('add')
    const { code, out, err } = await cli('run', 'add', '--export', 'add', '1', '2', '--on', 'line=2')
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^samara: function add: no proplet can run it: p-1: label line is "1", not "2"\n$/)
  })

  test('functions have versions and aliases', async () => {
    const { cli, json } = await withCli()
    expect((await cli('functions', 'add', example('add/add.wasm'), '--alias', 'prod')).out).toBe(
      'add version 1: core, 276 B\n',
    )
    await cli('functions', 'add', example('ticker/ticker.wasm'), '--name', 'add')
    expect((await cli('functions', 'alias', 'add', 'next', '2')).out).toBe('add@next is version 2\n')
    expect(await json('functions', 'list')).toMatchObject([{ name: 'add', latest: 2, aliases: { prod: 1, next: 2 } }])
    expect((await cli('functions', 'show', 'add@prod')).out).toMatch(/version 1\n[\s\S]*add64 +func\(/)
    expect((await cli('functions', 'show', 'add@moon')).err).toContain('expected one of')
    expect((await cli('functions', 'rm', 'add')).code).toBe(0)
    expect((await cli('functions', 'rm', 'add')).err).toBe('samara: function "add" does not exist\n')
  })

  test('inspects a module without keeping it', async () => {
    const { manager, cli, json } = await withCli()
    await manager.proplet('p-1')
    const { out } = await cli('inspect', example('greet/greet.wasm'))
    expect(out).toMatch(/p-1 +no +/)
    expect(await json('inspect', example('greet/greet.wasm'))).toMatchObject({ manifest: { kind: 'command' } })
    expect(await json('functions', 'list')).toEqual([])
  })

  test('deploys, and shows how it stands on each proplet', async () => {
    const { manager, cli, json } = await withCli()
    const mock = await manager.proplet('p-1')
    await cli('functions', 'add', example('ticker/ticker.wasm'))
    const id = (await cli('deploy', 'ticker', '--on', '*', '--every', '500ms', '--keep')).out.trim() as DeploymentId
    await mock.desired()
    expect((await cli('deployments', 'list')).out).toMatch(/ticker@1 +\* +every 500ms, kept/)
    expect(await json('deployments', 'show', id)).toMatchObject({ id, everyMs: 500, keep: true, waiting: ['p-1'] })
    await mock.deploymentResult({ deployment: id, seq: 1, agoMs: 0, outcome: 'completed', ranUs: 5 })
    await expect.poll(async () => (await json('deployments', 'results', id)).length).toBe(1)
    expect((await cli('deployments', 'rm', id)).code).toBe(0)
    expect(await json('deployments', 'list')).toEqual([])
  })

  test('registers, labels and forgets proplets and users', async () => {
    const { cli, json } = await withCli()
    expect(await json('proplets', 'add', 'press-4', '--label', 'line=1')).toMatchObject({ token: expect.any(String) })
    expect((await cli('proplets', 'label', 'press-4', 'line=2', 'site=hall')).out).toContain('line=2,site=hall')
    expect(await json('proplets', 'show', 'press-4')).toMatchObject({ labels: { line: '2', site: 'hall' } })
    expect(await json('users', 'add', 'ada')).toMatchObject({ id: 'ada' })
    expect(await json('users', 'list')).toMatchObject([{ id: 'ada', role: 'user' }])
    for (const line of [
      ['proplets', 'rm', 'press-4'],
      ['users', 'rm', 'ada'],
    ]) {
      expect((await cli(...line)).code).toBe(0)
      expect((await cli(...line)).err).toMatch(/does not exist\n$/)
    }
  })

  test('what happens is seen as it happens', async () => {
    const { manager } = await withCli()
    await manager.proplet('p-1', always42)
    await manager.upload('add')
    const stop = new AbortController()
    const line = ['events', '--type', 'task', '--json', '--manager', manager.url]
    const watching = samara(line, { signal: stop.signal })
    const run = () => samara(['run', 'add', '--export', 'add', '1', '2', '--manager', manager.url])
    for (let at = 0; at < 3; at++) await run()
    stop.abort()
    const { out } = await watching
    const events = out
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as Record<string, unknown>)
    expect(events.at(-1)).toMatchObject({ type: 'task', state: 'completed', proplet: 'p-1' })
  })

  test('backs up, and restores into an empty folder', async () => {
    const { manager, cli } = await withCli()
    await manager.upload('add')
    const backup = (await cli('backup', 'one')).out.trim()
    const dir = join(await temporaryFolder(), 'restored')
    expect(await cli('restore', backup, dir)).toEqual({ code: 0, out: `${dir}\n`, err: '' })
    expect((await cli('restore', backup, dir)).code).toBe(1)
    const again = await testManager({ dir })
    const { out } = await samara(['functions', 'list', '--json', '--manager', again.url])
    expect(JSON.parse(out)).toMatchObject([{ name: 'add' }])
  })

  test('writes the files of a broker of your own', async () => {
    const { cli } = await withCli()
    await cli('proplets', 'add', 'press-4')
    const dir = join(await temporaryFolder(), 'mosquitto')
    expect((await cli('broker', 'config', 'mosquitto', '--dir', dir)).code).toBe(0)
    expect(readFileSync(join(dir, 'acl'), 'utf8')).toContain('user press-4')
    expect(readFileSync(join(dir, 'mosquitto.conf'), 'utf8')).toContain(`password_file ${dir}/passwd`)
  })

  test.each(['../users', '..', 'a/b', '%2e%2e', 'A', 'x'.repeat(200), '\u001b[2J', "'; drop table users", ''])(
    'a name such as %j is an error in one line, and touches nothing else',
    async (name) => {
      const { cli } = await withCli()
      for (const line of [
        ['users', 'rm', name],
        ['functions', 'show', name],
        ['tasks', 'show', name],
        ['run', `${name}@1`],
      ]) {
        const { code, out, err } = await cli(...line)
        expect({ code, out }).toEqual({ code: 1, out: '' })
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
        expect(err).toMatch(/^samara: [^\u0000-\u001f]+\n$/)
      }
    },
  )
})
