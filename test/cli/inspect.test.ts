import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { devicesOf } from '../../shared/wasm/devices.ts'
import { fakeManager, samara } from './support.ts'

const MODULE = readFileSync(new URL('../../examples/add/add.wasm', import.meta.url))
const manifest = {
  kind: 'lowered-core',
  exports: [{ name: 'run', signature: 'func()' }],
  imports: [],
  memory: { minPages: 1, grows: false },
  images: [{ recipe: 'shrunk-core', format: 'lowered-core', digest: 'ef'.repeat(32), sizeBytes: 794 }],
  dataBytes: 2336,
  stackBytes: 1024,
  devices: [
    { device: 'line1-temp', kind: 'i2c', access: 'read', perSecond: 10 },
    { device: 'motor-1', kind: 'gpio', access: 'write' },
  ],
}
const version = { function: 'thermostat', version: 1, kind: 'core', sizeBytes: 276 }

/** Files in a folder of their own. */
function files(contents: Readonly<Record<string, string | Uint8Array>>): (name: string) => string {
  const dir = mkdtempSync(join(tmpdir(), 'samara-cli-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(dir, name), content)
  return (name) => join(dir, name)
}

test('inspect shows memory before and after, and devices in words', async () => {
  const file = files({ 'x.wasm': MODULE })
  const answer = { manifest, words: 'writes to relay motor-1; reads line1-temp', notes: [], proplets: [] }
  const { url } = await fakeManager({ 'POST /v1/inspect': { json: answer } })
  const { out } = await samara(['inspect', file('x.wasm'), '--manager', url])
  expect(out).toMatch(/^memory +64 KiB, does not grow$/m)
  expect(out).toMatch(/^on C proplets +2336 bytes, 1024 of them its stack$/m)
  expect(out).toMatch(/^asks for +writes to relay motor-1; reads line1-temp$/m)
})

test('a version shows what it asks for by the names of its devices', async () => {
  const { url } = await fakeManager({
    'GET /v1/functions/thermostat': { json: { name: 'thermostat', latest: 1 } },
    'GET /v1/functions/thermostat/versions/latest': { json: { ...version, ...manifest, manifest: 'ab'.repeat(32) } },
  })
  const { out } = await samara(['functions', 'show', 'thermostat', '--manager', url])
  expect(out).toMatch(/^asks for +writes to motor-1; reads line1-temp at most 10 times a second$/m)
})

const YAML = 'devices:\n  line1-temp: { kind: i2c, access: read-write, addresses: [0x76], maxBytes: 32 } # the oven\n'
const JSON_TEXT = '{"devices":{"line1-temp":{"kind":"i2c","access":"read-write","addresses":[118],"maxBytes":32}}}'

test.each([
  ['devices.yaml', YAML],
  ['devices.json', JSON_TEXT],
])('functions add --devices %s puts them into the module that is sent', async (name, text) => {
  const file = files({ 'thermostat.wasm': MODULE, [name]: text })
  const { url, seen } = await fakeManager({ 'POST /v1/functions/thermostat': { json: version } })
  const args = ['functions', 'add', file('thermostat.wasm'), '--devices', file(name), '--manager', url]
  expect(await samara(args)).toMatchObject({ code: 0, err: '' })
  const sent = seen.at(-1)?.body ?? Buffer.alloc(0)
  expect(sent.subarray(0, MODULE.length).equals(MODULE)).toBe(true)
  expect(devicesOf(sent)).toEqual([
    { device: 'line1-temp', kind: 'i2c', access: 'read-write', addresses: [0x76], maxBytes: 32 },
  ])
})

test.each([
  ['devices: [', /is neither YAML nor JSON/],
  ['devices: { line1-temp: { kind: i3c, access: read } }', /devices\.line1-temp\.kind: "i3c" is not one of/],
])('a file of devices that is wrong is told by its key, and nothing is sent: %s', async (text, expected) => {
  const file = files({ 'x.wasm': MODULE, 'devices.yaml': text })
  const { url, seen } = await fakeManager({})
  const { code, err } = await samara(['inspect', file('x.wasm'), '--devices', file('devices.yaml'), '--manager', url])
  expect(code).toBe(1)
  expect(err).toMatch(expected)
  expect(seen).toEqual([])
})
