import { readFileSync } from 'node:fs'
import { componentEmbed, componentNew, parse, print } from '@bytecodealliance/jco-transpile/wasm-tools'
import { afterAll, describe, expect, it } from 'vitest'
import { createInspector } from '../../../manager/modules/inspector.ts'
import type { Inspection } from '../../../manager/services/functions.ts'
import { type Clock, realClock } from '../../../shared/clock.ts'
import { Manifest } from '../../../shared/documents/manifest.ts'
import { SamaraError } from '../../../shared/errors.ts'
import { MAX_MODULE_BYTES } from '../../../shared/fields.ts'
import { digestOf } from '../../../shared/ids.ts'
import { parseSignature } from '../../../shared/signature.ts'
import { describeCore } from '../../../shared/wasm/core-module.ts'
import { addDevices } from '../../../shared/wasm/devices.ts'
import { functionDigest } from '../../../shared/wasm/interface-digest.ts'
import { layerOf } from '../../../shared/wasm/sections.ts'

const inspector = createInspector({ clock: realClock, timeoutMs: 20_000 })
afterAll(() => inspector.close())

const example = (path: string): Uint8Array => readFileSync(new URL(`../../../examples/${path}`, import.meta.url))
/** A core module with the world's type section: what toolchains emit before wrapping. */
const loweredOf = (witSource: string): Promise<Uint8Array> => componentEmbed({ witSource, dummy: true })

async function refusal(bytes: Uint8Array): Promise<SamaraError> {
  const error: unknown = await inspector.inspect(bytes).catch((thrown) => thrown)
  if (error instanceof SamaraError) return error
  throw new Error(`was not refused: ${JSON.stringify(error)}`)
}

const imagesOf = ({ manifest }: Inspection) => manifest.images.map(({ recipe, format }) => `${recipe} ${format}`)

/** What the services rely on, whatever the module. */
function expectWhole(bytes: Uint8Array, { manifest, images }: Inspection): void {
  expect(manifest.artefact).toBe(digestOf(bytes))
  expect(manifest.sizeBytes).toBe(bytes.length)
  expect(images.has(manifest.artefact)).toBe(true)
  for (const [digest, image] of images) expect(digestOf(image)).toBe(digest)
  for (const { digest, sizeBytes } of manifest.images) expect(images.get(digest)?.length).toBe(sizeBytes)
  expect(Manifest.decode(Manifest.encode(manifest))).toEqual(manifest)
  for (const { signature } of manifest.exports) parseSignature(signature)
}

describe('a plain core module', () => {
  it('runs everywhere, with its numeric exports as signatures', async () => {
    const bytes = example('add/add.wasm')
    const found = await inspector.inspect(bytes)
    expectWhole(bytes, found)
    expect(found.manifest).toMatchObject({ kind: 'core', imports: [], memory: { minPages: 1, grows: false } })
    expect(found.manifest.exports).toContainEqual({ name: 'add', signature: 'func(p0:s32,p1:s32)->s32' })
    expect(imagesOf(found)).toEqual(['artefact core-module', 'stripped-core lowered-core'])
    expect(found.notes).toEqual([
      { format: 'core-module', runs: ['Linux proplets (V8)'], refused: [] },
      {
        format: 'lowered-core',
        runs: ['C proplets (WAMR): 1024 bytes of linear memory in place of 65536'],
        refused: [],
      },
    ])
  })

  it('has several results as a tuple, and leaves out what no number fits', async () => {
    const bytes = await parse(`(module (func (export "two") (result i32 f64) i32.const 1 f64.const 2)
      (func (export "ref") (param externref)) (func (export "vec") (result v128) unreachable))`)
    const found = await inspector.inspect(bytes)
    expect(found.manifest.exports).toEqual([{ name: 'two', signature: 'func()->tuple<s32,f64>' }])
    expect(imagesOf(found)).toEqual(['artefact core-module'])
    expect(found.notes[0]?.refused).toEqual([
      'C proplets (WAMR): its export two gives several numbers at once; let it give one',
    ])
  })

  it('gets a stripped form where it has custom sections', async () => {
    const bytes = await parse('(module (func (export "f")) (@custom "producers" "x"))')
    const found = await inspector.inspect(bytes)
    expectWhole(bytes, found)
    expect(imagesOf(found)).toEqual(['artefact core-module', 'stripped-core lowered-core'])
    expect(found.notes).toHaveLength(2)
  })

  it('with a start section has it as a function for the C proplets', async () => {
    const found = await inspector.inspect(example('hostile/start-loop.wasm'))
    expect(found.manifest.startSection).toBe(true)
    expect(found.notes[1]?.runs).toEqual([
      'C proplets (WAMR)',
      'C proplets call its start section as a function, before all others',
    ])
  })

  it('with more code than a microcontroller holds is told how to make it less', async () => {
    const found = await inspector.inspect(
      await parse(
        `(module (memory 1) (func (export "f")) (data (i32.const 0) "${'a'.repeat(65_000)}") (func (export "g") ${'(drop (i32.const 99999))'.repeat(400)}))`,
      ),
    )
    expect(found.notes[1]?.refused.at(-1)).toMatch(
      /^microcontrollers: \d+ bytes of code are more than most have; optimise/,
    )
  })

  it('with a memory of 4 GiB or a huge table is described, and noted', async () => {
    const memory = await inspector.inspect(example('hostile/memory-huge.wasm'))
    expect(memory.manifest.memory.minPages).toBe(65_536)
    expect(memory.notes[0]?.refused.join()).toMatch(/65536 pages \(4096 MiB\)/)
    const table = await inspector.inspect(example('hostile/table-huge.wasm'))
    expect(table.manifest.tableElements).toBe(10_000_000)
    expect(table.notes[0]?.refused.join()).toMatch(/10000000 elements/)
  })
})

it('takes a WASI 0.1 command for Linux, with its entry alone', async () => {
  const bytes = example('greet/greet.wasm')
  const found = await inspector.inspect(bytes)
  expectWhole(bytes, found)
  expect(found.manifest).toMatchObject({ kind: 'command', exports: [{ name: '_start', signature: 'func()' }] })
  expect(found.manifest.imports).toContainEqual({ module: 'wasi_snapshot_preview1', name: 'fd_write' })
  expect(imagesOf(found)).toEqual(['artefact wasi-command'])
  expect(found.notes[0]?.refused).toEqual(['C proplets (WAMR): they have no WASI 0.1'])
})

describe('a lowered core', () => {
  it('becomes a component for Linux and a stripped core for the C proplets', async () => {
    const bytes = example('values/values.wasm')
    const found = await inspector.inspect(bytes)
    expectWhole(bytes, found)
    expect(imagesOf(found)).toEqual(['component component', 'stripped-core lowered-core'])
    const [component, core] = found.manifest.images.map(({ digest }) => found.images.get(digest) as Uint8Array)
    expect(layerOf(component as Uint8Array)).toBe('component')
    expect(describeCore(core as Uint8Array)).toMatchObject({ custom: [] })
    expect(found.manifest.exports).toContainEqual({ name: 'fail', signature: 'func(reason:string)->result<_,string>' })
    expect(found.manifest.exports).toContainEqual({
      name: 'samara:values/sums#total',
      signature: 'func(values:list<s64>)->s64',
    })
    expect(found.manifest.world).toContain('export echo-variant')
  })

  it('pins each host function by its digest, and says who can run it', async () => {
    const found = await inspector.inspect(
      await loweredOf(`package t:t; world w { import wasi:i2c/i2c@0.2.0-draft; export run: func(); }
        package wasi:i2c@0.2.0-draft { interface i2c {
          enum source { address, data, unknown }
          variant error-code { bus, arbitration-loss, no-acknowledge(source), overrun, other }
          resource i2c { read: func(address: u16, len: u64) -> result<list<u8>, error-code>; } } }`),
    )
    const signature =
      'func(self:borrow<i2c>,address:u16,len:u64)->result<list<u8>,variant{bus,arbitration-loss,no-acknowledge(enum{address,data,unknown}),overrun,other}>'
    const module = 'wasi:i2c/i2c@0.2.0-draft'
    const name = '[method]i2c.read'
    expect(found.manifest.imports).toEqual([
      { module, name, signature, digest: functionDigest(module, name, parseSignature(signature)) },
    ])
    expect(found.notes.map(({ runs }) => runs)).toEqual([
      [`Linux proplets (V8) that offer ${module}`],
      [`C proplets (WAMR) that offer ${module}`],
    ])
  })

  it('may use the standard names', async () => {
    const bytes = await componentEmbed({
      binary: await parse(
        '(module (func (export "cm32p2||run") (result i32) i32.const 1) (memory (export "cm32p2_memory") 1))',
      ),
      witSource: 'package t:t; world w { export run: func() -> u32; }',
    })
    expect((await inspector.inspect(bytes)).manifest.exports).toEqual([{ name: 'run', signature: 'func()->u32' }])
  })
})

describe('a component', () => {
  it('runs on Linux as it is', async () => {
    const bytes = example('values/values.component.wasm')
    const found = await inspector.inspect(bytes)
    expectWhole(bytes, found)
    expect(found.manifest).toMatchObject({ kind: 'component', memory: { minPages: 1, grows: true } })
    expect(imagesOf(found)).toEqual(['artefact component', 'stripped-core lowered-core'])
    expect(found.notes.map(({ runs }) => runs)).toEqual([['Linux proplets (V8)'], ['C proplets (WAMR)']])
  })

  it('of several modules runs on Linux alone, and says why', async () => {
    const found = await inspector.inspect(example('shout-js/shout-js.wasm'))
    expect(imagesOf(found)).toEqual(['artefact component'])
    expect(found.notes[0]?.refused).toEqual([
      'C proplets (WAMR): it is composed of 3 core modules with a memory each, as JavaScript with its engine is; upload one core module',
    ])
  })

  it('may be a command of WASI 0.2', async () => {
    const { manifest } = await inspector.inspect(example('component-command/component-command.wasm'))
    expect(manifest.exports).toEqual([{ name: 'wasi:cli/run@0.2.0#run', signature: 'func()->result' }])
    expect(manifest.imports.map(({ module }) => module)).toContain('wasi:cli/environment@0.2.6')
  })

  it('that wants files or sockets is told that nothing is open', async () => {
    const wit = `package t:t; world w { import wasi:filesystem/preopens@0.2.6; export run: func(); }
      package wasi:filesystem@0.2.6 { interface preopens { get-directories: func() -> list<string>; } }`
    const found = await inspector.inspect(await componentNew(await loweredOf(wit)))
    expect(found.notes[0]?.runs).toEqual([
      'Linux proplets (V8)',
      expect.stringMatching(/wasi:filesystem\/preopens@0.2.6: only what is granted; nothing is preopened/),
    ])
  })
})

describe('refuses', () => {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  const wat = (text: string) => () => parse(text)
  const file = (path: string) => async () => example(`hostile/${path}.wasm`)
  const bytes =
    (...list: number[]) =>
    async () =>
      Uint8Array.from(list)
  const lowered = (wit: string) => () => loweredOf(wit)
  const wrapped = (wit: string) => async () => await componentNew(await loweredOf(wit))
  const http = `package t:t; world w { import wasi:http/types@0.2.6; export run: func(); }
    package wasi:http@0.2.6 { interface types { f: func(); } }`
  const third = `package t:t; world w { import wasi:clocks/monotonic-clock@0.3.0; export run: func(); }
    package wasi:clocks@0.3.0 { interface monotonic-clock { now: func() -> u64; } }`
  const rows: [string, () => Promise<Uint8Array>, string, RegExp][] = [
    ['nothing', bytes(), 'INVALID_ARGUMENT', /0 bytes/],
    ['wrong magic', bytes(0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 0), 'INVALID_ARGUMENT', /7f454c46/],
    ['WAT text', async () => Buffer.from('(module (func (export "f")))'), 'INVALID_ARGUMENT', /WebAssembly text/],
    ['a cut module', async () => example('add/add.wasm').slice(0, 100), 'INVALID_ARGUMENT', /left|early/],
    ['a cut component', async () => example('values/values.component.wasm').slice(0, 9000), 'INVALID_ARGUMENT', /left/],
    [
      '2^32-1 functions',
      bytes(...header, 3, 5, 0xff, 0xff, 0xff, 0xff, 0x0f),
      'INVALID_ARGUMENT',
      /4294967295 functions/,
    ],
    [
      'code that does not validate',
      bytes(...header, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10, 4, 1, 2, 0, 0x0b),
      'INVALID_ARGUMENT',
      /does not validate/,
    ],
    ['nothing to call', wat('(module (memory 1))'), 'UNSUPPORTED', /exports no function/],
    ['a component with nothing to call', wat('(component)'), 'UNSUPPORTED', /exports no function/],
    ['any other import', file('secret-import'), 'UNSUPPORTED', /"env.secret", which no proplet provides/],
    [
      'ten other imports',
      wat(`(module ${Array.from({ length: 10 }, (_, i) => `(import "env" "f${i}" (func))`).join('')})`),
      'UNSUPPORTED',
      /"env.f7" and 2 more/,
    ],
    [
      'WIT imports without their types',
      wat('(module (import "wasi:i2c/i2c@0.2.0-draft" "[method]i2c.read" (func)))'),
      'UNSUPPORTED',
      /i2c.read"\), but its component-type section is missing/,
    ],
    [
      'standard names without their types',
      wat('(module (import "cm32p2|wasi:i2c/i2c@0.2" "i2c_drop" (func)))'),
      'UNSUPPORTED',
      /component-type section is missing/,
    ],
    [
      'a WASI 0.1 library',
      wat('(module (import "wasi_snapshot_preview1" "fd_write" (func)) (func (export "f")))'),
      'UNSUPPORTED',
      /must be a command/,
    ],
    ['quotes in an export', file('glue-injection-export'), 'UNSUPPORTED', /has a quote/],
    ['quotes in an import', file('glue-injection-import'), 'UNSUPPORTED', /has a quote/],
    ['quotes in a nested component', file('glue-injection-nested'), 'UNSUPPORTED', /has a quote/],
    ['quotes in a plain core module', wat('(module (func (export "a\'b")))'), 'UNSUPPORTED', /has a quote/],
    ['memory64', wat('(module (memory i64 1) (func (export "f")))'), 'UNSUPPORTED', /memory64/],
    ['shared memory', wat('(module (memory 1 2 shared) (func (export "f")))'), 'UNSUPPORTED', /shared/],
    ['wasi:http', wrapped(http), 'UNSUPPORTED', /wasi:http\/types@0.2.6; HTTP is not offered/],
    ['wasi:http in a lowered core', lowered(http), 'UNSUPPORTED', /wasi:http/],
    ['WASI 0.3', wrapped(third), 'UNSUPPORTED', /wasi:clocks\/monotonic-clock@0.3.0; WASI 0.3 is not supported/],
    ['async functions', wrapped('package t:t; world w { export f: async func(); }'), 'UNSUPPORTED', /async/],
    [
      'a type section that is not one',
      wat('(module (func (export "f")) (@custom "component-type" "nonsense"))'),
      'INVALID_ARGUMENT',
      /module: /,
    ],
    [
      'a world that the code does not have',
      async () =>
        await componentEmbed({
          binary: await parse('(module)'),
          witSource: 'package t:t; world w { export f: func(); }',
        }),
      'INVALID_ARGUMENT',
      /failed to find export|missing|export/,
    ],
    ['too many bytes', async () => new Uint8Array(MAX_MODULE_BYTES + 1), 'TOO_LARGE', /67108865 bytes/],
  ]
  it.each(rows)('%s', async (_, make, code, words) => {
    const error = await refusal(await make())
    expect(error.message).toMatch(words)
    expect(error.code).toBe(code)
  })

  it('a component whose code does not validate', async () => {
    const good = await parse(`(component (core module $m (func (export "run") (result i32) i32.const 7))
      (core instance $i (instantiate $m)) (func (export "run") (result u32) (canon lift (core func $i "run"))))`)
    const at = Buffer.from(good).indexOf(Buffer.from([0x41, 7, 0x0b]))
    const bad = good.slice()
    bad.set([0x01, 0x01], at)
    expect(await refusal(bad)).toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

describe('the process that looks at components', () => {
  /** A clock whose deadlines pass at once. */
  const impatient: Clock = { ...realClock, after: (_, fn) => realClock.after(0, fn) }

  it('is killed at its deadline', async () => {
    const hurried = createInspector({ clock: impatient, timeoutMs: 5 })
    await expect(hurried.inspect(example('values/values.wasm'))).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    await hurried.close()
  })

  it('serves one after the other, and refuses when too many wait', async () => {
    const small = createInspector({ clock: realClock, maxWaiting: 1 })
    const bytes = example('hostile/component-loop.wasm')
    const all = await Promise.allSettled([1, 2, 3].map(() => small.inspect(bytes)))
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(all[2]).toMatchObject({ reason: { code: 'RESOURCE_EXHAUSTED' } })
    await small.close()
  })

  it('ends with the inspector, and core modules need none', async () => {
    const closing = createInspector({ clock: realClock })
    const pending = closing.inspect(example('values/values.wasm')).catch((error) => error)
    await closing.close()
    expect(await pending).toMatchObject({ code: 'CANCELLED' })
    expect((await closing.inspect(example('add/add.wasm'))).manifest.kind).toBe('core')
  })
})

it('agrees with the tools on which examples grow their memory', async () => {
  const paths = [
    'add/add',
    'greet/greet',
    'fib-as/fib-as',
    'line-stats/line-stats',
    'values/values',
    'ticker/ticker',
    'hostile/memory-bomb',
  ]
  for (const path of paths) {
    const bytes = example(`${path}.wasm`)
    expect([path, describeCore(bytes).growsMemory]).toEqual([path, (await print(bytes)).includes('memory.grow')])
  }
})

describe('devices that a module asks for', () => {
  const temperature = { device: 'line1-temp', kind: 'i2c', access: 'read', addresses: [0x76] } as const

  it('stand in its manifest', async () => {
    const found = await inspector.inspect(addDevices(example('add/add.wasm'), [temperature]))
    expect(found.manifest.devices).toEqual([temperature])
    expectWhole(addDevices(example('add/add.wasm'), [temperature]), found)
  })

  it('may have been brought into a component by its core', async () => {
    const lowered = addDevices(await loweredOf('package t:t; world w { export run: func(); }'), [temperature])
    const component = await componentNew(lowered, [])
    expect((await inspector.inspect(component)).manifest.devices).toEqual([temperature])
  })

  it('are those of the component where its core says something else', async () => {
    const lowered = addDevices(await loweredOf('package t:t; world w { export run: func(); }'), [temperature])
    const component = addDevices(await componentNew(lowered, []), [])
    expect((await inspector.inspect(component)).manifest.devices).toEqual([])
  })

  it('that are wrong refuse the upload by their key', async () => {
    const text = '{"devices":{"line1-temp":{"kind":"i3c","access":"read"}}}'
    const bytes = await parse(`(module (func (export "f")) (@custom "samara:devices" ${JSON.stringify(text)}))`)
    expect((await refusal(bytes)).message).toMatch(/devices\.line1-temp\.kind: "i3c" is not one of/)
  })
})

describe('a guest of Rust that was made without the template for microcontrollers', () => {
  it('is recognised, and told what to change', async () => {
    const found = await inspector.inspect(example('i2c-scan/i2c-scan.wasm'))
    expect(found.manifest).toMatchObject({ memory: { minPages: 17, grows: true }, stackBytes: 1_048_576 })
    expect(found.mends).toEqual([
      expect.stringMatching(/memory\.grow.*Rust guest.*no_std/),
      '1048576 bytes of it are its stack; link with -C link-arg=-zstack-size=4096',
    ])
    expect(found.notes[1]?.refused).toEqual([
      `microcontrollers: 1114112 bytes of linear memory are more than most have; ${found.mends.join('; ')}`,
    ])
  })

  it('is told which target to build for where it came as a component', async () => {
    const found = await inspector.inspect(example('i2c-scan/i2c-scan.component.wasm'))
    expect(found.notes[0]?.runs).toEqual(['Linux proplets (V8) that offer wasi:i2c/i2c@0.2.0-draft'])
    expect(found.notes[0]?.refused).toEqual([
      expect.stringMatching(/imports wasi:.*; build for wasm32-unknown-unknown/),
    ])
  })

  it('fits with it', async () => {
    const found = await inspector.inspect(example('thermostat/thermostat.wasm'))
    expect(found.mends).toEqual([])
    expect(found.manifest.dataBytes).toBeLessThanOrEqual(4096)
    expect(found.notes[1]?.refused).toEqual([])
  })
})

describe('host functions in a shape that nobody offers', () => {
  const usb = readFileSync(new URL('../../../shared/wit/component-usb.wit', import.meta.url), 'utf8').replace(
    'world guest {',
    'world guest { export run: func();',
  )
  const borrowing = usb.replace('await-transfer: func(xfer: transfer)', 'await-transfer: func(xfer: borrow<transfer>)')

  it.each([
    ['a lowered core', (bytes: Uint8Array) => bytes],
    ['a component', (bytes: Uint8Array) => componentNew(bytes, [])],
  ])('are refused with the difference: %s', async (_, make) => {
    const error = await refusal(await make(await loweredOf(borrowing)))
    expect(error.code).toBe('UNSUPPORTED')
    expect(error.message).toBe(
      'module: asks for host functions that are not offered: component:usb/transfers@0.2.1#await-transfer: func(xfer:borrow<transfer>)->… asked for, func(xfer:own<transfer>)->… offered',
    )
  })

  it('are accepted where the shape is ours, though for Linux alone', async () => {
    const found = await inspector.inspect(await loweredOf(usb))
    expect(imagesOf(found)).toEqual(['component component'])
    expect(found.notes[0]?.refused).toContain('C proplets (WAMR): they do not offer component:usb/device@0.2.1')
  })
})
