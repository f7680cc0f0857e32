import { afterAll, beforeAll, expect, test } from 'vitest'
import { component, core, example, type Rig, rig, subject, wat } from './fixtures.ts'

let it: Rig
beforeAll(() => {
  it = rig({ size: 1 })
})
afterAll(() => it.close())

test.each(['glue-injection-export', 'glue-injection-import', 'glue-injection-nested'])(
  'refuses a component whose names are JavaScript: %s',
  async (name) => {
    await expect(it.call(component(`hostile/${name}.wasm`))).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await it.alive()
  },
)

test('refuses a core import that it does not have, by name', async () => {
  await expect(it.call(core('hostile/secret-import.wasm'))).rejects.toThrow('env.secret')
})

test('refuses an interface that it does not have, by name', async () => {
  const bytes = await wat(`(component
    (import "wasi:http/thing@0.2.0" (instance $api (export "go" (func))))
    (core func $go (canon lower (func $api "go")))
    (core module $inner (import "a" "go" (func $go)) (func (export "run") (call $go)))
    (core instance $instance (instantiate $inner (with "a" (instance (export "go" (func $go))))))
    (func (export "run") (canon lift (core func $instance "run"))))`)
  await expect(it.call(subject(bytes, 'component', { run: 'func()' }))).rejects.toThrow('wasi:http/thing')
})

test('refuses a memory that starts above its cap', async () => {
  const result = await it.call(core('hostile/memory-huge.wasm'))
  expect(result).toMatchObject({ outcome: 'refused', error: { code: 'RESOURCE_EXHAUSTED' } })
  expect(result.error?.message).toMatch(/^refused: .*65536 pages/)
})

test('refuses a table that starts above its cap', async () => {
  expect(await it.call(core('hostile/table-huge.wasm'))).toMatchObject({ outcome: 'refused' })
})

test('refuses an export that is not there, and names those that are', async () => {
  const result = await it.call(core('add/add.wasm', { add: 'func(a:s32,b:s32)->s32' }), { export: 'sub' })
  expect(result).toMatchObject({ outcome: 'refused', error: { code: 'NOT_FOUND' } })
  expect(result.error?.message).toContain('add')
})

test.each([[[1]], [[1, 2, 3]], [[1, 'two']], [[1, 2 ** 40]]])('refuses the arguments %j', async (args) => {
  const result = await it.call(core('add/add.wasm', { add: 'func(a:s32,b:s32)->s32' }), { args })
  expect(result).toMatchObject({ outcome: 'refused', error: { code: 'INVALID_ARGUMENT' } })
})

test('refuses to pass a resource that is no device', async () => {
  const bytes = example('hostile/component-loop.wasm')
  const result = await it.call(subject(bytes, 'component', { run: 'func(device:borrow<i2c>)' }), { args: ['line1'] })
  expect(result).toMatchObject({ outcome: 'refused', error: { code: 'UNSUPPORTED' } })
})

test('refuses bytes that are no module, or not the one that was announced', async () => {
  const text = subject(Buffer.from('(module)'), 'core-module', {})
  await expect(it.runtime.prepare(text.source, text.manifest)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  const add = core('hostile/deep-recursion.wasm')
  const forged = { ...add.source, bytes: () => Buffer.from('other') }
  await expect(it.runtime.prepare(forged, add.manifest)).rejects.toMatchObject({ code: 'DATA_LOSS' })
  const wrong = { ...add.source, format: 'component' as const }
  await expect(it.runtime.prepare(wrong, add.manifest)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

test('refuses a component that instantiates a memory twice past its cap', async () => {
  const bytes = await wat(`(component
    (core module $inner (memory 1) (func (export "run") (result i32) (i32.const 1)))
    (core instance $a (instantiate $inner))
    (core instance $b (instantiate $inner))
    (func (export "run") (result u32) (canon lift (core func $b "run"))))`)
  expect(await it.call(subject(bytes, 'component', { run: 'func()->u32' }))).toMatchObject({ outcome: 'refused' })
})

test('gives up preparing at the deadline', async () => {
  const hurried = rig({ size: 1, prepareMs: 1 })
  await expect(hurried.call(component('hostile/component-loop.wasm'))).rejects.toMatchObject({
    code: 'DEADLINE_EXCEEDED',
  })
  await hurried.alive()
  await hurried.close()
})
