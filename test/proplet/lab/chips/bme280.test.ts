import { describe, expect, test } from 'vitest'
import bme280 from '../../../../proplet/lab/chips/bme280.ts'
import { onBench } from './bench.ts'

/** The worked example of Bosch's data sheet: 519888 = 0x7eed0 and 415148 = 0x655ac. */
const example = { initial: { temperature: 25.0825, pressure: 100_653.27, humidity: 50 } }

describe('BME280 on i2c', () => {
  test('has id 0x60, and says nothing measured after power-up', () => {
    const chip = onBench(bme280)
    expect(chip.i2c('d0', 1)).toBe('60')
    expect(chip.i2c('f2', 4)).toBe('00000000')
    expect(chip.i2c('f7', 8)).toBe('8000008000008000')
  })

  test('gives the trimming of the data sheet example', () => {
    const chip = onBench(bme280)
    // dig_T1 27504, T2 26435, T3 -1000, P1 36477, P2 -10685, P3 3024, P4 2855, P5 140, P6 -7, P7 15500, P8 -14600, P9 6000
    expect(chip.i2c('88', 26)).toBe('706b436718fc7d8e43d6d00b270b8c00f9ff8c3cf8c67017004b')
    // H2 367, H3 0, H4 311 = 0x137, H5 50 = 0x032, H6 30
    expect(chip.i2c('e1', 7)).toBe('6f01001327031e')
  })

  test('measures once when forced, and then sleeps', () => {
    const chip = onBench(bme280, example)
    chip.i2c('f201')
    // Temperature x16, pressure x16, forced: 1 + 32 + 32.5 + 2.5 ms.
    chip.i2c('f4b5')
    chip.wait(67.9)
    expect(chip.i2c('f3', 2)).toBe('08b5')
    expect(chip.i2c('f7', 6)).toBe('800000800000')
    chip.wait(0.2)
    expect(chip.i2c('f3', 2)).toBe('00b4')
    expect(chip.i2c('f7', 6)).toBe('655ac07eed00')
    chip.set('temperature', 60)
    chip.wait(1000)
    expect(chip.i2c('fa', 3)).toBe('7eed00')
  })

  test('has 16 bits at oversampling of 1: the lowest four are zero', () => {
    const chip = onBench(bme280, example)
    chip.i2c('f425')
    chip.wait(10)
    expect(chip.i2c('f7', 6)).toBe('655b007eed00')
  })

  test('takes the oversampling of humidity with the next write of ctrl_meas', () => {
    const chip = onBench(bme280, example)
    chip.i2c('f425')
    chip.i2c('f201')
    chip.wait(20)
    expect(chip.i2c('fd', 2)).toBe('8000')
    chip.i2c('f425')
    chip.wait(20)
    expect(chip.i2c('fd', 2)).not.toBe('8000')
  })

  test('skips what is not sampled', () => {
    const chip = onBench(bme280, example)
    chip.i2c('f4a1')
    chip.wait(100)
    expect(chip.i2c('f7', 8)).toBe('8000007eed008000')
  })

  test('goes on in normal mode, and feels a change in the next cycle', () => {
    const chip = onBench(bme280, example)
    // Standby 1000 ms; temperature and pressure x1: 1 + 2 + 2.5 ms.
    chip.i2c('f5a0f427')
    chip.wait(6)
    expect(chip.i2c('fa', 2)).toBe('7eed')
    chip.set('temperature', 30)
    chip.wait(500)
    expect(chip.i2c('f3', 1)).toBe('00')
    expect(chip.i2c('fa', 2)).toBe('7eed')
    chip.wait(502)
    expect(chip.i2c('f3', 1)).toBe('08')
    chip.wait(10)
    expect(chip.i2c('fa', 2)).not.toBe('7eed')
  })

  test('does not feel what came after its last measurement', () => {
    const chip = onBench(bme280, example)
    chip.i2c('f5a0f427')
    chip.wait(100)
    chip.set('temperature', 80)
    expect(chip.i2c('fa', 2)).toBe('7eed')
  })

  test('follows slowly through its filter', () => {
    const chip = onBench(bme280, example)
    // Filter 16, standby 0.5 ms.
    chip.i2c('f510f4a3')
    chip.wait(34)
    expect(chip.i2c('fa', 3)).toBe('7eed00')
    chip.set('temperature', 35)
    chip.wait(34)
    const first = Number.parseInt(chip.i2c('fa', 3), 16) >> 4
    chip.wait(10_000)
    const last = Number.parseInt(chip.i2c('fa', 3), 16) >> 4
    expect((first - 0x7eed0) / (last - 0x7eed0)).toBeCloseTo(1 / 16, 3)
  })

  test('a burst is of one measurement, even where another ends meanwhile', () => {
    const chip = onBench(bme280, example)
    const { i2c } = chip.model
    chip.i2c('f427')
    chip.wait(6)
    i2c?.start('write')
    i2c?.write(0xfa)
    i2c?.start('read')
    expect(i2c?.read()).toBe(0x7e)
    chip.set('temperature', 80)
    chip.wait(100)
    expect(i2c?.read()).toBe(0xed)
    i2c?.stop()
  })

  test('writes are pairs of register and value, reads count up', () => {
    const chip = onBench(bme280)
    chip.i2c('f203f5a0f424')
    expect(chip.i2c('f2', 4)).toBe('030024a0')
  })

  test('0xb6 resets it, and nothing else', () => {
    const chip = onBench(bme280)
    chip.i2c('f424')
    chip.i2c('e0b5')
    expect(chip.i2c('f4', 1)).toBe('24')
    chip.i2c('e0b6')
    expect(chip.i2c('f2', 4)).toBe('00010000')
    chip.wait(2)
    expect(chip.i2c('f3', 1)).toBe('00')
  })
})

describe('BME280 on SPI', () => {
  test('reads with bit 7 set, writes with bit 7 clear', () => {
    const chip = onBench(bme280, example)
    expect(chip.spi('d000')).toBe('ff60')
    chip.spi('74a5')
    chip.wait(100)
    expect(chip.spi('f4 00')).toBe('ffa4')
    expect(chip.spi('fa 000000')).toBe('ff7eed00')
  })

  test('writes are pairs there too', () => {
    const chip = onBench(bme280)
    chip.spi('7203 75a0 7424')
    expect(chip.spi('f200000000')).toBe('ff030024a0')
  })
})
