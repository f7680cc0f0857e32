import { afterEach, expect, test } from 'vitest'
import { component, core, type Rig, rig, subject, wat } from './fixtures.ts'

let it: Rig
afterEach(() => it.close())

const loop = core('hostile/endless-loop.wasm')
const counter = async () =>
  subject(
    await wat(`(module
      (global $n (mut i32) (i32.const 0))
      (func (export "next") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (global.get $n))
      (func (export "trap") (unreachable)))`),
    'core-module',
    { next: 'func()->s32', trap: 'func()' },
  )

test('ends eight endless loops on two workers, each at its own deadline, and works on', async () => {
  it = rig({ size: 2 })
  const results = await Promise.all(Array.from({ length: 8 }, () => it.call(loop, { limits: { timeoutMs: 100 } })))
  expect(results.map(({ outcome }) => outcome)).toEqual(Array(8).fill('timed-out'))
  expect(it.runtime.stats()).toMatchObject({ running: 0, waiting: 0 })
  await it.alive()
  expect(it.runtime.stats().workers).toBeLessThanOrEqual(2)
})

test('cancel ends a running function and frees its worker', async () => {
  it = rig({ size: 1 })
  const abort = new AbortController()
  const running = it.call(loop, { signal: abort.signal, onLog: () => {} })
  const image = await it.runtime.prepare(loop.source, loop.manifest)
  expect(image.format).toBe('core-module')
  abort.abort()
  expect(await running).toMatchObject({ outcome: 'cancelled', error: { code: 'CANCELLED' } })
  await it.alive()
})

test('cancel takes a call out of the queue', async () => {
  it = rig({ size: 1 })
  const first = new AbortController()
  const second = new AbortController()
  const running = it.call(loop, { signal: first.signal })
  const queued = it.call(loop, { signal: second.signal })
  await it.runtime.prepare(loop.source, loop.manifest)
  second.abort()
  expect(await queued).toMatchObject({ outcome: 'cancelled' })
  first.abort()
  expect(await running).toMatchObject({ outcome: 'cancelled' })
  await it.alive()
})

test('refuses a call beyond the queue', async () => {
  it = rig({ size: 1, queue: 1 })
  const calls = Array.from({ length: 3 }, () => it.call(loop, { limits: { timeoutMs: 100 } }))
  const results = await Promise.all(calls)
  const refused = results.filter(({ outcome }) => outcome === 'refused')
  expect(refused).toMatchObject([{ error: { code: 'RESOURCE_EXHAUSTED' } }])
})

test('counts in a kept instance and starts over in fresh ones', async () => {
  it = rig({ size: 1 })
  const count = await counter()
  const values = async (keep?: string) => {
    const results = []
    for (let i = 0; i < 3; i++) results.push((await it.call(count, { keep })).value)
    return results
  }
  expect(await values()).toEqual([1, 1, 1])
  expect(await values('a')).toEqual([1, 2, 3])
  expect(await values('b')).toEqual([1, 2, 3])
  expect(await values('a')).toEqual([4, 5, 6])
  it.runtime.release('a')
  expect(await values('a')).toEqual([1, 2, 3])
})

test('drops a kept instance that trapped', async () => {
  it = rig({ size: 1 })
  const count = await counter()
  await it.call(count, { keep: 'a' })
  expect(await it.call(count, { keep: 'a', export: 'trap' })).toMatchObject({ outcome: 'trapped' })
  expect(it.runtime.stats().kept).toBe(0)
  expect(await it.call(count, { keep: 'a' })).toMatchObject({ value: 1 })
})

test('keeps a component with its state', async () => {
  it = rig({ size: 1 })
  const bytes = await wat(`(component
    (core module $inner
      (global $n (mut i32) (i32.const 0))
      (func (export "run") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (global.get $n)))
    (core instance $instance (instantiate $inner))
    (func (export "run") (result u32) (canon lift (core func $instance "run"))))`)
  const count = subject(bytes, 'component', { run: 'func()->u32' })
  expect((await it.call(count, { keep: 'a' })).value).toBe(1)
  expect((await it.call(count, { keep: 'a' })).value).toBe(2)
  expect((await it.call(count)).value).toBe(1)
})

test('refuses to keep more instances than it may', async () => {
  it = rig({ size: 1, kept: 1 })
  const count = await counter()
  await it.call(count, { keep: 'a' })
  expect(await it.call(count, { keep: 'b' })).toMatchObject({
    outcome: 'refused',
    error: { code: 'RESOURCE_EXHAUSTED' },
  })
  it.runtime.release('a')
  expect(await it.call(count, { keep: 'b' })).toMatchObject({ value: 1 })
})

test('refuses calls once it is closed, and ends those that run', async () => {
  it = rig({ size: 1 })
  const running = it.call(loop)
  const queued = it.call(component('hostile/component-loop.wasm'))
  await it.runtime.prepare(loop.source, loop.manifest)
  await it.runtime.close()
  expect((await running).outcome).not.toBe('completed')
  expect((await queued).outcome).toBe('refused')
})
