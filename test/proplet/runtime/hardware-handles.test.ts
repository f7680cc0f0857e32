import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Rig, rig, type Subject } from './fixtures.ts'
import { type Bench, granted, guestOf, serve } from './hardware-fixtures.ts'

let it: Rig
let cell: Subject
let bench: Bench
beforeAll(async () => {
  it = rig({ size: 1 })
  cell = await guestOf('cell')
})
beforeEach(() => {
  bench = serve(devices, ({ op }) => (op === 'get' ? { level: true } : { data: [Uint8Array.of(7, 8)] }))
})
afterEach(() => bench.close())
afterAll(() => it.close())

const devices = [
  granted('sensor', 'i2c'),
  granted('flash', 'spi'),
  granted('relay', 'gpio', { direction: 'output', access: 'write' }),
  granted('button', 'gpio', { direction: 'input', access: 'read' }),
  granted('lamp', 'gpio', { direction: 'output', access: 'read' }),
]

const run = (name: string, args: readonly unknown[], keep?: string) =>
  it.call(cell, { export: name, args: args as never, bus: bench.bus, keep })

test.each(['own-i2c', 'lend-i2c'])('%s takes the device that the caller names', async (name) => {
  const result = await run(name, ['sensor', 0x48, 2])
  expect(result).toMatchObject({ outcome: 'completed', value: [0, Uint8Array.of(7, 8)] })
})

test('takes a device of every kind', async () => {
  const result = await run('take-all', ['sensor', 'flash', 'relay', 'button', 'sensor'])
  expect(result).toMatchObject({ outcome: 'completed', value: [0, true] })
  expect(bench.rows.map(({ device }) => device)).toEqual(['flash', 'relay', 'button'])
})

test('a device is lent to a kept instance as often as it is called', async () => {
  for (let call = 0; call < 3; call++)
    expect((await run('lend-i2c', ['sensor', 0x48, 2], 'a')).value).toEqual([0, Uint8Array.of(7, 8)])
  it.runtime.release('a')
})

test.each([
  ['own-i2c', ['other', 0x48, 2], 'device other is not granted'],
  ['own-i2c', ['flash', 0x48, 2], 'device flash is spi, i2c expected'],
  ['take-all', ['sensor', 'flash', 'button', 'button', 'sensor'], 'device button is an input, an output needed'],
  ['take-all', ['sensor', 'flash', 'lamp', 'button', 'sensor'], 'device lamp is not granted as output'],
])('%s refuses %j before the function runs', async (name, args, message) => {
  const result = await run(name, args)
  expect(result).toMatchObject({ outcome: 'refused', error: { code: 'PERMISSION_DENIED' } })
  expect(result.error?.message).toContain(message)
  expect(bench.rows).toEqual([])
})

test('refuses every device where none is granted', async () => {
  const result = await it.call(cell, { export: 'own-i2c', args: ['sensor', 0x48, 2] })
  expect(result).toMatchObject({ outcome: 'refused', error: { code: 'PERMISSION_DENIED' } })
})

test('refuses a device inside another parameter', async () => {
  const result = await run('deep', [['sensor']])
  expect(result).toMatchObject({ outcome: 'refused', error: { code: 'UNSUPPORTED' } })
  expect(result.error?.message).toContain('parameter buses is list<own<wasi/i2c/i2c.i2c>>')
})
