import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { completeWorld, worldOf } from '../../cli/build/world.ts'
import { describeCore } from '../../shared/wasm/core-module.ts'
import { samara } from './support.ts'

const root = resolve(import.meta.dirname, '../..')
const { PATH = '', HOME = '' } = process.env
const env = { PATH, HOME, SAMARA_CACHE: join(root, '.cache') }

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'samara-build-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

function file(name: string, text: string): string {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

/** Compilers are installed at their first use. */
const FIRST_TIME_MS = 300_000
const OUT = 'out.wasm'
const build = (source: string, ...flags: string[]) =>
  samara(['build', source, '--out', join(dir, OUT), ...flags], { env })
const made = async (source: string, ...flags: string[]) => {
  const { code, out, err } = await build(source, ...flags, '--json')
  expect(code, err).toBe(0)
  return JSON.parse(out)
}
const exportsMade = () => describeCore(readFileSync(join(dir, OUT))).exports.map(({ name }) => name)

const ADD = '__attribute__((export_name("add"))) int add(int a, int b) { return a + b; }\n'
const RUN = `#include "samara.h"
const void *SAMARA_EXPORT("run") run(void)
{
	samara_output lamp;
	samara_output_open("lamp", &lamp);
	samara_result = (struct samara_result){.data = "done", .length = 4};
	return &samara_result;
}
`

describe('samara build', { timeout: FIRST_TIME_MS }, () => {
  test('leaves a module that imports nothing a plain core module', async () => {
    const found = await made(file('add.c', ADD))
    expect(found).toMatchObject({ language: 'C', kind: 'core', imports: [], devices: [] })
    expect(exportsMade()).toContain('add')
  })

  test('gives a module with imports and without a WIT file the default world', async () => {
    expect(await made(file('blink.c', RUN))).toMatchObject({
      kind: 'lowered-core',
      imports: ['wasi:gpio/digital@0.2.0'],
    })
  })

  test('adds the imports that the WIT file does not list, and keeps those that it does', async () => {
    const source = file('blink.c', RUN)
    file(
      'blink.wit',
      'package my:blink;\nworld blink { import wasi:gpio/digital@0.2.0; export run: func() -> result<string, string>; }',
    )
    expect(await made(source)).toMatchObject({ kind: 'lowered-core' })
  })

  test('embeds the devices that stand beside the source', async () => {
    const source = file('blink.c', RUN)
    file('blink.devices.json', '{"devices":{"lamp":{"kind":"gpio","access":"write"}}}')
    expect((await made(source)).devices).toEqual([{ device: 'lamp', kind: 'gpio', access: 'write' }])
  })

  test('says what it made, for people', async () => {
    const { out } = await build(file('blink.c', RUN))
    expect(out).toMatch(/^kind +lowered-core$/m)
    expect(out).toMatch(/^memory +1\.\d KiB on a microcontroller, 1\.0 KiB of it stack; 64 KiB on Linux$/m)
    expect(out).toContain(`samara inspect ${join(dir, OUT)}`)
  })

  test('makes a component where one is wanted', async () => {
    expect(await made(file('blink.c', RUN), '--component')).toMatchObject({ kind: 'component' })
  })

  test('exports camelCase of AssemblyScript under the names of the world', async () => {
    const source = file('twice.ts', 'export function twiceOf(n: i32): i32 { return n + n }\n')
    file('twice.wit', 'package my:twice;\nworld twice { export twice-of: func(n: s32) -> s32; }')
    expect(await made(source)).toMatchObject({ language: 'AssemblyScript', kind: 'lowered-core' })
    expect(exportsMade()).toContain('twice-of')
  })

  test('gives the same bytes every time', async () => {
    const source = file('blink.c', RUN)
    await made(source)
    const first = readFileSync(join(dir, OUT))
    await made(source)
    expect(readFileSync(join(dir, OUT)).equals(first)).toBe(true)
  })
})

describe('samara build refuses', { timeout: FIRST_TIME_MS }, () => {
  test('a source that does not compile, in the words of the compiler', async () => {
    const { code, out, err } = await build(file('bad.c', 'int x(\n'))
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('bad.c:1:7: error: expected parameter declarator')
    expect(err).toMatch(/samara: \S+bad\.c: clang refuses it\n$/)
  })

  test('AssemblyScript that does not compile, in the words of the compiler', async () => {
    const { code, err } = await build(file('bad.ts', 'export function f(): i32 { return nothing }\n'))
    expect(code).toBe(1)
    expect(err).toContain("Cannot find name 'nothing'")
  })

  test('a module that lacks an export of its world, and names it', async () => {
    const source = file('blink.c', RUN)
    file('blink.wit', 'package my:blink;\nworld blink { export shine: func(); }')
    const { code, err } = await build(source)
    expect(code).toBe(1)
    expect(err).toContain('shine')
  })

  test('a WIT file that is none, in the words of the parser', async () => {
    const source = file('blink.c', RUN)
    file('blink.wit', 'package my:blink;\nworld blink { export run: funk(); }')
    expect((await build(source)).err).toMatch(/funk|expected/)
  })
})

test.each([
  ['nothing.c', undefined, 'no such file or folder'],
  ['notes.txt', 'x', 'expected .c, .ts (AssemblyScript), .js, or the folder of a Rust crate'],
  ['empty', '', 'expected .c, .ts'],
])('refuses %s as a source', async (name, text, says) => {
  const { code, err } = await build(text === undefined ? join(dir, name) : file(name, text))
  expect(code).toBe(1)
  expect(err).toContain(says)
})

test('refuses a folder that is no crate', async () => {
  expect((await build(dir)).err).toContain('has no Cargo.toml')
})

test.each([
  ['{', 'is not JSON'],
  ['{"devices":{"lamp":{"kind":"laser","access":"write"}}}', 'lamp'],
  ['{"device":{}}', 'unknown key "device"'],
])('refuses the devices %s before a compiler has run', async (text, says) => {
  const source = file('bad.c', 'int x(\n')
  const { code, err } = await build(source, '--devices', file('devices.json', text))
  expect(code).toBe(1)
  expect(err).toContain(says)
  expect(err).not.toContain('clang')
})

describe('the world of a WIT file', () => {
  test('is its only one', () => {
    expect(worldOf('a.wit', '// world of dreams\nworld a {}').name).toBe('a')
  })

  test('is the one that was asked for', () => {
    expect(worldOf('a.wit', 'world a {}\nworld b {}', 'b').name).toBe('b')
  })

  test.each([
    ['', undefined, 'has no world'],
    ['world a {}\nworld b {}', undefined, 'has 2 worlds'],
    ['world a {}', 'c', 'has no world "c"'],
  ])('of %j, asked for %j, is refused', (wit, asked, says) => {
    expect(() => worldOf('a.wit', wit, asked)).toThrow(says)
  })

  test('takes the gpio of 2025 where it names that shape, and never both', () => {
    const { wit } = completeWorld({ name: 'a', wit: 'package a:b;\nworld a { import samara:pins/open@0.1.0; }' }, [])
    expect(wit.match(/^package wasi:gpio@0\.2\.0 \{/gm)).toHaveLength(1)
    expect(wit).toContain('interface analog')
  })
})
