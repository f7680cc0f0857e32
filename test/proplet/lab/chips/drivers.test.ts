import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import adxl345 from '../../../../proplet/lab/chips/adxl345.ts'
import at24 from '../../../../proplet/lab/chips/at24.ts'
import bme280 from '../../../../proplet/lab/chips/bme280.ts'
import flash25 from '../../../../proplet/lab/chips/flash25.ts'
import lis2dw12 from '../../../../proplet/lab/chips/lis2dw12.ts'
import lm75 from '../../../../proplet/lab/chips/lm75.ts'
import { wasm } from '../../../../proplet/runtime/webassembly.ts'
import { onBench } from './bench.ts'
import { sourcesDigest } from './drivers/build.ts'
import { DriverHost } from './drivers/host.ts'

const folder = join(import.meta.dirname, 'drivers')
const bytes = readFileSync(join(folder, 'chip-drivers.wasm'))
const module = new wasm.Module(bytes)

describe('drivers that others wrote, from crates.io, read what the lab set', () => {
  const weather = { temperature: 21.7, pressure: 98_765, humidity: 61.5 }
  test.each([
    ['bme280 over i2c', 'bme280_i2c'],
    ['bme280-multibus over SPI', 'bme280_multibus'],
    ['bme280-rs over i2c', 'bme280_rs'],
  ])('%s', (_, driver) => {
    const [temperature, pressure, humidity] = new DriverHost(onBench(bme280, { initial: weather }), 0x76).run(
      module,
      driver,
    )
    expect(temperature).toBeCloseTo(21.7, 1)
    expect(Math.abs((pressure ?? 0) - 98_765)).toBeLessThan(3)
    expect(humidity).toBeCloseTo(61.5, 1)
  })

  test.each([85, 0, -39.5])('bme280 at %d °C', (temperature) => {
    const chip = onBench(bme280, { initial: { ...weather, temperature } })
    const [read, pressure, humidity] = new DriverHost(chip, 0x76).run(module, 'bme280_i2c')
    expect(read).toBeCloseTo(temperature, 1)
    expect(Math.abs((pressure ?? 0) - 98_765)).toBeLessThan(3)
    expect(humidity).toBeCloseTo(61.5, 1)
  })

  test('lm75', () => {
    const chip = onBench(lm75, { initial: { temperature: -12.5 } })
    expect(new DriverHost(chip, 0x48).run(module, 'lm75')).toEqual([-12.5])
    // 60.5 °C, -20 °C, two conversions.
    expect([chip.i2c('03', 2), chip.i2c('02', 2), chip.i2c('01', 1)]).toEqual(['3c80', 'ec00', '08'])
  })

  test('eeprom24x', () => {
    const chip = onBench(at24, { options: { size: 4096, pageSize: 32, addressBytes: 2 } })
    expect(new DriverHost(chip, 0x50).run(module, 'eeprom24x')).toEqual([1, 2, 3, 4, 5, 6])
    expect(chip.get('writeCycles')).toBe(2)
  })

  test('w25q32jv', () => {
    const chip = onBench(flash25, { options: { jedecId: 'ef4016' } })
    expect(new DriverHost(chip).run(module, 'w25q32jv')).toEqual([1, 2, 3, 4, 255, 255, 255, 255])
    expect([chip.get('erases'), chip.get('programs')]).toEqual([2, 2])
  })

  test('adxl345-eh-driver', () => {
    const chip = onBench(adxl345, { initial: { x: 0.5, y: -0.25, z: 1 } })
    const read = new DriverHost(chip, 0x53).run(module, 'adxl345')
    for (const [axis, g] of [0.5, -0.25, 1].entries()) expect((read[axis] ?? 0) / 9.80665).toBeCloseTo(g, 2)
  })

  test('lis2dw12', () => {
    const chip = onBench(lis2dw12, { initial: { x: 0.5, y: -0.25, z: 1 } })
    const read = new DriverHost(chip).run(module, 'lis2dw12')
    for (const [axis, g] of [0.5, -0.25, 1].entries()) expect((read[axis] ?? 0) * 0.000061).toBeCloseTo(g, 3)
  })
})

test('a driver that does not find its chip is a trap, so the tests above can fail', () => {
  const elsewhere = new DriverHost(onBench(bme280), 0x77)
  expect(() => elsewhere.run(module, 'bme280_i2c')).toThrow(wasm.RuntimeError)
  expect(() => new DriverHost(onBench(lm75), 0x76).run(module, 'bme280_i2c')).toThrow(wasm.RuntimeError)
})

test('the committed module is of the sources beside it (node test/proplet/lab/chips/drivers/build.ts)', () => {
  const built = JSON.parse(readFileSync(join(folder, 'built.json'), 'utf8'))
  expect(built).toEqual({ sources: sourcesDigest(), module: createHash('sha256').update(bytes).digest('hex') })
})
