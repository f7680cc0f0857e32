import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { DiskCache } from '../../../proplet/runtime/disk-cache.ts'
import { recipeKey } from '../../../proplet/runtime/prepare.ts'
import { WorkerSlot } from '../../../proplet/runtime/worker-slot.ts'
import { component, core, example, type Rig, rig, type Subject, subject, wat } from './fixtures.ts'

let it: Rig
afterEach(() => it?.close())

/** A component whose glue is replaced by code of ours: as if a name had smuggled it past every check. */
async function smuggled(body: string): Promise<Subject> {
  const probe = subject(example('hostile/component-loop.wasm'), 'component', { probe: 'func()->string' })
  const glue = `(function (scope) { return { instantiate() { return { probe() { ${body} } } } } })`
  const disk = new DiskCache({ root: it.cacheDir, maxBytes: 1e9 })
  await disk.write(`${probe.source.digest}-${recipeKey()('component')}`, new Map([['glue.js', Buffer.from(glue)]]))
  return probe
}

test('smuggled code finds no global but those of ECMAScript', async () => {
  it = rig({ size: 1 })
  const names = [
    'process',
    'require',
    'fetch',
    'WebSocket',
    'setTimeout',
    'Buffer',
    'WebAssembly',
    'performance',
    'crypto',
    'console',
  ]
  const probe = await smuggled(`
    const inner = new Function('name', 'return typeof globalThis[name]')
    return ${JSON.stringify(names)}.map((name) => inner(name)).join()`)
  expect((await it.call(probe)).value).toBe(names.map(() => 'undefined').join())
})

test('smuggled code cannot import', async () => {
  it = rig({ size: 1 })
  const probe = await smuggled(`
    globalThis.said ??= 'nothing yet'
    const { said } = globalThis
    new Function('return import("node:fs")')().then(() => { globalThis.said = 'imported' }, (error) => { globalThis.said = error.code })
    return said`)
  await it.call(probe, { keep: 'a' })
  expect((await it.call(probe, { keep: 'a' })).value).toBe('ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING')
})

test('a full JavaScript heap ends as out-of-memory', async () => {
  it = rig({ size: 1 })
  const probe = await smuggled('const all = []; for (;;) all.push({ a: 1, b: { c: 2 } })')
  const result = await it.call(probe, { limits: { jsHeapMb: 16, timeoutMs: 20_000 } })
  expect(result).toMatchObject({ outcome: 'out-of-memory', error: { code: 'GUEST_OUT_OF_MEMORY' } })
  await it.alive()
})

const lists = (type: string, definition: string, result: string) => `(component
  (core module $inner
    (memory (export "memory") 16)
    (func (export "run") (result i32)
      (local $at i32)
      ;; A list of 100,000 at 16, each of them the same 500,000 bytes.
      (local.set $at (i32.const 16))
      (loop $again
        (i32.store (local.get $at) (i32.const 0))
        (i32.store (i32.add (local.get $at) (i32.const 4)) (i32.const 500000))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $again (i32.lt_u (local.get $at) (i32.const 800016))))
      (i32.store (i32.const 1000000) (i32.const 16))
      (i32.store (i32.const 1000004) (i32.const 100000))
      (i32.const 1000000))
    (func (export "flat") (result i32)
      (i32.store (i32.const 1000000) (i32.const 0))
      (i32.store (i32.const 1000004) (i32.const 1000000))
      (i32.const 1000000)))
  (core instance $instance (instantiate $inner))
  ${definition}
  (func (export "run") (result ${type})
    (canon lift (core func $instance "${result}") (memory (core memory $instance "memory")))))`

test.each([
  ['list<list<u8>>', '(type $in (list u8)) (type $out (list $in))', 'run'],
  ['list<string>', '(type $out (list string))', 'run'],
  ['list<list<bool>>', '(type $in (list bool)) (type $out (list $in))', 'run'],
  ['list<bool>', '(type $out (list bool))', 'flat'],
])('a %s that names the same memory over and over ends at the limit for results', async (type, definition, name) => {
  it = rig({ size: 1 })
  const bytes = await wat(lists('$out', definition, name))
  const result = await it.call(subject(bytes, 'component', { run: `func()->${type}` }), {
    limits: { timeoutMs: 20_000 },
  })
  expect(result).toMatchObject({ outcome: 'output-limit' })
  await it.alive()
})

test('a result that is not what its signature says is not believed', async () => {
  it = rig({ size: 1 })
  const result = await it.call(await smuggled('return { not: 1, a: 2, string: 3 }'))
  expect(result).toMatchObject({ outcome: 'trapped', error: { code: 'GUEST_TRAPPED' } })
})

test('a worker may not read files, start processes or workers, or see the environment', async () => {
  process.env.SAMARA_SECRET = 'x'
  // The bare thread, before its globals are removed.
  const source = `
    const port = require('node:worker_threads').parentPort
    const attempt = (fn) => { try { fn(); return 'done' } catch (error) { return error.code } }
    const end = { how: 'value', value: [
      attempt(() => require('node:fs').readFileSync('/etc/hostname')),
      attempt(() => require('node:fs').writeFileSync('/tmp/samara-probe', 'x')),
      attempt(() => require('node:child_process').execFileSync('/bin/true')),
      attempt(() => new (require('node:worker_threads').Worker)('', { eval: true })),
      Object.keys(process.env).length,
    ] }
    port.on('message', () => port.postMessage({ kind: 'done', end, runUs: 0 }))
    port.postMessage({ kind: 'ready' })`
  const slot = new WorkerSlot({ source, jsHeapMb: 16, onGone: () => {} })
  const end = await slot.run({ image: { id: 1, modules: [], inert: false, memories: 0 } } as never, () => {})
  await slot.terminate()
  const denied = 'ERR_ACCESS_DENIED'
  expect(end).toMatchObject({ end: { value: [denied, denied, denied, denied, 0] } })
})

test.each([
  ['a component', component('hostile/component-loop.wasm'), 'glue.js'],
  ['a core module', core('add/add.wasm', { add: 'func(a:s32,b:s32)->s32' }), 'core.wasm'],
])('prepares %s again when a bit of its cache flipped', async (_, one, name) => {
  it = rig({ size: 1 })
  const { dir } = await it.runtime.prepare(one.source, one.manifest)
  const file = join(dir, name)
  const good = readFileSync(file)
  const bad = Buffer.from(good)
  bad[bad.length >> 1] = (bad[bad.length >> 1] ?? 0) ^ 1
  writeFileSync(file, bad)
  let asked = 0
  const bytes = () => {
    asked++
    return one.source.bytes()
  }
  await it.runtime.prepare({ ...one.source, bytes }, one.manifest)
  expect(asked).toBe(1)
  expect(readFileSync(file).equals(good)).toBe(true)
})

test('the cache folder forgets what was not used for the longest time', async () => {
  it = rig({ size: 1, cacheBytes: 1500 })
  for (const name of [
    'trap',
    'endless-loop',
    'deep-recursion',
    'memory-bomb',
    'start-loop',
    'stdout-flood',
    'exit-three',
  ])
    await it.call(core(`hostile/${name}.wasm`), { limits: { timeoutMs: 1 } })
  expect(readdirSync(it.cacheDir).length).toBeLessThan(7)
  await it.alive()
})

test('uses the cache of an earlier start, V8 code cache included', async () => {
  it = rig({ size: 1 })
  const values = subject(example('values/values.component.wasm'), 'component', { 'echo-s32': 'func(value:s32)->s32' })
  expect((await it.call(values, { args: [7] })).value).toBe(7)
  const later = rig({ size: 1, cacheDir: it.cacheDir })
  const forgetful = {
    ...values,
    source: { ...values.source, bytes: () => Promise.reject(new Error('asked for bytes')) },
  }
  expect((await later.call(forgetful, { args: [8] })).value).toBe(8)
  await later.runtime.close()
})
