import { afterAll, beforeAll, expect, test } from 'vitest'
import { Float, type Item } from '../../../shared/cbor.ts'
import { example, type Rig, rig, subject, wat } from './fixtures.ts'

let it: Rig
beforeAll(() => {
  it = rig({ size: 1 })
})
afterAll(() => it.close())

const point = 'record{x:f64,y:f64}'
const label = `record{text:string,at:${point},weight:option<u8>}`
const days = 'flags{monday,tuesday,wednesday,thursday,friday,saturday,sunday,public-holiday,day-off,half-day,on-call}'
const f64 = (value: number) => new Float(value, 64)

/** Export, type, value: each comes back as it went. */
const echoes: readonly (readonly [string, string, Item])[] = [
  ['echo-bool', 'bool', true],
  ['echo-s8', 's8', -128],
  ['echo-s16', 's16', -32_768],
  ['echo-s32', 's32', -2_147_483_648],
  ['echo-s64', 's64', -9_223_372_036_854_775_808n],
  ['echo-u8', 'u8', 255],
  ['echo-u16', 'u16', 65_535],
  ['echo-u32', 'u32', 4_294_967_295],
  ['echo-u64', 'u64', 18_446_744_073_709_551_615n],
  ['echo-f32', 'f32', new Float(0.5, 32)],
  ['echo-f64', 'f64', f64(0.1)],
  ['echo-char', 'char', '𝄞'],
  ['echo-string', 'string', 'grüße 𝄞'],
  ['echo-list-u8', 'list<u8>', Uint8Array.of(0, 1, 255)],
  ['echo-list-string', 'list<string>', ['a', '', 'ß']],
  [
    'echo-list-result',
    'list<result<string,u32>>',
    [
      [0, 'fine'],
      [1, 7],
    ],
  ],
  ['echo-record', label, ['here', [f64(1), f64(-2.5)], [9]]],
  ['echo-variant', `variant{empty,circle(f64),polygon(list<${point}>),named(${label})}`, [1, f64(2)]],
  ['echo-enum', 'enum{red,green,dark-blue}', 2],
  ['echo-flags', days, 0b101_0000_0001],
  ['echo-option', 'option<string>', null],
  ['echo-option-option', 'option<option<u32>>', [null]],
  ['echo-result', 'result<string,u32>', [0, 'fine']],
  ['echo-result', 'result<string,u32>', [1, 404]],
  ['echo-result-empty', 'result', [1, null]],
  ['echo-tuple', 'tuple<u32,string,bool>', [1, 'two', false]],
]

test.each(echoes)('%s of a component gives back %s', async (name, type, value) => {
  const values = subject(example('values/values.component.wasm'), 'component', {
    [name]: `func(value:${type})->${type}`,
  })
  const result = await it.call(values, { args: [value] })
  expect(result.error).toBeUndefined()
  expect(result.value).toEqual(value)
})

test('calls a function of an exported interface', async () => {
  const values = subject(example('values/values.component.wasm'), 'component', {
    'samara:values/sums#total': 'func(values:list<s64>)->s64',
  })
  expect((await it.call(values, { args: [[1, 2, 39]] })).value).toBe(42)
})

test('a function that returns an error completes with it', async () => {
  const values = subject(example('values/values.component.wasm'), 'component', {
    fail: 'func(reason:string)->result<_,string>',
  })
  expect(await it.call(values, { args: ['tired'] })).toMatchObject({ outcome: 'completed', value: [1, 'tired'] })
  expect(await it.call(values, { args: [''] })).toMatchObject({ outcome: 'completed', value: [0, null] })
})

test('a function without a result completes without a value', async () => {
  const values = subject(example('values/values.component.wasm'), 'component', {
    'echo-none': 'func(value:string)',
    panic: 'func()',
  })
  const result = await it.call(values, { args: ['x'] })
  expect(result).toMatchObject({ outcome: 'completed' })
  expect(result).not.toHaveProperty('value')
  expect(await it.call(values, { export: 'panic' })).toMatchObject({ outcome: 'trapped' })
})

test.each([
  ['i32', 's32', -1],
  ['i64', 's64', -9_223_372_036_854_775_808n],
  ['f32', 'f32', new Float(0.25, 32)],
  ['f64', 'f64', f64(0.1)],
] as const)('an %s of a core module comes back', async (wasmType, type, value) => {
  const text = `(module (func (export "echo") (param ${wasmType}) (result ${wasmType}) (local.get 0)))`
  const echo = subject(await wat(text), 'core-module', { echo: `func(value:${type})->${type}` })
  expect((await it.call(echo, { args: [value] })).value).toEqual(value)
})
