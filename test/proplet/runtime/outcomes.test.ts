import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { command, component, core, example, type Rig, rig, subject, wat } from './fixtures.ts'

let it: Rig
beforeAll(() => {
  it = rig({ size: 2 })
})
afterEach(() => it.alive())
afterAll(() => it.close())

const short = { timeoutMs: 150 }

test('returns the value of a core function', async () => {
  const add = core('add/add.wasm', { add: 'func(a:s32,b:s32)->s32' })
  expect(await it.call(add, { args: [-3, 5] })).toMatchObject({ outcome: 'completed', value: 2 })
})

test('gives a WASI 0.1 command its arguments, environment and stdin', async () => {
  const call = { argv: ['ada'], env: { GREETING: 'good morning' }, stdin: Buffer.from('quiet') }
  const result = await it.call(command('greet/greet.wasm'), { call })
  expect(result).toMatchObject({ outcome: 'completed', exitCode: 0 })
  expect(Buffer.from(result.stdout ?? []).toString()).toBe('hello ada\ngood morning\nQUIET')
  expect(Buffer.from(result.stderr ?? []).toString()).toBe('greet: bytes copied: 5\n')
})

const commandComponent = () =>
  subject(example('component-command/component-command.wasm'), 'component', {
    'wasi:cli/run@0.2.0#run': 'func()->result',
  })

test('gives a WASI 0.2 command its arguments, environment and stdin, whatever 0.2 version the caller names', async () => {
  const call = { argv: ['ada', '0'], env: { GREETING: 'good morning' }, stdin: Buffer.from('quiet') }
  const result = await it.call(commandComponent(), { call, export: 'wasi:cli/run@0.2.6#run' })
  expect(result).toMatchObject({ outcome: 'completed', exitCode: 0 })
  expect(Buffer.from(result.stdout ?? []).toString()).toBe('hello ada\ngood morning\nQUIET')
})

test('ends as exited when a WASI 0.2 command fails', async () => {
  const result = await it.call(commandComponent(), { call: { argv: ['ada', '7'] } })
  expect(result).toMatchObject({ outcome: 'exited', exitCode: 1, error: { message: 'exit 1' } })
})

test('ends as exited with the code of a WASI 0.1 command', async () => {
  const result = await it.call(command('hostile/exit-three.wasm'))
  expect(result).toMatchObject({ outcome: 'exited', exitCode: 3, error: { message: 'exit 3' } })
})

test('ends as trapped with the text of the trap', async () => {
  const result = await it.call(core('hostile/trap.wasm'))
  expect(result).toMatchObject({ outcome: 'trapped', error: { code: 'GUEST_TRAPPED', message: 'unreachable' } })
})

test('ends as trapped when the call stack is exhausted', async () => {
  const result = await it.call(core('hostile/deep-recursion.wasm'))
  expect(result).toMatchObject({ outcome: 'trapped', error: { message: 'call stack exhausted' } })
})

test.each([
  ['an endless loop', core('hostile/endless-loop.wasm')],
  ['an endless start section', core('hostile/start-loop.wasm')],
  ['an endless loop in a component', component('hostile/component-loop.wasm')],
])('ends %s at its deadline', async (_, loop) => {
  expect(await it.call(loop, { limits: short })).toMatchObject({
    outcome: 'timed-out',
    error: { code: 'DEADLINE_EXCEEDED' },
  })
})

test('ends a command that sleeps past its deadline', async () => {
  const sleeper = subject(
    await wat(`(module
      (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (i64.const 3600000000000))
        (drop (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 512)))))`),
    'wasi-command',
    { _start: 'func()' },
  )
  expect(await it.call(sleeper, { limits: short })).toMatchObject({ outcome: 'timed-out' })
})

const bombText = `
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $again
      (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (unreachable)))
      (br $again)))`

test.each([
  ['a core module', async () => core('hostile/memory-bomb.wasm')],
  ['a component', async () => component('hostile/component-memory-bomb.wasm')],
  ['a command', async () => subject(await wat(`(module ${bombText})`), 'wasi-command', { _start: 'func()' })],
])('holds %s to its memory and says that it ran out', async (_, bomb) => {
  const result = await it.call(await bomb(), { limits: { memoryPages: 64 } })
  expect(result).toMatchObject({ outcome: 'out-of-memory', error: { code: 'GUEST_OUT_OF_MEMORY' } })
  expect(result.memoryPages).toBeLessThanOrEqual(64)
})

test('holds a call to a lower memory cap of its own', async () => {
  const result = await it.call(core('hostile/memory-bomb.wasm'), { call: { memoryPages: 32 } })
  expect(result.outcome).toBe('out-of-memory')
  expect(result.memoryPages).toBeLessThanOrEqual(32)
})

test('delivers the output up to its limit and stops a WASI 0.1 command there', async () => {
  const result = await it.call(command('hostile/stdout-flood.wasm'), { limits: { outputBytes: 100_000 } })
  expect(result).toMatchObject({ outcome: 'output-limit', error: { code: 'GUEST_OUTPUT_LIMIT' } })
  expect(result.stdout).toHaveLength(100_000)
})

test('delivers the output up to its limit and stops a component there', async () => {
  const call = { argv: ['x', '0'], stdin: Buffer.alloc(200_000, 'a'), outputBytes: 5000 }
  const result = await it.call(commandComponent(), { call })
  expect(result).toMatchObject({ outcome: 'output-limit' })
  expect(result.stdout).toHaveLength(5000)
})

test('delivers what was written before the deadline', async () => {
  const text = `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00")
    (data (i32.const 16) "here\\0a")
    (func (export "_start")
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (loop $again (br $again))))`
  const heard: string[] = []
  const result = await it.call(subject(await wat(text), 'wasi-command', { _start: 'func()' }), {
    limits: short,
    onLog: (stream, line) => heard.push(`${stream} ${line}`),
  })
  expect(result.outcome).toBe('timed-out')
  expect(Buffer.from(result.stdout ?? []).toString()).toBe('here\n')
  expect(heard).toEqual(['stdout here\n'])
})

test('answers a pointer outside the memory with an error number', async () => {
  const text = `(module
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "random") (result i32) (call $random (i32.const -8) (i32.const 100)))
    (func (export "write") (result i32) (call $write (i32.const 1) (i32.const 65532) (i32.const 9) (i32.const 0)))
    (func (export "open") (result i32)
      (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 0))))`
  const probe = subject(await wat(text), 'core-module', {
    random: 'func()->s32',
    write: 'func()->s32',
    open: 'func()->s32',
  })
  const efault = 21
  const ebadf = 8
  expect(await it.call(probe, { export: 'random' })).toMatchObject({ value: efault })
  expect(await it.call(probe, { export: 'write' })).toMatchObject({ value: efault })
  expect(await it.call(probe, { export: 'open' })).toMatchObject({ value: ebadf })
})
