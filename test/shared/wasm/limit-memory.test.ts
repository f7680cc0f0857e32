import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import { expect, it } from 'vitest'
import { isSamaraError } from '../../../shared/errors.ts'
import { describeCore } from '../../../shared/wasm/core-module.ts'
import { limitMemory, stripCustomSections } from '../../../shared/wasm/limit-memory.ts'

/** The engine is the judge here; Node's types have no WebAssembly of their own. */
type Exports = { grow(pages: number): number; memory: { buffer: ArrayBuffer }; growTable(count: number): number }
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: Exports }
}
const run = (bytes: Uint8Array): Exports => new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports

const caps = { maxPages: 4, maxTableElements: 100 }
const growing = (memory: string) =>
  parse(`(module ${memory}
  (func (export "grow") (param i32) (result i32) local.get 0 memory.grow))`)

it.each([
  ['no maximum', '(memory (export "memory") 1)', 4],
  ['a larger maximum', '(memory (export "memory") 1 100)', 4],
  ['a smaller maximum', '(memory (export "memory") 1 2)', 2],
  ['no room to grow', '(memory (export "memory") 4)', 4],
])('caps a memory with %s', async (_, memory, max) => {
  const bytes = limitMemory(await growing(memory), caps)
  expect(describeCore(bytes).memories[0]?.max).toBe(max)
  const { grow, memory: live } = run(bytes)
  expect(grow(5)).toBe(-1)
  expect(grow(max - live.buffer.byteLength / 65_536)).toBeGreaterThan(0)
  expect(live.buffer.byteLength).toBe(max * 65_536)
})

it('leaves everything else of the module as it is', async () => {
  const bytes = await growing('(memory (export "memory") 1) (data (i32.const 3) "abc") (@custom "keep" "me")')
  const limited = limitMemory(bytes, caps)
  const { custom, counts, growsMemory } = describeCore(bytes)
  expect(describeCore(limited)).toMatchObject({ custom, counts, growsMemory })
  expect(Buffer.from(run(limited).memory.buffer, 3, 3).toString()).toBe('abc')
  const empty = await parse('(module)')
  expect(limitMemory(empty, caps)).toEqual(new Uint8Array(empty))
})

it('caps all tables together', async () => {
  const bytes = await parse(`(module (table 10 funcref) (table 20 50 externref) (table 5 funcref)
    (func (export "growTable") (param i32) (result i32) ref.null extern local.get 0 table.grow 1))`)
  const limited = limitMemory(bytes, caps)
  expect(describeCore(limited).tables.map(({ min, max }) => [min, max])).toEqual([
    [10, 75],
    [20, 20],
    [5, 5],
  ])
  expect(run(limited).growTable(1)).toBe(-1)
})

it.each([
  ['a memory above the cap', '(memory 5)', 'RESOURCE_EXHAUSTED', /starts with 5 pages, at most 4/],
  ['4 GiB', '(memory 65536)', 'RESOURCE_EXHAUSTED', /65536 pages/],
  ['a table above the cap', '(table 101 funcref)', 'RESOURCE_EXHAUSTED', /101 elements, at most 100/],
  ['tables above the cap together', '(table 60 funcref) (table 60 funcref)', 'RESOURCE_EXHAUSTED', /120 elements/],
  ['a memory64', '(memory i64 1)', 'UNSUPPORTED', /memory64/],
  ['a shared memory', '(memory 1 2 shared)', 'UNSUPPORTED', /shared memory/],
  ['two memories', '(memory 1) (memory 1)', 'UNSUPPORTED', /2 memories/],
  ['an imported memory', '(import "env" "memory" (memory 1))', 'UNSUPPORTED', /"env.memory"/],
  ['a table64', '(table i64 1 funcref)', 'UNSUPPORTED', /table64/],
])('refuses %s', async (_, text, code, words) => {
  const bytes = await parse(`(module ${text})`)
  expect(() => limitMemory(bytes, caps)).toThrow(
    expect.toSatisfy((error) => isSamaraError(error) && error.code === code && words.test(error.message)),
  )
})

it('accepts an imported memory inside a component, where its owner is capped', async () => {
  const bytes = await parse('(module (import "env" "memory" (memory 1)))')
  expect(limitMemory(bytes, { ...caps, importedMemory: 'accept' })).toEqual(new Uint8Array(bytes))
})

it('strips every custom section and nothing else', async () => {
  const bytes = await parse(
    '(module (@custom "a" "1") (func (export "f")) (@custom "component-type" "2") (@custom "name" ""))',
  )
  const stripped = stripCustomSections(bytes)
  expect(stripped).toEqual(new Uint8Array(await parse('(module (func (export "f")))')).slice(0, stripped.length))
  expect(describeCore(stripped)).toMatchObject({ custom: [], exports: [{ name: 'f' }] })
})
