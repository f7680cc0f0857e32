import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cell, type Inspected, inspected, linesOf, openCell } from './cell.ts'

let cell: Cell
let thermostat: Inspected
beforeAll(async () => {
  cell = await openCell()
  thermostat = await inspected('thermostat/thermostat.wasm')
})
afterAll(() => cell.close())

const measureAt = async (celsius: number, env: Record<string, string> = {}) => {
  cell.set('line1-temp', 'temperature', celsius)
  return await cell.call(thermostat, { export: 'measure', env })
}

describe('the thermostat', () => {
  test('is a page of Rust that needs 8 KiB of flash and 4 KiB of memory at most', () => {
    expect(linesOf('thermostat/src/lib.rs')).toBeLessThan(60)
    expect(thermostat.manifest.kind).toBe('lowered-core')
    const small = thermostat.manifest.images.find(({ format }) => format === 'lowered-core')
    expect(small?.sizeBytes).toBeLessThan(8 * 1024)
    expect(thermostat.manifest.dataBytes).toBeLessThanOrEqual(4 * 1024)
    expect(thermostat.manifest.sizeBytes).toBeLessThan(8 * 1024)
  })

  test('asks for the sensor at its address and the relay', () => {
    expect(thermostat.manifest.devices).toEqual([
      { device: 'line1-temp', kind: 'i2c', access: 'read-write', addresses: [0x76], maxBytes: 32, perSecond: 50 },
      { device: 'motor-1', kind: 'gpio', access: 'read-write', perSecond: 10 },
    ])
  })

  test('closes the relay below the set point and opens it above', async () => {
    expect(await measureAt(20)).toMatchObject({ value: { ok: { heating: true } }, refusals: 0 })
    expect(await measureAt(30)).toMatchObject({ value: { ok: { heating: false } } })
  })

  test('leaves the relay as it is while the temperature is within half a degree of the set point', async () => {
    const followed = []
    for (const celsius of [20, 24.8, 25.3, 26, 25.3, 24.8, 24]) {
      const { value } = await measureAt(celsius)
      followed.push([celsius, (value as { ok: { heating: boolean } }).ok.heating, cell.get('motor-1', 'closed')])
    }
    expect(followed).toEqual([
      [20, true, true],
      [24.8, true, true],
      [25.3, true, true],
      [26, false, false],
      [25.3, false, false],
      [24.8, false, false],
      [24, true, true],
    ])
  })

  test.each([-40, -0.5, 0, 21.37, 60, 85])('measures %d °C to a hundredth', async (celsius) => {
    const { value } = await measureAt(celsius)
    const { ok } = value as { ok: { celsius: number } }
    expect(Math.abs(ok.celsius - celsius)).toBeLessThanOrEqual(0.011)
  })

  test('takes its set point from the configuration, to a hundredth', async () => {
    expect(await measureAt(20, { SET_POINT: '18.25' })).toMatchObject({ value: { ok: { heating: false } } })
    expect(await measureAt(-12, { SET_POINT: '-10.5' })).toMatchObject({ value: { ok: { heating: true } } })
  })

  test('takes 25 degrees where the set point is no number', async () => {
    expect(await measureAt(20, { SET_POINT: 'warm' })).toMatchObject({ value: { ok: { heating: true } } })
    expect(await measureAt(26, { SET_POINT: '99999999999999' })).toMatchObject({ value: { ok: { heating: false } } })
  })

  test('says so where the sensor does not answer, and leaves the relay alone', async () => {
    const id = cell.lab.addFault({ on: 'line1-temp', kind: 'nack' })
    const { value, transcript } = await measureAt(0)
    cell.lab.faults.clear({ fault: id })
    expect(value).toEqual({ err: 'sensor: no answer' })
    expect(transcript?.rows.some(({ op }) => op === 'set')).toBe(false)
  })

  test('without the relay among its grants measures nothing that it cannot act upon', async () => {
    const grants = (thermostat.manifest.devices ?? []).filter(({ device }) => device !== 'motor-1')
    expect(await cell.call(thermostat, { export: 'measure', grants })).toMatchObject({
      value: { err: 'relay: not to be had' },
    })
  })
})
