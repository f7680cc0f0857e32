import { describe, expect, it } from 'vitest'
import { SamaraError } from '../../../shared/errors.ts'
import { signatureText } from '../../../shared/signature.ts'
import { functionDigest } from '../../../shared/wasm/interface-digest.ts'
import { worldOfWit } from '../../../shared/wasm/wit-text.ts'
import { refuseUnoffered } from '../../../shared/wit/admission.ts'

async function refusalOf(source: string): Promise<SamaraError | undefined> {
  const { imports } = await worldOfWit(source)
  const rows = imports.flatMap(({ module, functions }) =>
    functions.map(({ name, signature }) => ({
      module,
      name,
      signature: signatureText(signature),
      digest: functionDigest(module, name, signature),
    })),
  )
  try {
    refuseUnoffered(rows)
    return undefined
  } catch (error) {
    if (error instanceof SamaraError) return error
    throw error
  }
}

describe('a function that asks for host functions', () => {
  it('of WASI 0.2 is taken: those are pinned by their version', async () => {
    const source = `package t:t; world w { import wasi:clocks/monotonic-clock@0.2.6; }
      package wasi:clocks@0.2.6 { interface monotonic-clock { now: func() -> u64; } }`
    expect(await refusalOf(source)).toBeUndefined()
  })

  it('of ours in another shape is refused with both shapes', async () => {
    const error = await refusalOf(`package t:t; world w { import wasi:i2c/delay@0.2.0-draft; }
      package wasi:i2c@0.2.0-draft { interface delay { resource delay { delay-ns: func(ns: u64); } } }`)
    expect(error?.code).toBe('UNSUPPORTED')
    expect(error?.message).toBe(
      'module: asks for host functions that are not offered: wasi:i2c/delay@0.2.0-draft#[method]delay.delay-ns: func(self:borrow<delay>,ns:u64) asked for, func(self:borrow<delay>,ns:u32) offered',
    )
  })

  it('of the world itself is refused: nobody has those', async () => {
    const error = await refusalOf('package t:t; world w { import get-i2c-bus: func() -> u32; }')
    expect(error?.message).toMatch(/\$root#get-i2c-bus: func\(\)->u32 asked for, not offered; there are wasi:i2c\/i2c/)
  })

  it('has every difference told, up to a bound', async () => {
    const functions = (count: number) =>
      Array.from({ length: count }, (_, i) => `send-${'x'.repeat(i + 1)}: func();`).join(' ')
    const text = (count: number) => `package acme:can; interface bus { ${functions(count)} } world w { import bus; }`
    expect((await refusalOf(text(4)))?.message.match(/asked for/g)).toHaveLength(4)
    const many = await refusalOf(text(40))
    expect(many?.message.match(/asked for/g)).toHaveLength(4)
    expect(many?.message).toMatch(/; and 36 more$/)
  })
})
