import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SamaraError } from '../../../shared/errors.ts'
import { digestOf } from '../../../shared/ids.ts'
import { parseSignature, signatureText } from '../../../shared/signature.ts'
import { type ComponentDescription, describeComponent } from '../../../shared/wasm/component.ts'
import { functionDigest } from '../../../shared/wasm/interface-digest.ts'
import { worldOfWit } from '../../../shared/wasm/wit-text.ts'

type World = Pick<ComponentDescription, 'imports' | 'exports'>
const importsOf = ({ imports }: World): string[] =>
  imports.flatMap(({ module, functions }) =>
    functions.map(({ name, signature }) => `${module} ${name} ${signatureText(signature)}`),
  )
const exportsOf = ({ exports }: World): string[] =>
  exports.map((one) => `${one.interface ? `${one.interface}#` : ''}${one.name} ${signatureText(one.signature)}`)

/** As the wasi-i2c proposal has it. */
const I2C = `
package wasi:i2c@0.2.0-draft {
  interface i2c {
    type address = u16;
    enum no-acknowledge-source { address, data, unknown }
    variant error-code { bus, arbitration-loss, no-acknowledge(no-acknowledge-source), overrun, other }
    variant operation { read(u64), write(list<u8>) }
    resource i2c {
      transaction: func(address: address, operations: list<operation>) -> result<list<list<u8>>, error-code>;
      read: func(address: address, len: u64) -> result<list<u8>, error-code>;
    }
  }
}`

describe('the world of a WIT text', () => {
  it('has the methods of a resource, with every type resolved', async () => {
    const world = await worldOfWit(
      `package test:one; world w { import wasi:i2c/i2c@0.2.0-draft; export run: func(); } ${I2C}`,
    )
    const error = 'variant{bus,arbitration-loss,no-acknowledge(enum{address,data,unknown}),overrun,other}'
    expect(importsOf(world)).toEqual([
      `wasi:i2c/i2c@0.2.0-draft [method]i2c.transaction func(self:borrow<i2c>,address:u16,operations:list<variant{read(u64),write(list<u8>)}>)->result<list<list<u8>>,${error}>`,
      `wasi:i2c/i2c@0.2.0-draft [method]i2c.read func(self:borrow<i2c>,address:u16,len:u64)->result<list<u8>,${error}>`,
    ])
    expect(exportsOf(world)).toEqual(['run func()'])
  })

  it('has constructors, static functions, root functions and the types of the world', async () => {
    const world = await worldOfWit(`package test:two;
      interface bank { resource account { constructor(name: string); find: static func(id: u32) -> option<account>; balance: func() -> s64; } }
      world w {
        use bank.{account};
        record point { x: f32, y: f64 }
        type place = point;
        flags days { monday, public-holiday }
        import bank;
        import open: func(name: string) -> account;
        export nearest: func(to: place, on: days, all: list<tuple<char, place>>) -> result<_, string>;
      }`)
    expect(importsOf(world)).toEqual([
      '$root open func(name:string)->own<test/two/bank.account>',
      'test:two/bank [constructor]account func(name:string)->own<account>',
      'test:two/bank [static]account.find func(id:u32)->option<own<account>>',
      'test:two/bank [method]account.balance func(self:borrow<account>)->s64',
    ])
    const point = 'record{x:f32,y:f64}'
    expect(exportsOf(world)).toEqual([
      `nearest func(to:${point},on:flags{monday,public-holiday},all:list<tuple<char,${point}>>)->result<_,string>`,
    ])
  })

  it('names a resource of another interface with that interface, so that two of one name differ', async () => {
    const text = (used: string) => `package test:three;
      interface a { resource pin { toggle: func(); } }
      interface b { resource pin { toggle: func(); } }
      interface user { use ${used}.{pin as handle}; take: func(pin: handle) -> list<handle>; }
      world w { import user; }`
    const [first, second] = await Promise.all([worldOfWit(text('a')), worldOfWit(text('b'))])
    expect(importsOf(first).at(-1)).toBe(
      'test:three/user take func(pin:own<test/three/a.pin>)->list<own<test/three/a.pin>>',
    )
    expect(importsOf(second).at(-1)).toContain('own<test/three/b.pin>')
  })

  it('has exported interfaces with version, own types and types of imports', async () => {
    const world = await worldOfWit(`package test:four@1.2.0;
      interface types { record item { id: u64, parent: option<option<u32>> } }
      interface api { use types.{item}; variant found { none, one(item) } get: func(id: u64) -> found; }
      interface inlined { a: func() -> result; }
      world w { export api; export inlined; export side: interface { b: func(x: bool) -> u8; } }`)
    expect(exportsOf(world)).toEqual([
      'test:four/api@1.2.0#get func(id:u64)->variant{none,one(record{id:u64,parent:option<option<u32>>})}',
      'test:four/inlined@1.2.0#a func()->result',
      'side#b func(x:bool)->u8',
    ])
  })

  it('gives signatures that read back', async () => {
    const { imports } = await worldOfWit(`package test:five;
      interface a { resource r { m: func(); } } interface b { use a.{r}; f: func(x: borrow<r>, e: enum-like) -> r; enum enum-like { one, two } }
      world w { import b; }`)
    for (const { functions } of imports)
      for (const { signature } of functions) expect(parseSignature(signatureText(signature))).toEqual(signature)
  })

  it.each([
    ['no WIT', 'interface {', 'INVALID_ARGUMENT', /WIT/],
    ['stream', 'package t:t; world w { export f: func(x: stream<u8>); }', 'UNSUPPORTED', /stream/],
    ['future', 'package t:t; world w { export f: func(x: future<u8>); }', 'UNSUPPORTED', /future/],
    ['error-context', 'package t:t; world w { export f: func(x: error-context); }', 'UNSUPPORTED', /error-context/],
    ['async', 'package t:t; world w { export f: async func(x: u8); }', 'UNSUPPORTED', /async/],
  ])('refuses %s', async (_, text, code, words) => {
    const error: unknown = await worldOfWit(text).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(SamaraError)
    expect(error).toMatchObject({ code, message: expect.stringMatching(words) })
  })
})

describe('the digest of a host function [P-8.2]', () => {
  const signature = parseSignature('func(x:u8)')

  it('is of its name without version and its shape', () => {
    const digest = functionDigest('wasi:gpio/digital@0.2.0', 'f', signature)
    expect(digest).toBe(digestOf(Buffer.from('wasi:gpio/digital#f func(x:u8)')))
    expect(functionDigest('wasi:gpio/digital@0.2.1-rc.1', 'f', signature)).toBe(digest)
    expect(functionDigest('wasi:gpio/digital@0.2.0', 'f', parseSignature('func(x:u16)'))).not.toBe(digest)
  })

  it('does not see that a toolchain left out the functions that are not used', async () => {
    const full = await worldOfWit(`package t:t; world w { import wasi:i2c/i2c@0.2.0-draft; } ${I2C}`)
    const less = await worldOfWit(
      `package t:t; world w { import wasi:i2c/i2c@0.2.0-draft; } ${I2C.replace(/transaction: .*/, '').replace(/variant operation .*/, '')}`,
    )
    const digests = ({ imports }: World) =>
      imports.flatMap(({ module, functions }) =>
        functions.map((one) => functionDigest(module, one.name, one.signature)),
      )
    expect(digests(less)).toHaveLength(1)
    expect(digests(full)).toContain(digests(less)[0])
  })
})

describe('hostile components', () => {
  const refusal = async (text: string): Promise<SamaraError> => {
    const bytes = await parse(`(component ${text})`)
    try {
      describeComponent(bytes)
    } catch (error) {
      if (error instanceof SamaraError) return error
      throw error
    }
    throw new Error('was accepted')
  }
  const doubling = Array.from({ length: 30 }, (_, i) => `(type $t${i + 1} (tuple $t${i} $t${i}))`).join(' ')
  const chain = Array.from({ length: 60 }, (_, i) => `(type $t${i + 1} (list $t${i}))`).join(' ')
  const nested = `${'(component '.repeat(40)}${')'.repeat(40)}`
  const instances = (levels: number): string => {
    const level = (i: number): string =>
      i === 0
        ? '(component $c0)'
        : `(component $c${i} ${level(i - 1)} ${`(instance (instantiate $c${i - 1}))`.repeat(10)})`
    return `${level(levels)} (instance (instantiate $c${levels}))`
  }

  it.each([
    [
      'a small graph of types that unfolds into a billion',
      `(type $t0 u8) ${doubling} (import "f" (func (param "x" $t30)))`,
      /4096 parts/,
    ],
    ['a type of 60 levels', `(type $t0 u8) ${chain} (import "f" (func (param "x" $t60)))`, /deeper than 32/],
    ['components nested forty deep', nested, /nested deeper/],
    ['components that instantiate each other a million times', instances(6), /200000 definitions|deeper/],
    ['the import of a component', '(import "c" (component))', /neither function/],
    ['the import of a core module', '(import "m" (core module))', /neither function/],
  ])('refuse %s', async (_, text, words) => {
    const error = await refusal(text)
    expect(error.code).toBe('UNSUPPORTED')
    expect(error.message).toMatch(words)
  })

  it('give a description or a SamaraError wherever one is cut or changed', async () => {
    const whole = await parse(`(component
      (import "a:b/c" (instance $i (export "r" (type $r (sub resource))) (export "f" (func (param "x" (borrow $r)) (result (list u8))))))
      (type $p (record (field "x" u8) (field "y" (option string)))) (export $e "p" (type $p))
      (core module $m (memory (export "memory") 1) (func (export "run") (result i32) i32.const 1))
      (core instance $n (instantiate $m))
      (func $run (result u32) (canon lift (core func $n "run")))
      (component $inner (import "f" (func $f (result u32))) (export "g" (func $f)))
      (instance $o (instantiate $inner (with "f" (func $run))))
      (export "run" (func $run)) (export "t:t/o" (instance $o)))`)
    expect(exportsOf(describeComponent(whole))).toEqual(['run func()->u32', 't:t/o#g func()->u32'])
    const changed = fc.tuple(
      fc.nat(whole.length),
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
    )
    fc.assert(
      fc.property(changed, ([cutOff, changes]) => {
        const bytes = whole.slice(0, whole.length - (cutOff % 3 ? 0 : cutOff))
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        try {
          describeComponent(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(SamaraError)
        }
      }),
      { numRuns: 5000 },
    )
  })
})
