import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SamaraError } from '../../../shared/errors.ts'
import { describeCore } from '../../../shared/wasm/core-module.ts'
import { hasSafeNames, isSafeName, unsafeName } from '../../../shared/wasm/names.ts'
import { layerOf, leb, MAX_NAME_BYTES } from '../../../shared/wasm/sections.ts'

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const section = (id: number, ...payload: number[]): number[] => [id, ...leb(payload.length), ...payload]
const binary = (...sections: number[][]): Uint8Array => Uint8Array.from([...header, ...sections.flat()])
const name = (text: string): number[] => [...leb(Buffer.byteLength(text)), ...Buffer.from(text)]

function refusal(bytes: Uint8Array): SamaraError {
  try {
    describeCore(bytes)
  } catch (error) {
    if (error instanceof SamaraError) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('describeCore', () => {
  it('names imports and exports with their types', async () => {
    const bytes = await parse(`(module
      (import "env" "log" (func (param i32 i64) (result f64)))
      (import "env" "state" (global (mut i32)))
      (memory (export "memory") 2 8)
      (table (export "table") 3 funcref)
      (global (export "heap") i32 (i32.const 0))
      (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
      (export "again" (func 0)))`)
    const core = describeCore(bytes)
    expect(core.imports).toEqual([
      { module: 'env', name: 'log', type: { kind: 'func', params: ['i32', 'i64'], results: ['f64'] } },
      { module: 'env', name: 'state', type: { kind: 'global', type: 'i32' } },
    ])
    expect(core.exports.map((one) => [one.name, one.type.kind])).toEqual([
      ['memory', 'memory'],
      ['table', 'table'],
      ['heap', 'global'],
      ['add', 'func'],
      ['again', 'func'],
    ])
    expect(core.exports[3]?.type).toEqual({ kind: 'func', params: ['i32', 'i32'], results: ['i32'] })
    expect(core.exports[4]?.type).toEqual(core.imports[0]?.type)
    expect(core.memories).toEqual([{ min: 2, max: 8, shared: false, is64: false }])
    expect(core.tables).toEqual([{ min: 3, shared: false, is64: false }])
    expect(core.counts).toMatchObject({ functions: 1, globals: 1, code: 1 })
    expect(core).toMatchObject({ hasStart: false, growsMemory: false, hasComponentType: false })
  })

  it('sees a start section, custom sections and the component type among them', async () => {
    const bytes = await parse('(module (func) (start 0) (@custom "component-type:x" "ab") (@custom "producers" ""))')
    const core = describeCore(bytes)
    expect(core.hasStart).toBe(true)
    expect(core.hasComponentType).toBe(true)
    expect(core.custom.map((one) => one.name)).toEqual(['component-type:x', 'producers'])
  })

  it('flags memory64 and shared memory', async () => {
    expect(describeCore(await parse('(module (memory i64 1))')).memories[0]).toMatchObject({ is64: true })
    expect(describeCore(await parse('(module (memory 1 2 shared))')).memories[0]).toMatchObject({ shared: true })
    expect(describeCore(await parse('(module (memory 1) (memory 2))')).memories).toHaveLength(2)
  })

  const growth: [string, boolean][] = [
    ['(func (result i32) i32.const 1 memory.grow)', true],
    ['(func block end unreachable)', false],
    ['(func (local i32) i32.const 64 i64.const -64 drop drop)', false],
    ['(func f32.const 2.0 f64.const 3.0 drop drop)', false],
    ['(func i32.const 0 br_table 0 0)', false],
    ['(func i32.const 0 i32.const 64 i32.const 1 memory.fill)', false],
    ['(func i32.const 0 v128.load offset=64 i8x16.extract_lane_s 3 drop)', false],
    ['(func v128.const i64x2 0x4040404040404040 0x4040404040404040 drop)', false],
    ['(func i32.const 0 i32.const 0 i32.atomic.store offset=64 atomic.fence)', false],
    ['(func i32.const 1 i32.const 2 i32.const 0 select (result i32) drop)', false],
    ['(func (block $b (try_table (catch_all $b) nop)))', false],
    ['(func ref.null func drop (if (i32.const 1) (then (drop (memory.grow (i32.const 1))))))', true],
    ['(func v128.const i64x2 1 2 drop) (func (drop (memory.grow (i32.const 1))))', true],
  ]
  it.each(growth)('knows whether %s grows the memory', async (code, grows) => {
    expect(describeCore(await parse(`(module (memory 1) ${code})`)).growsMemory).toBe(grows)
  })
})

describe('hostile bytes', () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0x0f]
  const type = section(1, 1, 0x60, 0, 0)
  const rows: [string, Uint8Array, string, RegExp][] = [
    ['nothing', new Uint8Array(), 'INVALID_ARGUMENT', /0 bytes/],
    ['half a header', Uint8Array.from(header.slice(0, 6)), 'INVALID_ARGUMENT', /6 bytes/],
    ['wrong magic', Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 1, 0, 0, 0]), 'INVALID_ARGUMENT', /7f454c46/],
    ['WAT text', Buffer.from('  (module (func))'), 'INVALID_ARGUMENT', /WebAssembly text/],
    ['another version', Uint8Array.from([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]), 'UNSUPPORTED', /version 2/],
    ['an old component', Uint8Array.from([0, 0x61, 0x73, 0x6d, 12, 0, 1, 0]), 'UNSUPPORTED', /version 12, 13/],
    ['a component', Uint8Array.from([0, 0x61, 0x73, 0x6d, 13, 0, 1, 0]), 'INVALID_ARGUMENT', /is a component/],
    ['a section past the end', binary([1, 5, 0]), 'INVALID_ARGUMENT', /section 1 at byte 8 has 5 bytes, 1 left/],
    ['a section of 4 GiB', binary([1, ...huge]), 'INVALID_ARGUMENT', /4294967295 bytes/],
    ['a size of six bytes', binary([1, 0x80, 0x80, 0x80, 0x80, 0x80, 0]), 'INVALID_ARGUMENT', /too long|32 bits/],
    ['a size of 33 bits', binary([1, 0xff, 0xff, 0xff, 0xff, 0x1f]), 'INVALID_ARGUMENT', /not 32 bits/],
    ['an unknown section', binary(section(14)), 'INVALID_ARGUMENT', /section 14/],
    ['a double section', binary(type, type), 'INVALID_ARGUMENT', /double/],
    ['sections out of order', binary(section(3, 0), type), 'INVALID_ARGUMENT', /out of order/],
    ['2^32-1 types', binary(section(1, ...huge)), 'INVALID_ARGUMENT', /4294967295 types/],
    ['2^32-1 functions', binary(type, section(3, ...huge)), 'INVALID_ARGUMENT', /4294967295 functions/],
    ['2^32-1 imports', binary(section(2, ...huge)), 'INVALID_ARGUMENT', /4294967295 imports/],
    ['2^32-1 exports', binary(section(7, ...huge)), 'INVALID_ARGUMENT', /4294967295 exports/],
    ['2^32-1 parameters', binary(section(1, 1, 0x60, ...huge)), 'INVALID_ARGUMENT', /4294967295 values/],
    ['2^32-1 bodies', binary(section(10, ...huge)), 'INVALID_ARGUMENT', /4294967295 function bodies/],
    [
      'a body past the end',
      binary(type, section(3, 1, 0), section(10, 1, 9, 0, 0x0b)),
      'INVALID_ARGUMENT',
      /ends after/,
    ],
    ['functions without bodies', binary(type, section(3, 1, 0)), 'INVALID_ARGUMENT', /1 functions, but 0 bodies/],
    ['an unknown type', binary(type, section(2, 1, ...name('a'), ...name('b'), 0, 7)), 'INVALID_ARGUMENT', /type 7/],
    ['an unknown value type', binary(section(1, 1, 0x60, 1, 0x11, 0)), 'INVALID_ARGUMENT', /value type 0x11/],
    ['a garbage-collected type', binary(section(1, 1, 0x5f, 0, 0)), 'UNSUPPORTED', /garbage-collected/],
    ['a page size of its own', binary(section(5, 1, 8, 1, 0)), 'UNSUPPORTED', /page size/],
    ['a maximum below the minimum', binary(section(5, 1, 1, 2, 1)), 'INVALID_ARGUMENT', /starts with 2 and may have 1/],
    [
      'a double export',
      binary(type, section(3, 1, 0), section(7, 2, ...name('a'), 0, 0, ...name('a'), 0, 0), section(10, 1, 2, 0, 0x0b)),
      'INVALID_ARGUMENT',
      /twice/,
    ],
    ['an export of nothing', binary(section(7, 1, ...name('a'), 0, 0)), 'INVALID_ARGUMENT', /func 0 does not exist/],
    ['bytes after the exports', binary(section(7, 0, 0)), 'INVALID_ARGUMENT', /1 bytes after/],
    [
      'a name of 64 KiB',
      binary(section(0, ...name('x'.repeat(65_536)))),
      'UNSUPPORTED',
      new RegExp(`${MAX_NAME_BYTES}`),
    ],
    ['a name past its section', binary(section(0, 9, 0x61)), 'INVALID_ARGUMENT', /9 bytes wanted/],
    ['a name that is not UTF-8', binary(section(0, 2, 0xc3, 0x28)), 'INVALID_ARGUMENT', /UTF-8/],
    [
      'ten thousand memories',
      binary(section(5, ...leb(10_000), ...new Array(20_000).fill(0))),
      'UNSUPPORTED',
      /10000 memories/,
    ],
  ]
  it.each(rows)('refuse %s', (_, bytes, code, words) => {
    const error = refusal(bytes)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(words)
  })

  it('give a description or a SamaraError wherever a module is cut or changed', async () => {
    const whole = await parse(`(module (import "a" "b" (func (param i32))) (memory 1 2) (table 1 funcref)
      (func (export "f") (param i64) (result f32) block end f32.const 1) (data (i32.const 0) "xyz") (@custom "n" "abc"))`)
    const changed = fc.tuple(
      fc.nat(whole.length),
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
    )
    fc.assert(
      fc.property(changed, ([length, changes]) => {
        const bytes = whole.slice(0, length)
        for (const [at, value] of changes) if (at < length) bytes[at] = value
        try {
          describeCore(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(SamaraError)
        }
      }),
      { numRuns: 5000 },
    )
  })
})

describe('names', () => {
  const unsafe = [
    "x'+1+'",
    'a"b',
    'a`b',
    'a\\b',
    'a\nb',
    'a\u0000b',
    'a\u007fb',
    'a\u0085b',
    'a\u2028b',
    'a\u2029b',
    `a${'$'}{b}`,
  ]
  it.each(unsafe)('refuse %j', (text) => expect(isSafeName(text)).toBe(false))

  const safe = [
    'run',
    '[method]i2c.read',
    'wasi:i2c/i2c@0.2.0-draft',
    'cm32p2||run',
    'cabi_post_run',
    '$root',
    'ünïcode',
    '{}',
  ]
  it.each(safe)('accept %j', (text) => expect(isSafeName(text)).toBe(true))

  it('are looked at in import modules, import names and export names', async () => {
    const of = async (text: string) => describeCore(await parse(`(module ${text})`))
    expect(unsafeName(await of('(import "a\'" "b" (func))'))).toBe("a'")
    expect(unsafeName(await of('(import "a" "b`" (func))'))).toBe('b`')
    expect(unsafeName(await of('(func (export "x\\\\"))'))).toBe('x\\')
    expect(hasSafeNames(await of('(func (export "x"))'))).toBe(true)
  })
})

it('tells components from core modules', async () => {
  expect(layerOf(await parse('(module)'))).toBe('core')
  expect(layerOf(await parse('(component)'))).toBe('component')
})
