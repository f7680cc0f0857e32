import { readFileSync } from 'node:fs'
import { componentEmbed } from '@bytecodealliance/jco-transpile/wasm-tools'
import { wat } from '../proplet/runtime/fixtures.ts'

/** Guests that misbehave where toolchains' code does not. */

const wit = (name: string): string => readFileSync(new URL(`../../shared/wit/${name}.wit`, import.meta.url), 'utf8')
/** A package of a file of its own, as one among others of a text. */
const nested = (text: string): string => `${text.replace(/^package ([^;]+);/m, 'package $1 {')}}\n`

/** Loops where its caller's text is put, where its own text is given back; waits for as long as it is told. */
export async function trickster(): Promise<Uint8Array> {
  const binary = await wat(`(module
    (import "samara:device/open@0.1.0" "open-delay" (func $open (result i32)))
    (import "wasi:i2c/delay@0.2.0-draft" "[method]delay.delay-ns" (func $delay (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (loop $again (br $again)) (unreachable))
    (func (export "take") (param i32 i32) (result i32) (local.get 1))
    (func (export "give") (result i32) (i64.store (i32.const 8) (i64.const 0x200000010)) (i32.const 8))
    (func (export "cabi_post_give") (param i32) (loop $again (br $again)))
    (func (export "wait") (param i32) (call $delay (call $open) (local.get 0))))`)
  const witSource = `package test:trickster;
    world trickster {
      import samara:device/open@0.1.0;
      export take: func(text: string) -> u32;
      export give: func() -> string;
      export wait: func(ns: u32);
    }
    ${['wasi-i2c', 'samara-device'].map((name) => nested(wit(name))).join('')}`
  return await componentEmbed({ binary, witSource, world: 'trickster', stringEncoding: 'utf8' })
}
