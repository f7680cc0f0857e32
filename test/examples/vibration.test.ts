import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cell, type Inspected, inspected, linesOf, openCell } from './cell.ts'

let cell: Cell
let vibration: Inspected
beforeAll(async () => {
  cell = await openCell()
  vibration = await inspected('vibration/vibration.wasm')
})
afterAll(() => cell.close())

const rms = (samples: number) => cell.call(vibration, { export: 'rms', args: [samples] })

describe('vibration', () => {
  test('is a page of AssemblyScript for a microcontroller', () => {
    expect(linesOf('vibration/vibration.ts')).toBeLessThan(60)
    expect(vibration.manifest.dataBytes).toBeLessThanOrEqual(1024)
  })

  test('of a machine at rest is nothing: gravity does not count', async () => {
    cell.set('vib-1', 'amplitude', 0)
    const { value, refusals } = await rms(64)
    expect((value as { ok: number }).ok).toBeCloseTo(0, 3)
    expect(refusals).toBe(0)
  })

  test.each(['x', 'y', 'z'])('of a sine along %s is its peak by the root of two', async (axis) => {
    cell.set('vib-1', 'amplitude', 0.5)
    cell.set('vib-1', 'frequency', 50)
    cell.set('vib-1', 'axis', axis)
    const { value } = await rms(320)
    expect((value as { ok: number }).ok).toBeCloseTo(0.5 / Math.SQRT2, 1)
  })

  test.each([0, 10_001])('of %d samples is refused by the function itself', async (samples) => {
    expect(await rms(samples)).toMatchObject({ value: { err: '1 to 10000 samples' } })
  })

  test('without the grant says that the sensor is not to be had', async () => {
    expect(await cell.call(vibration, { export: 'rms', args: [1], grants: [] })).toMatchObject({
      value: { err: 'vib-1: not to be had' },
    })
  })
})
