import { readFileSync } from 'node:fs'
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import { describe, expect, it } from 'vitest'
import { parseSignature } from '../../../shared/signature.ts'
import { describeComponent } from '../../../shared/wasm/component.ts'
import { editCore } from '../../../shared/wasm/edit-core.ts'
import { extractCore } from '../../../shared/wasm/extract-core.ts'
import { liftedType, loweredType } from '../../../shared/wasm/lowering.ts'
import { hostFunctions } from '../../../shared/wit/table.ts'

const example = (path: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../examples/${path}`, import.meta.url)))
const wit = (file: string): string => readFileSync(new URL(`../../../shared/wit/${file}`, import.meta.url), 'utf8')
const nested = (file: string): string => `${wit(file).replace(/^package (.*);$/m, 'package $1 {')}\n}`

const outcome = (bytes: Uint8Array): string => {
  const found = extractCore(describeComponent(bytes))
  return 'refused' in found ? found.refused : 'extracted'
}

describe('the core of a component', () => {
  it.each(['line-stats/line-stats.wasm', 'values/values.wasm'])(
    'of %s is what was wrapped, byte for byte',
    async (path) => {
      const lowered = example(path)
      const found = extractCore(describeComponent(new Uint8Array(await componentNew(lowered, []))))
      expect('bytes' in found && editCore(found.bytes, {})).toEqual(editCore(lowered, {}))
    },
  )

  it('may import every host function that there is, and drop every handle', async () => {
    const worlds = `package t:t; world w {
      import wasi:i2c/i2c@0.2.0-draft; import wasi:i2c/delay@0.2.0-draft; import wasi:spi/spi;
      import wasi:gpio/digital@0.2.0; import samara:device/open@0.1.0; export run: func(); }`
    const files = ['wasi-i2c.wit', 'wasi-spi.wit', 'wasi-gpio.wit', 'samara-device.wit', 'wasi-io.wit']
    const witSource = [worlds, ...files.map(nested)].join('\n')
    const lowered = await componentEmbed({ witSource, dummy: true })
    expect(outcome(new Uint8Array(await componentNew(lowered, [])))).toBe('extracted')
  })

  it('may use the standard names', async () => {
    const binary = await parse(`(module (import "cm32p2|t:t/host@0.2" "get" (func (result i32)))
      (func (export "cm32p2||run") (result i32) call 0) (memory (export "cm32p2_memory") 1)
      (func (export "cm32p2_initialize")) (func (export "cm32p2_realloc") (param i32 i32 i32 i32) (result i32) unreachable))`)
    const witSource =
      'package t:t@0.2.1; interface host { get: func() -> u32; } world w { import host; export run: func() -> u32; }'
    expect(outcome(new Uint8Array(await componentNew(await componentEmbed({ binary, witSource }), [])))).toBe(
      'extracted',
    )
  })

  it('is refused where it takes WASI, with how to build it without', () => {
    expect(outcome(example('component-command/component-command.wasm'))).toMatch(
      /imports wasi:.* and \d+ more; build for wasm32-unknown-unknown/,
    )
  })

  it('is refused where several modules have a memory', () => {
    expect(outcome(example('shout-js/shout-js.wasm'))).toMatch(/composed of \d+ core modules with a memory each/)
  })

  it('is refused where it was wired by hand, and its names mean something else', async () => {
    const text = (imported: string, name: string, type: string) => `(component
      (import "t:t/host" (instance $host (export "get" (func (result u32)))))
      (core module $m (import "${imported}" "${name}" (func ${type})) (memory (export "memory") 1)
        (func (export "run") (result i32) i32.const 1))
      (core func $get (canon lower (func $host "get")))
      (core instance $args (export "${name}" (func $get)))
      (core instance $i (instantiate $m (with "${imported}" (instance $args))))
      (func (export "run") (result u32) (canon lift (core func $i "run"))))`
    expect(outcome(await parse(text('t:t/host', 'get', '(result i32)')))).toBe('extracted')
    expect(outcome(await parse(text('t:t/other', 'get', '(result i32)')))).toMatch(
      /t:t\/other get, which are no functions/,
    )
    expect(outcome(await parse(text('env', 'get', '(result i32)')))).toMatch(/env get through an adapter/)
  })

  it('is refused where an export has another name inside', async () => {
    const text = `(component (core module $m (memory 1) (func (export "go")))
      (core instance $i (instantiate $m)) (func (export "run") (canon lift (core func $i "go"))))`
    expect(outcome(await parse(text))).toMatch(/does not export run under the name/)
  })
})

describe('the core type of a WIT function', () => {
  const lowered = (text: string) => {
    const { params, results } = loweredType(parseSignature(text))
    return `${params.join(' ')} -> ${results.join(' ')}`
  }
  it.each([
    ['func()', ' -> '],
    ['func(a:bool,b:char,c:u8)->u16', 'i32 i32 i32 -> i32'],
    ['func(a:s64,b:f32,c:f64)->u64', 'i64 f32 f64 -> i64'],
    ['func(a:string)->string', 'i32 i32 i32 -> '],
    ['func(a:option<f32>)->option<u8>', 'i32 f32 i32 -> '],
    ['func(a:result<u8,f32>)', 'i32 i32 -> '],
    ['func(a:variant{x(u32),y(f64),z})', 'i32 i64 -> '],
    ['func(a:record{x:f32,y:tuple<u8,s64>})', 'f32 i32 i64 -> '],
    ['func(a:enum{x,y},b:flags{p,q})->result', 'i32 i32 -> i32'],
    [`func(${Array.from({ length: 17 }, (_, i) => `${'a'.repeat(i + 1)}:u8`).join(',')})->u8`, 'i32 -> i32'],
  ])('%s', (text, expected) => {
    expect(lowered(text)).toBe(expected)
  })

  it('gives the place of a large result where it is exported', () => {
    expect(liftedType(parseSignature('func(a:string)->string'))).toEqual({ params: ['i32', 'i32'], results: ['i32'] })
  })

  it('is the one that tools give host functions', () => {
    const typeOf = (name: string) =>
      hostFunctions.filter((one) => one.name === name).map(({ signature }) => lowered(signature))
    expect(typeOf('[method]i2c.write-read')).toEqual(['i32 i32 i32 i32 i64 i32 -> '])
    expect(typeOf('[method]i2c.transaction')).toEqual(['i32 i32 i32 i32 i32 -> '])
    expect(typeOf('[method]pwm-pin.max-duty-cycle')).toEqual(['i32 -> i32'])
    expect(typeOf('[method]device-handle.new-transfer')[0]).toBe(`${'i32 '.repeat(12).trim()} -> `)
  })
})
