import { describe, expect, test } from 'vitest'
import type { BusDevice } from '../../../proplet/lab/buses/bus.ts'
import { pinEvents } from '../../../shared/bus.ts'
import { BENCH, gpioDevice, labOf, run, type Said } from './support.ts'

const bench = () => labOf(BENCH)
const get = (device: BusDevice) => run(device, { op: 'get' })
const set = (device: BusDevice, level: boolean) => run(device, { op: 'set', level })
const waitFor = (
  device: BusDevice,
  event: (typeof pinEvents)[number],
  { timeoutMs = 0, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<Said> => run(device, { op: 'wait', target: pinEvents.indexOf(event), timeoutMs }, signal)

describe('a line of the lab', () => {
  test('has the level that its part puts on it, else that of its resistor, else low', async () => {
    const lab = await bench()
    const input = lab.open(gpioDevice(0))
    expect(await get(input)).toEqual({ level: true })
    lab.part('in-0').set('puts', 'low')
    expect(await get(input)).toEqual({ level: false })
    expect(await get(lab.open(gpioDevice(1)))).toEqual({ level: false })
    expect(await get(lab.open(gpioDevice(1, { pull: 'up' })))).toEqual({ level: true })
    expect(await get(lab.open(gpioDevice(7)))).toEqual({ level: false })
  })

  test('is driven by the output, seen by its part, and keeps its level when it is closed', async () => {
    const lab = await bench()
    const output = lab.open(gpioDevice(1, { direction: 'output' }))
    expect(lab.part('in-1').get('driven')).toBe('none')
    expect(await set(output, true)).toEqual({})
    expect(lab.part('in-1').get('driven')).toBe('high')
    output.close()
    expect(await get(lab.open(gpioDevice(1)))).toEqual({ level: true })
    expect(lab.trace.wires()).toEqual(['1 = 1', '1 ? 1'])
  })

  test('opening an output does not change its level', async () => {
    const lab = await bench()
    const first = lab.open(gpioDevice(1, { direction: 'output' }))
    await set(first, true)
    first.close()
    const second = lab.open(gpioDevice(1, { direction: 'output' }))
    expect(await get(second)).toEqual({ level: true })
  })

  test('an input is not set, an output is one driver’s alone, an input is anybody’s', async () => {
    const lab = await bench()
    expect(await set(lab.open(gpioDevice(0)), true)).toEqual({ error: 'invalid' })
    lab.open(gpioDevice(0))
    const output = lab.open(gpioDevice(1, { name: 'motor-1', direction: 'output' }))
    expect(() => lab.open(gpioDevice(1, { direction: 'both' }))).toThrow(
      /device dut: line 1 of gpio-0 is in use as motor-1/,
    )
    output.close()
    lab.open(gpioDevice(1, { direction: 'both' }))
  })

  test.each([8, 512, undefined])('line %s does not exist', async (line) => {
    const lab = await bench()
    expect(() => lab.open(gpioDevice(0, { line }))).toThrow(/gpio-0 has no line/)
  })

  test('an event of no name and an operation of no sense are invalid', async () => {
    const device = (await bench()).open(gpioDevice(0))
    expect(await run(device, { op: 'wait', target: 5 })).toEqual({ error: 'invalid' })
    expect(await run(device, { op: 'transfer', target: 1 })).toEqual({ error: 'invalid' })
  })
})

describe('waiting for a line', () => {
  test.each([
    ['high', ['low', 'high'], true],
    ['low', ['high', 'low'], false],
    ['rising', ['low', 'high'], true],
    ['falling', ['high', 'low'], false],
    ['any', ['high'], true],
  ] as const)('%s comes when the line does so, and not before', async (event, puts, level) => {
    const lab = await bench()
    const part = lab.part('in-1')
    part.set('puts', event === 'low' ? 'high' : 'low')
    const answer = waitFor(lab.open(gpioDevice(1)), event)
    for (const put of puts) part.set('puts', put)
    expect(await answer).toEqual({ level })
  })

  test.each(['high', 'low'] as const)('%s comes at once where it is there', async (event) => {
    const lab = await bench()
    lab.part('in-1').set('puts', event)
    expect(await waitFor(lab.open(gpioDevice(1)), event)).toEqual({ level: event === 'high' })
  })

  test('an edge of before is none', async () => {
    const lab = await bench()
    const input = lab.open(gpioDevice(1))
    lab.part('in-1').set('puts', 'high')
    const answer = waitFor(input, 'rising', { timeoutMs: 10 })
    lab.time.advance(10_000_000n)
    expect(await answer).toEqual({ error: 'timeout' })
  })

  test('ends with its time in the lab’s time, or with its signal', async () => {
    const lab = await bench()
    const input = lab.open(gpioDevice(1))
    const late = waitFor(input, 'high', { timeoutMs: 50 })
    lab.time.advance(49_999_999n)
    lab.time.advance(1n)
    expect(await late).toEqual({ error: 'timeout' })
    const abort = new AbortController()
    const cancelled = waitFor(input, 'high', { signal: abort.signal })
    abort.abort()
    expect(await cancelled).toEqual({ error: 'cancelled' })
  })

  test('an output that another driver moves is an edge too', async () => {
    const lab = await bench()
    const answer = waitFor(lab.open(gpioDevice(5)), 'rising')
    await set(lab.open(gpioDevice(5, { direction: 'output' })), true)
    expect(await answer).toEqual({ level: true })
  })

  test('several wait for one line, and all hear of it', async () => {
    const lab = await bench()
    const answers = [waitFor(lab.open(gpioDevice(1)), 'rising'), waitFor(lab.open(gpioDevice(1)), 'any')]
    lab.part('in-1').set('puts', 'high')
    expect(await Promise.all(answers)).toEqual([{ level: true }, { level: true }])
  })
})

describe('a debounced line', () => {
  test('a level that does not hold was never there', async () => {
    const lab = await bench()
    const part = lab.part('in-1')
    const input = lab.open(gpioDevice(1, { debounceUs: 2000 }))
    const answer = waitFor(input, 'rising')
    part.set('puts', 'high')
    lab.time.advance(1_999_999n)
    part.set('puts', 'low')
    lab.time.advance(10_000_000n)
    expect(await get(input)).toEqual({ level: false })
    part.set('puts', 'high')
    lab.time.advance(1_999_999n)
    expect(await get(input)).toEqual({ level: false })
    lab.time.advance(1n)
    expect(await answer).toEqual({ level: true })
    expect(await get(input)).toEqual({ level: true })
  })

  test('a button that bounces is pressed once', async () => {
    const lab = await labOf(`
name: bouncing
time: virtual
buses: { gpio-0: { kind: gpio } }
parts:
  estop: { chip: button, bus: gpio-0, line: 4, options: { bounces: 3, bounceUs: 300 } }
`)
    const input = lab.open(gpioDevice(4, { debounceUs: 1000 }))
    const raw = lab.open(gpioDevice(4))
    const fallen = waitFor(input, 'falling')
    lab.part('estop').set('pressed', true)
    const levels: unknown[] = []
    for (let step = 0; step < 8; step++) {
      levels.push((await get(raw)).level)
      lab.time.advance(300_000n)
    }
    expect(levels).toEqual([false, true, false, true, false, true, false, false])
    lab.time.advance(1_000_000n)
    expect(await fallen).toEqual({ level: false })
    const again = waitFor(input, 'any', { timeoutMs: 100 })
    lab.time.advance(100_000_000n)
    expect(await again).toEqual({ error: 'timeout' })
  })
})
