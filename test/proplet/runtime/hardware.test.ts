import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Operation } from '../../../shared/bus.ts'
import { type Rig, rig, type Subject } from './fixtures.ts'
import { type Bench, granted, guestOf, type Script, serve } from './hardware-fixtures.ts'

/** Real components over the real channels: what they import is what jco's glue expects of it. */

let it: Rig
let cell: Subject
let bench: Bench | undefined
beforeAll(async () => {
  it = rig({ size: 1 })
  cell = await guestOf('cell')
})
afterEach(() => {
  bench?.close()
  bench = undefined
})
afterAll(() => it.close())

const devices = [
  granted('sensor', 'i2c'),
  granted('flash', 'spi'),
  granted('relay', 'gpio', { direction: 'output' }),
  granted('button', 'gpio', { direction: 'input', access: 'read' }),
  granted('stop', 'gpio', { direction: 'input', access: 'read' }),
]

/** Reads count up from 1; pins are high. */
const counting: Script = ({ op, segments = [] }) => {
  if (op === 'get') return { level: true }
  const lengths = segments.flatMap((one) =>
    one.kind === 'read' ? [one.length] : one.kind === 'transfer' ? [one.bytes.length] : [],
  )
  return { data: lengths.map((length) => Uint8Array.from({ length }, (_, index) => index + 1)) }
}

const bytes = (...values: number[]) => Uint8Array.from(values)
const read = (length: number) => ({ kind: 'read', length }) as const
const write = (...values: number[]) => ({ kind: 'write', bytes: bytes(...values) }) as const

type Options = { readonly script?: Script; readonly keep?: string }

async function run(name: string, args: readonly unknown[], { script = counting, keep }: Options = {}) {
  bench ??= serve(devices, script)
  return await it.call(cell, { export: name, args: args as never, bus: bench.bus, keep })
}
const operations = (): Operation[] => bench?.rows.map(({ operation }) => operation) ?? []

test('writes and reads an i2c device that it opened by name', async () => {
  const result = await run('i2c-write-read', ['sensor', 0x48, bytes(0), 2])
  expect(result).toMatchObject({ outcome: 'completed', value: [0, bytes(1, 2)] })
  expect(operations()).toEqual([{ op: 'transfer', target: 0x48, segments: [write(0), read(2)] }])
})

test('an i2c transaction is merged and gives a list for each read', async () => {
  const reads = [
    [1, bytes(1)],
    [1, bytes(2, 3)],
    [0, 2],
    [0, 1],
  ]
  const result = await run('i2c-transaction', ['sensor', 0x50, reads])
  expect(result.value).toEqual([0, [bytes(1, 2), bytes(3)]])
  expect(operations()).toEqual([{ op: 'transfer', target: 0x50, segments: [write(1, 2, 3), read(3)] }])
})

test('a guest has the error of the bus as a value', async () => {
  const script: Script = () => ({ error: 'nack-address' })
  expect((await run('i2c-write', ['sensor', 0x33, bytes(1)], { script })).value).toEqual([1, [1, [2, 0]]])
})

test('an spi transaction gives a result for each operation', async () => {
  const result = await run('spi-transaction', [
    'flash',
    [
      [1, bytes(0x9f)],
      [0, 3],
      [3, 500],
      [2, bytes(7, 8)],
    ],
  ])
  expect(result.value).toEqual([0, [[1], [0, bytes(1, 2, 3)], [3], [2, bytes(1, 2)]]])
  const segments = [write(0x9f), read(3), { kind: 'delay', length: 500 }, { kind: 'transfer', bytes: bytes(7, 8) }]
  expect(operations()).toEqual([{ op: 'transfer', segments }])
})

test.each([
  ['spi-read', ['flash', 2], [0, bytes(1, 2)]],
  ['spi-write', ['flash', bytes(1)], [0, null]],
  ['spi-transfer', ['flash', bytes(9, 9, 9)], [0, bytes(1, 2, 3)]],
])('%s has its result', async (name, args, value) => {
  expect((await run(name, args)).value).toEqual(value)
})

test('sets outputs, reads inputs and knows what it set', async () => {
  expect((await run('set-pin', ['relay', [1, 0]])).value).toEqual([0, null])
  expect((await run('toggle-pin', ['relay'])).value).toEqual([0, [true, false]])
  expect((await run('get-pin', ['button'])).value).toEqual([0, [true, false]])
  expect(operations().map(({ op, level }) => [op, level])).toEqual([
    ['set', true],
    ['set', false],
    // The toggle's run set nothing before it, and asks twice what the level is; afterwards it knows.
    ['get', undefined],
    ['get', undefined],
    ['set', false],
    ['get', undefined],
    ['get', undefined],
  ])
})

test('there is no pulse-width modulation, and it says so', async () => {
  expect((await run('open-pwm', ['relay'])).value).toEqual([1, [0, 'unsupported: relay has no pulse-width modulation']])
})

test('poll waits for several pins and a time, and names what came first', async () => {
  const script: Script = ({ op }, device) => (op === 'wait' && device === 'stop' ? { level: false } : undefined)
  const result = await run('wait-pins', [['button', 'stop'], 3, 10_000_000_000n], { script })
  expect(result.value).toEqual([0, [1]])
  expect(operations()).toEqual([
    { op: 'wait', target: 3, timeoutMs: 0 },
    { op: 'wait', target: 3, timeoutMs: 0 },
  ])
})

test('a wait for a pin ends when the time comes first', async () => {
  const result = await run('wait-pins', [['button'], 2, 2_000_000n], { script: () => undefined })
  expect(result.value).toEqual([0, null])
})

test('a wait that was not begun, is not over or is begun twice is an error', async () => {
  const result = await run('wait-wrongly', ['button'], { script: () => undefined })
  expect(result.value).toEqual([[0], [1], [2, [0, 'busy']]])
})

test('reads its configuration from the environment of the call', async () => {
  const call = { env: { LIMIT: '22.5' } }
  expect((await it.call(cell, { export: 'config', args: ['LIMIT'], call })).value).toEqual(['22.5'])
  expect((await it.call(cell, { export: 'config', args: ['OTHER'], call })).value).toBeNull()
})

test('waits at least as long as it said', async () => {
  const { runUs } = await run('delay-ns', [3_000_000])
  expect(runUs).toBeGreaterThanOrEqual(3000)
})

test.each([
  ['i2c-read', ['sensor', 0x48, 2], [1, [0, 0]]],
  ['spi-read', ['flash', 2], [1, [4, 'not granted: flash']]],
  ['set-pin', ['relay', [1]], [1, [0, 'not granted: relay']]],
  ['wait-pins', [['button'], 0, 1n], [1, [2, [0, 'not granted: button']]]],
  ['open-pwm', ['relay'], [1, [0, 'not granted: relay']]],
])('%s without a grant is refused as a value, and counted', async (name, args, value) => {
  const result = await it.call(cell, { export: name, args: args as never })
  expect(result).toMatchObject({ outcome: 'completed', value, refusals: { count: 1 } })
})

test('what was granted to one call is not there in the next one of the same worker', async () => {
  expect((await run('i2c-read', ['sensor', 0x48, 1])).value).toEqual([0, bytes(1)])
  expect((await it.call(cell, { export: 'i2c-read', args: ['sensor', 0x48, 1] })).value).toEqual([1, [0, 0]])
})

test('a kept instance keeps its devices from call to call', async () => {
  expect((await run('keep', ['sensor'], { keep: 'a' })).outcome).toBe('completed')
  expect((await run('kept', [0x48, 2], { keep: 'a' })).value).toEqual([0, bytes(1, 2)])
  expect((await run('kept', [0x48, 2])).value).toEqual([0, bytes()])
  it.runtime.release('a')
})

test('a guest that blocks on a bus ends at its deadline, and the next one works', async () => {
  bench = serve(devices, () => undefined)
  const args = ['sensor', 0x48, 1]
  const result = await it.call(cell, { export: 'i2c-read', args, bus: bench.bus, limits: { timeoutMs: 200 } })
  expect(result.outcome).toBe('timed-out')
  await it.alive()
})

test('refuses an import in another shape than ours and names the difference', async () => {
  const [first, ...others] = cell.manifest.imports.filter(({ name }) => name === '[method]i2c.read')
  expect(others).toEqual([])
  const foreign = { ...first, signature: first?.signature?.replace('u64', 'u32'), digest: '0'.repeat(64) }
  const manifest = { ...cell.manifest, imports: [foreign as (typeof cell.manifest.imports)[number]] }
  const prepared = it.runtime.prepare(cell.source, manifest)
  await expect(prepared).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  await expect(prepared).rejects.toThrow(/i2c\.read.*len:u32.*len:u64/)
})
