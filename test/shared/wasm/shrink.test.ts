import { readFileSync } from 'node:fs'
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import { describe, expect, it } from 'vitest'
import { describeCore } from '../../../shared/wasm/core-module.ts'
import { readExportRows, readGlobals } from '../../../shared/wasm/core-parts.ts'
import { type Shrunk, shrinkMemory } from '../../../shared/wasm/shrink.ts'

type Exports = Record<string, (...args: number[]) => number> & Record<string, { readonly value: number }>
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Module: new (bytes: Uint8Array) => object
    Instance: new (module: object) => { readonly exports: Exports }
  }
}

const shrink = async (text: string): Promise<Shrunk> => {
  const bytes = new Uint8Array(await parse(text))
  return shrinkMemory(bytes, describeCore(bytes))
}
const run = ({ bytes }: Shrunk): Exports => new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports

/** What a compiler makes of a function that keeps an array of its own on the stack. */
const FRAME = `(func (export "run") (param i32) (result i32) (local i32)
  global.get 0 i32.const 32 i32.sub local.tee 1 global.set 0
  local.get 1 local.get 0 i32.store
  local.get 1 i32.load
  local.get 1 i32.const 32 i32.add global.set 0)`
const STACK = '(global (mut i32) (i32.const 2128))'
const EXPORTED = `(global (export "__data_end") i32 (i32.const 1104)) (global (export "__heap_base") i32 (i32.const 2128))`

/** The rule by which WAMR cuts, and what it then takes for the stack: read in its loader. */
function asWamr(bytes: Uint8Array): { readonly bytes: number; readonly stackGlobal: number | undefined } | undefined {
  const core = describeCore(bytes)
  const globals = readGlobals(bytes, 0)
  const constant = (name: string) =>
    globals.find(
      ({ index, mutable }) =>
        !mutable && readExportRows(bytes).some((one) => one.name === name && one.kind === 3 && one.index === index),
    )?.constant
  const [heapBase, dataEnd] = [constant('__heap_base'), constant('__data_end')]
  if (heapBase === undefined || dataEnd === undefined || core.growsMemory || core.readsMemorySize) return undefined
  if (Math.ceil(dataEnd / 16) * 16 > heapBase) return undefined
  const stack = globals.find((one) => one.mutable && one.constant !== undefined && one.constant <= heapBase)
  return { bytes: Math.ceil(heapBase / 8) * 8, stackGlobal: stack?.constant ? stack.index : undefined }
}

describe('linear memory is cut', () => {
  it('where the module says where it ends, which WAMR reads by itself', async () => {
    const found = await shrink(`(module (memory 1) ${STACK} ${EXPORTED} ${FRAME} (data (i32.const 1024) "abcd"))`)
    expect(found).toMatchObject({ added: false, dataBytes: 2128, stackBytes: 1024 })
    expect(asWamr(found.bytes)).toEqual({ bytes: 2128, stackGlobal: 0 })
  })

  it('where the stack comes last, whose top is the end: as a linker of C lays it out', async () => {
    const found = await shrink(`(module (memory 2) ${STACK} ${FRAME} (data (i32.const 1024) "abcd"))`)
    expect(found).toMatchObject({ added: true, dataBytes: 2128 })
    expect(asWamr(found.bytes)).toEqual({ bytes: 2128, stackGlobal: 0 })
    expect(run(found)).toMatchObject({ __heap_base: { value: 2128 }, __data_end: { value: 1028 } })
    expect(run(found).run?.(7)).toBe(7)
  })

  it('where only the heap base is exported', async () => {
    const found = await shrink(
      '(module (memory 1) (global (export "__heap_base") i32 (i32.const 1100)) (func (export "f")) (data (i32.const 1024) "abcd"))',
    )
    expect(found).toMatchObject({ added: true, dataBytes: 1104 })
    expect(asWamr(found.bytes)?.bytes).toBe(1104)
  })

  it('where data end and heap base are the same odd address, which WAMR by itself would not take', async () => {
    const text =
      '(module (memory 1) (global $end i32 (i32.const 1036)) (export "__heap_base" (global $end)) (export "__data_end" (global $end)) (func (export "f")) (data (i32.const 1030) "abcd"))'
    expect(asWamr(new Uint8Array(await parse(text)))).toBeUndefined()
    const found = await shrink(text)
    expect(found).toMatchObject({ added: true, dataBytes: 1040 })
    expect(asWamr(found.bytes)?.bytes).toBe(1040)
  })

  it('where the names of its globals say it, as a debugger would read them', async () => {
    const found = await shrink(
      '(module (memory 1) (global $~lib/memory/__heap_base i32 (i32.const 1280)) (func (export "f")) (data (i32.const 1036) "abcd"))',
    )
    expect(found).toMatchObject({ added: true, dataBytes: 1280 })
  })

  it('and everything else stays as it was', async () => {
    const text = `(module (memory 1) ${STACK} ${FRAME} (func (export "two") (result i32) i32.const 2) (table 2 funcref) (elem (i32.const 0) func 0 1) (data (i32.const 1024) "abcd"))`
    const before = describeCore(new Uint8Array(await parse(text)))
    const after = describeCore((await shrink(text)).bytes)
    expect(after).toMatchObject({ memories: before.memories, tables: before.tables, imports: before.imports })
    expect(after.counts).toEqual({ ...before.counts, globals: before.counts.globals + 2 })
    expect(after.exports.map(({ name }) => name)).toEqual(['run', 'two', '__data_end', '__heap_base'])
  })

  it.each([
    'add/add.wasm',
    'ticker/ticker.wasm',
    'line-stats/line-stats.wasm',
    'thermostat/thermostat.wasm',
    'vibration/vibration.wasm',
    'eeprom-logger/eeprom-logger.wasm',
  ])('in the example %s', (path) => {
    const bytes = new Uint8Array(readFileSync(new URL(`../../../examples/${path}`, import.meta.url)))
    const found = shrinkMemory(bytes, describeCore(bytes))
    expect(found.kept).toBeUndefined()
    expect(asWamr(found.bytes)?.bytes).toBe(found.dataBytes)
  })
})

describe('linear memory stays whole, and the reason says why', () => {
  const data = '(data (i32.const 1024) "abcd")'
  it.each([
    ['it grows', `${STACK} ${EXPORTED} (func (export "f") (drop (memory.grow (i32.const 1))))`, /memory\.grow/],
    ['it asks for its size', `${STACK} ${EXPORTED} (func (export "f") (drop (memory.size)))`, /memory\.size/],
    ['nothing says where it ends', `(func (export "f"))`, /not known; link with -Wl,--export=__heap_base/],
    [
      'its stack comes first, and zeroed data may follow unseen',
      `${STACK} ${FRAME} (data (i32.const 2128) "abcd")`,
      /stack comes first/,
    ],
    ['its stack comes first or last: there is no data', `${STACK} ${FRAME}`, /stack comes first/],
    [
      'a counter looks like a stack pointer',
      `${STACK} (func (export "f") (global.set 0 (i32.sub (global.get 0) (i32.const 16)))) ${data}`,
      /not known/,
    ],
    [
      'a counter of odd steps looks like a stack pointer',
      `${STACK} (func (export "f") (local i32) (global.set 0 (local.tee 0 (i32.sub (global.get 0) (i32.const 5))))) ${data}`,
      /not known/,
    ],
    [
      'a variable would be taken for the stack pointer',
      `(global (mut i32) (i32.const 5)) ${EXPORTED} (func (export "f") (global.set 0 (i32.const 900))) ${data}`,
      /variable global 0, which starts with 5/,
    ],
    [
      'its code takes memory from its end',
      `${STACK} ${EXPORTED} (func (export "f") (result i32) (i32.load (i32.const 2128))) ${data}`,
      /uses the address 2128/,
    ],
    [
      'its data points to its end',
      `${STACK} ${EXPORTED} (func (export "f")) (data (i32.const 1022) "ab\\50\\08\\00\\00")`,
      /uses the address 2128/,
    ],
    [
      'the end that it names is inside its data',
      `${EXPORTED} (func (export "f")) (data (i32.const 2126) "abcd")`,
      /contradict/,
    ],
    [
      'the end that it names is inside its stack',
      `${STACK} (global (export "__heap_base") i32 (i32.const 2064)) ${FRAME} ${data}`,
      /contradict/,
    ],
    [
      'the end that it names is outside of its memory',
      '(global (export "__heap_base") i32 (i32.const 70000)) (func (export "f"))',
      /contradict/,
    ],
    ['the name of its end is a function', '(func (export "__heap_base"))', /export __heap_base is no constant/],
    [
      'the name of its end is a variable',
      '(global (export "__heap_base") (mut i32) (i32.const 64)) (func (export "f"))',
      /export __heap_base is no constant/,
    ],
    ['its data has no fixed place', `${EXPORTED} (func (export "f")) (data "abcd")`, /only the running module knows/],
  ])('%s', async (_, text, why) => {
    const found = await shrink(`(module (memory 1) ${text})`)
    expect(found.kept).toMatch(why)
    expect(found.dataBytes).toBeUndefined()
    expect(asWamr(found.bytes)).toBeUndefined()
    new WebAssembly.Module(found.bytes)
  })

  it('but an address that is only compared with is no use of it', async () => {
    const compares = '(func (export "f") (param i32) (result i32) (i32.gt_u (local.get 0) (i32.const 2128)))'
    const turned = '(func (export "g") (param i32) (result i32) (i32.lt_u (i32.const 2128) (local.get 0)))'
    const found = await shrink(`(module (memory 1) ${STACK} ${EXPORTED} ${compares} ${turned} ${data})`)
    expect(found).toMatchObject({ dataBytes: 2128 })
  })

  it('and its stack is still known, so that a linker can be told', async () => {
    const text = `(module (memory 17) (global (mut i32) (i32.const 1048576)) ${FRAME} (func (export "g") (drop (memory.grow (i32.const 1)))) (data (i32.const 1048576) "abcd"))`
    expect(await shrink(text)).toMatchObject({ kept: expect.stringMatching(/memory\.grow/), stackBytes: 1_048_576 })
  })

  it('without a word where there is none', async () => {
    expect(await shrink('(module (func (export "f")))')).toEqual({ bytes: expect.anything(), added: false })
  })
})
