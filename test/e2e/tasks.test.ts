import { describe, expect, test } from 'vitest'
import type { PropletId } from '../../shared/ids.ts'
import { startSystem } from '../support/system.ts'

describe('a job over MQTT, from submit to result', () => {
  test('a core module adds two numbers', async () => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    await system.proplet('edge-1')
    const ann = await system.user()
    await ann.say('submit', { key: 'k1', function: 'add', export: 'add', args: [2, 3] })
    expect(await ann.answer({ type: 'accepted' })).toMatchObject({ key: 'k1', tasks: 1 })
    expect(await ann.answer({ type: 'result' })).toMatchObject({
      key: 'k1',
      state: 'completed',
      outcome: 'completed',
      value: 5,
      proplet: 'edge-1',
      attempt: 1,
    })
  })

  test('every kind of function gives its result', async () => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    await system.upload('greet', 'greet/greet.wasm')
    await system.upload('values', 'values/values.component.wasm')
    await system.upload('line-stats', 'line-stats/line-stats.wasm')
    await system.upload('program', 'component-command/component-command.wasm')
    await system.upload('shout', 'shout-js/shout-js.wasm')
    await system.proplet('edge-1')
    const ann = await system.user()
    const run = async (key: string, body: object) => {
      await ann.say('submit', { key, ...body })
      return ann.answer((answer) => answer.key === key && (answer.type === 'result' || answer.type === 'error'))
    }
    expect(await run('core', { function: 'add', export: 'add64', args: ['9007199254740993', 1] })).toMatchObject({
      value: '9007199254740994',
    })
    expect(
      await run('command', {
        function: 'greet',
        argv: ['ada', '3'],
        env: { GREETING: 'good evening' },
        stdin: 'quiet',
      }),
    ).toMatchObject({
      state: 'failed',
      outcome: 'exited',
      exitCode: 3,
      stdout: 'hello ada\ngood evening\nQUIET',
    })
    expect(
      await run('component', {
        function: 'values',
        export: 'echo-record',
        args: [{ text: 'a', at: { x: 1, y: -0.5 }, weight: 7 }],
      }),
    ).toMatchObject({ value: { text: 'a', at: { x: 1, y: -0.5 }, weight: 7 } })
    expect(await run('lowered', { function: 'line-stats', export: 'summarise', args: [[1, 2, 3, 4]] })).toMatchObject({
      value: { ok: { mean: 2.5, count: 4 } },
    })
    expect(await run('program', { function: 'program', argv: ['x'] })).toMatchObject({
      state: 'completed',
      exitCode: 0,
    })
    expect(await run('js', { function: 'shout', export: 'shout', args: ['mind the gap'] })).toMatchObject({
      value: 'MIND THE GAP!',
    })
  })

  test('arguments and results beyond 512 bytes travel as blobs', async () => {
    const system = await startSystem()
    await system.upload('values', 'values/values.component.wasm')
    await system.proplet('edge-1')
    const ann = await system.user()
    const text = 'long '.repeat(10_000)
    await ann.say('submit', { key: 'k', function: 'values', export: 'echo-string', args: [text] })
    expect(await ann.answer({ type: 'result' })).toMatchObject({ state: 'completed', value: text })
    await ann.say('submit', { key: 'short', function: 'values', export: 'echo-string', args: [text], inlineBytes: 100 })
    const named = await ann.answer({ type: 'result', key: 'short' })
    expect(named).toMatchObject({ state: 'completed', bodyDigest: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(named.value).toBeUndefined()
  })

  test('a batch has one result per call, and a summary', async () => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    await system.proplet('edge-1')
    const ann = await system.user()
    const batch = Array.from({ length: 64 }, (_, index) => [index, 1])
    await ann.say('submit', { key: 'b', function: 'add', export: 'add', batch })
    expect(await ann.answer({ type: 'summary' })).toMatchObject({ key: 'b', tasks: 64, done: 64, failed: 0 })
    const results = ann.answers.filter((answer) => answer.type === 'result')
    expect(results.map((answer) => [answer.index, answer.value]).sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual(
      batch.map(([first], index) => [index, (first ?? 0) + 1]),
    )
  })

  test('64 starts at once: none is lost, none is doubled', async () => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    await system.proplet('edge-1')
    await system.proplet('edge-2')
    const ann = await system.user()
    await Promise.all(
      Array.from({ length: 64 }, (_, i) =>
        ann.say('submit', { key: `k${i}`, function: 'add', export: 'add', args: [i, i] }),
      ),
    )
    for (let i = 0; i < 64; i++)
      expect(await ann.answer({ type: 'result', key: `k${i}` })).toMatchObject({ value: 2 * i })
    expect(ann.answers.filter((answer) => answer.type === 'result')).toHaveLength(64)
  })

  test('the same key again is the same job, and with other content an error', async () => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    await system.proplet('edge-1')
    const ann = await system.user()
    await ann.say('submit', { key: 'k', function: 'add', export: 'add', args: [1, 1] })
    const first = await ann.answer({ type: 'result' })
    await ann.say('submit', { key: 'k', function: 'add', export: 'add', args: [1, 1] })
    expect(await ann.answer({ type: 'accepted', repeated: true })).toMatchObject({ job: first.job ?? '' })
    expect(await ann.answer({ type: 'result', repeated: true })).toMatchObject({ task: first.task ?? '', value: 2 })
    await ann.say('submit', { key: 'k', function: 'add', export: 'add', args: [1, 2] })
    expect(await ann.answer({ type: 'error' })).toMatchObject({ key: 'k', error: { code: 'ALREADY_EXISTS' } })
  })
})

describe('a wrong job is answered with the field and what was expected', () => {
  test.each([
    ['not JSON', '{"key":', /is not JSON/, undefined],
    ['an unknown field', { key: 'k', function: 'add', arg: [] }, /unknown field "arg"/, 'arg'],
    ['no key', { function: 'add' }, /key: required field is missing/, 'key'],
    ['an unknown function', { key: 'k', function: 'sub' }, /function "sub" does not exist/, undefined],
    ['a wildcard in the name', { key: 'k', function: '+/#' }, /submit.function/, 'function'],
    ['no export where there are several', { key: 'k', function: 'add' }, /say which/, 'export'],
    [
      'an argument of a wrong type',
      { key: 'k', function: 'add', export: 'add', args: [1, 'x'] },
      /args\[1\]/,
      'args[1]',
    ],
    ['too few arguments', { key: 'k', function: 'add', export: 'add', args: [1] }, /args/, 'args[1]'],
    [
      'a wrong call of a batch',
      {
        key: 'k',
        function: 'add',
        export: 'add',
        batch: [
          [1, 2],
          [1, null],
        ],
      },
      /batch\[1\]\[1\]/,
      'batch[1][1]',
    ],
    [
      'a version that is not there',
      { key: 'k', function: 'add', version: '9' },
      /version "9" does not exist/,
      'version',
    ],
    [
      'a wrong selector',
      { key: 'k', function: 'add', export: 'add', args: [1, 2], selector: 'a>b' },
      /selector/,
      'selector',
    ],
    [
      'a selector that nobody matches',
      { key: 'k', function: 'add', export: 'add', args: [1, 2], selector: 'line=9' },
      /edge-1: label line is not set, not "9"/,
      undefined,
    ],
    [
      "a reply topic of somebody else's",
      { key: 'k', function: 'add', reply: 'samara/1/default/u/bob/reply' },
      /is not samara\/1\/default\/u\/ann\/reply/,
      'reply',
    ],
  ])('%s', async (_, body, message, field) => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    await system.proplet('edge-1')
    const ann = await system.user()
    await ann.say('submit', body)
    const answer = await ann.answer({ type: 'error' })
    expect(answer.error?.message).toMatch(message)
    expect(answer.error?.field).toBe(field)
    expect(answer.expected ?? answer.reasons ?? answer.error?.message).toBeTruthy()
    await ann.say('submit', { key: 'after', function: 'add', export: 'add', args: [1, 2] })
    expect(await ann.answer({ type: 'result', key: 'after' })).toMatchObject({ value: 3 })
  })
})

describe('ending a task', () => {
  test('cancelling a CPU-bound guest ends it as cancelled and frees the proplet', async () => {
    const system = await startSystem()
    await system.upload('loop', 'hostile/endless-loop.wasm')
    await system.upload('add', 'add/add.wasm')
    await system.proplet('edge-1', { slots: 1 })
    const ann = await system.user()
    await ann.say('submit', { key: 'loop', function: 'loop' })
    const running = await ann.answer({ type: 'progress', state: 'running' })
    await ann.say('cancel', { task: running.task })
    expect(await ann.answer({ type: 'result', key: 'loop' })).toMatchObject({
      state: 'cancelled',
      outcome: 'cancelled',
    })
    await ann.say('submit', { key: 'add', function: 'add', export: 'add', args: [1, 2] })
    expect(await ann.answer({ type: 'result', key: 'add' })).toMatchObject({ value: 3 })
  })

  test('each hostile guest has its own outcome, and the proplet lives on', async () => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    const agent = await system.proplet('edge-1')
    const ann = await system.user()
    const outcome = async (file: string) => {
      await system.upload(file, `hostile/${file}.wasm`)
      await ann.say('submit', { key: file, function: file, timeoutMs: 1_000, memoryPages: 256 })
      const { outcome, exitCode } = await ann.answer({ type: 'result', key: file })
      return exitCode === undefined ? outcome : `exit ${exitCode}`
    }
    expect(await outcome('endless-loop')).toBe('timed-out')
    expect(await outcome('trap')).toBe('trapped')
    expect(await outcome('deep-recursion')).toBe('trapped')
    expect(await outcome('memory-bomb')).toBe('out-of-memory')
    expect(await outcome('stdout-flood')).toBe('output-limit')
    expect(await outcome('exit-three')).toBe('exit 3')
    await expect(system.upload('injection', 'hostile/glue-injection-export.wasm')).rejects.toThrow(
      /generated code could run/,
    )
    expect(agent.stats().connection).toBe('online')
    await ann.say('submit', { key: 'after', function: 'add', export: 'add', args: [1, 2] })
    expect(await ann.answer({ type: 'result', key: 'after' })).toMatchObject({ value: 3 })
  })

  test('an oversized module harms nobody else', async () => {
    const system = await startSystem()
    await system.upload('add', 'add/add.wasm')
    await system.proplet('edge-1')
    const ann = await system.user()
    const huge = await system.manager.functions.inspect(Buffer.alloc(65 << 20)).catch((error: unknown) => error)
    expect(huge).toMatchObject({ code: 'TOO_LARGE' })
    await ann.say('submit', {
      key: 'add',
      function: 'add',
      export: 'add',
      args: [1, 2],
      proplet: 'edge-1' as PropletId,
    })
    expect(await ann.answer({ type: 'result' })).toMatchObject({ value: 3 })
  })
})
