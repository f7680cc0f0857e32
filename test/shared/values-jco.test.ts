import { readFileSync } from 'node:fs'
import { transpileBytes } from '@bytecodealliance/jco-transpile'
import { beforeAll, expect, it } from 'vitest'
import { encodeItem, type Item } from '../../shared/cbor.ts'
import type { Signature } from '../../shared/signature.ts'
import { argsFromJson, camelCase, fromReturn, fromThrow, toJs, toJson } from '../../shared/values.ts'
import { describeComponent } from '../../shared/wasm/component.ts'

/** The table of values against the glue that it is written for: a component that gives back what it is given. */

type Instance = Readonly<Record<string, (...values: unknown[]) => unknown>>
type Glue = { instantiate(core: (path: string) => object, imports: object): Instance }
declare const WebAssembly: { Module: new (bytes: Uint8Array) => object }

const bytes = readFileSync(new URL('../../examples/values/values.component.wasm', import.meta.url))
const signatures = new Map(describeComponent(bytes).exports.map(({ name, signature }) => [name, signature]))
let instance: Instance

beforeAll(async () => {
  const options = { name: 'values', instantiation: 'sync', noComponentErrorWrapping: false } as const
  const { files } = await transpileBytes(bytes, options)
  const source = Buffer.from(files['values.js'] as Uint8Array).toString('base64')
  const glue: Glue = await import(/* @vite-ignore */ `data:text/javascript;base64,${source}`)
  instance = glue.instantiate((path) => new WebAssembly.Module(files[path] as Uint8Array), {})
})

function call(name: string, args: unknown[]): { signature: Signature; given: Item[]; result: Item } {
  const signature = signatures.get(name) as Signature
  const given = argsFromJson(signature, args)
  const values = given.map((item, index) => toJs(signature.params[index]?.type ?? { kind: 'bool' }, item))
  try {
    return { signature, given, result: fromReturn(signature, instance[camelCase(name)]?.(...values)) }
  } catch (error) {
    if (!(error instanceof Error && 'payload' in error)) throw error
    return { signature, given, result: fromThrow(signature, error.payload) }
  }
}

const label = { text: 'größe 😀', at: { x: -0.5, y: 1e300 }, weight: null }
it.each<[string, unknown]>([
  ['echo-bool', false],
  ['echo-s8', -128],
  ['echo-u8', 255],
  ['echo-s16', -32768],
  ['echo-u16', 65535],
  ['echo-s32', -2147483648],
  ['echo-u32', 4294967295],
  ['echo-s64', '-9223372036854775808'],
  ['echo-u64', '18446744073709551615'],
  ['echo-s64', -1],
  ['echo-f32', 0.1],
  ['echo-f32', '-Infinity'],
  ['echo-f64', 'NaN'],
  ['echo-f64', '-0'],
  ['echo-char', '😀'],
  ['echo-string', 'a\u0000größe 😀'],
  ['echo-list-u8', { base64: 'AP8=' }],
  ['echo-list-string', ['', 'x']],
  ['echo-list-result', [{ ok: 'x' }, { err: 7 }]],
  ['echo-record', label],
  ['echo-record', { ...label, weight: 255 }],
  ['echo-variant', 'empty'],
  ['echo-variant', { circle: 1.5 }],
  ['echo-variant', { polygon: [{ x: 0, y: 1 }] }],
  ['echo-variant', { named: label }],
  ['echo-enum', 'dark-blue'],
  ['echo-flags', []],
  ['echo-flags', ['monday', 'public-holiday', 'on-call']],
  ['echo-option', null],
  ['echo-option', ''],
  ['echo-option-option', null],
  ['echo-option-option', { some: null }],
  ['echo-option-option', { some: 7 }],
  ['echo-result', { ok: '' }],
  ['echo-result', { err: 7 }],
  ['echo-result-empty', { ok: null }],
  ['echo-result-empty', { err: null }],
  ['echo-tuple', [7, 'seven', true]],
])('%s gives %j back', (name, json) => {
  const { signature, given, result } = call(name, [json])
  expect(encodeItem(result).toString('hex')).toBe(encodeItem(given[0]).toString('hex'))
  expect(toJson(signature.result ?? { kind: 'bool' }, result)).toEqual(json)
})

it('hands over several arguments, takes nothing, and takes an error', () => {
  const many = [true, '-9223372036854775808', 'x', [1, 'NaN']]
  const { signature, result } = call('echo-many', many)
  expect(toJson(signature.result ?? { kind: 'bool' }, result)).toEqual(many)
  expect(call('echo-none', ['x']).result).toBeUndefined()
  expect(call('fail', ['bad']).result).toEqual([1, 'bad'])
  expect(call('fail', ['']).result).toEqual([0, null])
})
