import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hasRust } from '../support/tools.ts'
import { type Cell, inspected, openCell } from './cell.ts'

/** The guide of the SDKs, done as it says: its files written, its commands run, what they make called in the cell. */

const root = resolve(import.meta.dirname, '../..')
const guide = readFileSync(join(root, 'examples/sdk/README.md'), 'utf8')
const blocks = [...guide.matchAll(/^```(\w+) (file|run)=(\S+)\n([\s\S]*?)^```$/gm)].map(
  ([, , how = '', name = '', text = '']) => ({ how, name, text }),
)
const section = (title: string): typeof blocks => {
  const [, text = ''] = guide.split(`\n## ${title}\n`)
  return blocks.filter((block) => block.how === 'run' && (text.split('\n## ')[0] ?? '').includes(block.text))
}

/** Installing a compiler, or building crates for the first time. */
const FIRST_TIME_MS = 300_000

let cell: Cell
let dir = ''
beforeAll(async () => {
  cell = await openCell()
})
afterAll(() => cell.close())
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'samara-sdk-'))
  symlinkSync(join(root, 'examples/sdk'), join(dir, 'SDK'))
  mkdirSync(join(dir, 'bin'))
  const samara = join(dir, 'bin/samara')
  writeFileSync(samara, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'cli/samara.js')}" "$@"\n`)
  chmodSync(samara, 0o755)
  for (const { how, name, text } of blocks) if (how === 'file') write(name, text)
})
afterEach(() => rmSync(dir, { recursive: true }))

function write(name: string, text: string): void {
  mkdirSync(dirname(join(dir, name)), { recursive: true })
  writeFileSync(join(dir, name), text)
}

function shell(text: string): string {
  // A link would be followed before the two dots behind it.
  const script = text.replaceAll('SDK/', `${join(root, 'examples/sdk')}/`)
  const env = {
    ...process.env,
    PATH: `${join(dir, 'bin')}:${process.env.PATH}`,
    SAMARA_CACHE: join(root, '.cache'),
    CARGO_TARGET_DIR: join(root, '.cache/cargo'),
  }
  return execFileSync('sh', ['-ec', script], { cwd: dir, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

const grants = [{ device: 'line1-temp', kind: 'i2c', access: 'read-write', maxBytes: 32 }] as const

async function chipId(file: string): Promise<unknown> {
  const guest = await inspected(join(dir, file))
  return (await cell.call(guest, { export: 'chip-id', grants })).value
}

const RUST = hasRust()

describe('the guide of the SDKs', () => {
  test('has a section with commands for each language', () => {
    const titles = ['C', 'AssemblyScript', 'Rust for microcontrollers', 'Rust with std', 'JavaScript']
    expect(titles.map((title) => section(title).length)).toEqual([1, 1, 1, 1, 1])
  })

  const small: [title: string, bytes: number][] = [
    ['C', 2048],
    ['AssemblyScript', 1024],
    ...(RUST ? [['Rust for microcontrollers', 2048] as [string, number]] : []),
  ]
  test.each(small)(
    '%s: what it builds reads the sensor, in at most %d bytes of memory',
    { timeout: FIRST_TIME_MS },
    async (title, bytes) => {
      expect(shell(section(title)[0]?.text ?? '')).toContain('samara inspect sensor.wasm')
      const { manifest } = await inspected(join(dir, 'sensor.wasm'))
      expect(manifest.devices).toEqual(grants)
      expect(manifest.dataBytes).toBeLessThanOrEqual(bytes)
      expect(await chipId('sensor.wasm')).toEqual({ ok: 0x60 })
    },
  )

  test.skipIf(!RUST)('Rust with std: both files read the sensor', { timeout: FIRST_TIME_MS }, async () => {
    shell(section('Rust with std')[0]?.text ?? '')
    expect(await chipId('sensor.wasm')).toEqual({ ok: 0x60 })
    expect(await chipId('sensor.component.wasm')).toEqual({ ok: 0x60 })
  })

  test('JavaScript: what it builds reads the sensor, and only Linux can run it', {
    timeout: FIRST_TIME_MS,
  }, async () => {
    shell(section('JavaScript')[0]?.text ?? '')
    const { manifest } = await inspected(join(dir, 'sensor.wasm'))
    expect(manifest.images.map(({ format }) => format)).toEqual(['component'])
    expect(await chipId('sensor.wasm')).toEqual({ ok: 0x60 })
  })

  test.skipIf(!RUST)('a driver crate measures with our types', { timeout: FIRST_TIME_MS }, async () => {
    const [, dependency = ''] = /`(bme280-rs = [^`]+)`/.exec(guide) ?? []
    const read = (file: string) => readFileSync(join(dir, 'micro', file), 'utf8')
    write('micro/Cargo.toml', read('Cargo.toml').replace('[dependencies]', `[dependencies]\n${dependency}`))
    write(
      'micro/wit/sensor.wit',
      read('wit/sensor.wit').replace('export chip-id: func() -> result<u8, string>', DRIVEN),
    )
    write(
      'micro/src/lib.rs',
      read('src/lib.rs')
        .replace('struct Sensor', 'mod driver;\nstruct Sensor')
        .replace(/fn chip_id[\s\S]+?\n {4}}/, 'fn celsius() -> Option<f32> {\n        driver::celsius()\n    }')
        .replace(/use alloc.*\n|use samara_guest.*\n/g, ''),
    )
    cell.set('line1-temp', 'temperature', 36.6)
    shell('samara build micro --devices sensor.devices.json --out driven.wasm')
    const guest = await inspected(join(dir, 'driven.wasm'))
    const { value } = await cell.call(guest, { export: 'celsius', grants })
    expect(value).toBeCloseTo(36.6, 1)
    expect(guest.manifest.dataBytes).toBeLessThanOrEqual(4096)
  })
})

const DRIVEN = 'import wasi:i2c/delay@0.2.0-draft;\n  export celsius: func() -> option<f32>'

test.each(['thermostat', 'i2c-scan'])('the WIT that %s keeps of us is ours', (example) => {
  for (const name of ['wasi-i2c', 'wasi-gpio', 'wasi-io', 'samara-device']) {
    const copy = join(root, 'examples', example, 'wit/deps', `${name}.wit`)
    if (!existsSync(copy)) continue
    expect(readFileSync(copy, 'utf8')).toBe(readFileSync(join(root, 'shared/wit', `${name}.wit`), 'utf8'))
  }
})
