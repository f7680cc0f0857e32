import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import { describe, expect, it } from 'vitest'
import type { ManifestImport } from '../../../shared/documents/manifest.ts'
import { describeCore } from '../../../shared/wasm/core-module.ts'
import { type SmallImage, smallImage } from '../../../shared/wasm/small-image.ts'
import { hostFunctions, pollFunctions } from '../../../shared/wit/table.ts'

const imageOf = async (text: string, imports: readonly ManifestImport[] = []): Promise<SmallImage> => {
  const bytes = new Uint8Array(await parse(text))
  return smallImage(bytes, describeCore(bytes), imports)
}
const importOf = (module: string, name: string, version?: string): ManifestImport => {
  const found = [...hostFunctions, ...pollFunctions].find((one) => one.module === module && one.name === name)
  if (!found) throw new Error(`no ${module} ${name}`)
  const { signature, digest } = found
  return { module: `${module}@${version ?? found.version}`, name, signature, digest }
}

describe('what a C proplet loads of a core module', () => {
  it('has no custom section', async () => {
    const found = await imageOf('(module (func (export "f")) (@custom "producers" "x"))')
    expect(found).toMatchObject({ recipe: 'stripped-core', startMoved: false })
    expect(describeCore('bytes' in found ? found.bytes : new Uint8Array())).toMatchObject({ custom: [] })
  })

  it('has its start section as a function, which a deadline reaches', async () => {
    const text =
      '(module (global $g (mut i32) (i32.const 0)) (func $s (global.set $g (i32.const 7))) (start $s) (func (export "get") (result i32) global.get $g))'
    const found = await imageOf(text)
    if ('refused' in found) throw new Error(found.refused.join())
    expect(found).toMatchObject({ recipe: 'stripped-core', startMoved: true })
    expect(describeCore(found.bytes).hasStart).toBe(false)
    const { WebAssembly } = globalThis as unknown as {
      WebAssembly: {
        Module: new (bytes: Uint8Array) => object
        Instance: new (module: object) => { exports: Record<string, () => number> }
      }
    }
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(found.bytes))
    expect(exports.get?.()).toBe(0)
    exports._samara_start?.()
    expect(exports.get?.()).toBe(7)
  })

  it('is refused where an export has the name that the start section would get', async () => {
    expect(await imageOf('(module (func $s (export "_samara_start")) (start $s))')).toEqual({
      refused: [expect.stringMatching(/start section and an export _samara_start/)],
    })
  })

  it.each([
    ['SIMD', '(func (export "f") (drop (v128.const i32x4 0 0 0 0)))', /SIMD; compile with -mno-simd128/],
    ['threads', '(memory 1) (func (export "f") (drop (i32.atomic.load (i32.const 0))))', /threads and atomics/],
    ['tail calls', '(func (export "f") return_call 0)', /tail calls/],
    ['exceptions', '(tag $e) (func (export "f") (throw $e))', /exceptions/],
  ])('is refused where it uses %s', async (_, text, why) => {
    expect(await imageOf(`(module ${text})`)).toEqual({ refused: [expect.stringMatching(why)] })
  })

  it.each([
    [importOf('wasi:i2c/i2c', '[method]i2c.read'), []],
    [importOf('wasi:gpio/digital', 'open-output'), []],
    [importOf('component:usb/device', 'init'), [/they do not offer component:usb\/device@0\.2\.1$/]],
    [importOf('wasi:gpio/digital-async', 'open-input-wait'), []],
    [importOf('wasi:io/poll', 'poll'), []],
    [importOf('wasi:gpio/pwm', 'open'), [/do not offer wasi:gpio\/pwm/]],
    [
      { module: 'wasi:io/streams@0.2.6', name: '[method]output-stream.flush' },
      [/wasi:io\/streams@0\.2\.6 \(WASI 0\.2/],
    ],
    [importOf('wasi:gpio/digital', '[method]digital-out-pin.toggle'), [/in this shape; use the one of 2026/]],
    [
      { module: 'wasi:cli/environment@0.2.6', name: 'get-environment' },
      [/WASI 0\.2\); build for wasm32-unknown-unknown/],
    ],
    [
      importOf('wasi:gpio/digital', 'open-input', '0.2.7'),
      [/they have wasi:gpio\/digital@0\.2\.0 under this version alone/],
    ],
  ])('takes only what C proplets offer: %j', async (asked, expected) => {
    const found = await imageOf(`(module (import "${asked.module}" "${asked.name}" (func)))`, [asked])
    expect('refused' in found ? found.refused : []).toEqual(expected.map((one) => expect.stringMatching(one)))
  })

  it('takes compatible versions under the standard name, which leaves out what they do not share', async () => {
    const asked = importOf('wasi:gpio/digital', 'open-input', '0.2.7')
    const found = await imageOf('(module (import "cm32p2|wasi:gpio/digital@0.2" "open-input" (func)))', [asked])
    expect(found).not.toHaveProperty('refused')
  })
})
