import { describe, expect, test } from 'vitest'
import adxl345 from '../../../../proplet/lab/chips/adxl345.ts'
import lis2dw12 from '../../../../proplet/lab/chips/lis2dw12.ts'
import { fromHex, onBench } from './bench.ts'

const words = (hex: string): number[] => {
  const bytes = fromHex(hex)
  return Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readInt16LE(at * 2))
}

/** Of a sine of 1 g with 16 samples a turn. */
const sixteenth = (at: number): number => Math.round(Math.sin((2 * Math.PI * at) / 16) / 0.000244) * 4 + 0

describe('LIS2DW12', () => {
  test('says who it is, on both buses', () => {
    const chip = onBench(lis2dw12)
    expect(chip.i2c('0f', 1)).toBe('44')
    expect(chip.spi('8f00')).toBe('ff44')
  })

  test('gives gravity at rest: 4098 of 0.244 mg, left-justified in 16 bits', () => {
    const chip = onBench(lis2dw12)
    // 100 Hz, high performance.
    chip.spi('2054')
    expect(chip.spi('a700')).toBe('ff00')
    chip.wait(10)
    expect(chip.spi('a700')).toBe('ff01')
    expect(chip.spi('a8000000000000')).toBe('ff000000000840')
    expect(chip.spi('a700')).toBe('ff00')
  })

  test.each([
    ['00', 4098],
    ['10', 2049],
    ['20', 1025],
    ['30', 512],
  ])('range %s gives %d', (range, count) => {
    const chip = onBench(lis2dw12)
    chip.i2c(`25${range}`)
    chip.i2c('2054')
    chip.wait(10)
    expect(words(chip.i2c('2c', 2))).toEqual([count * 4])
  })

  test('is coarse in low-power mode 1, and saturates', () => {
    const chip = onBench(lis2dw12, { initial: { z: -1, x: 3 } })
    chip.i2c('2050')
    chip.wait(10)
    expect(words(chip.i2c('28', 6))).toEqual([2047 * 16, 0, -1025 * 16])
  })

  test('measures nothing in power-down', () => {
    const chip = onBench(lis2dw12)
    chip.wait(1000)
    expect(chip.i2c('27', 7)).toBe('00000000000000')
  })

  test('converts on demand, once', () => {
    const chip = onBench(lis2dw12)
    // On demand, low-power mode 2, by its register.
    chip.i2c('2019')
    chip.i2c('2203')
    chip.wait(1)
    expect(chip.i2c('22', 1)).toBe('03')
    chip.wait(1)
    expect(chip.i2c('22', 1)).toBe('02')
    expect(words(chip.i2c('2c', 2))).toEqual([4098 * 4])
    chip.set('z', 0)
    chip.wait(100)
    expect(words(chip.i2c('2c', 2))).toEqual([4098 * 4])
  })

  test('a FIFO of 32 keeps the newest in continuous mode, each once', () => {
    const chip = onBench(lis2dw12, { initial: { z: 0, amplitude: 1, frequency: 25, axis: 'x' } })
    chip.spi('2ed4')
    // 400 Hz: 16 samples for each turn.
    chip.spi('2074')
    chip.wait(2.5 * 20)
    expect(chip.spi('af00')).toBe('ff94')
    chip.wait(2.5 * 20)
    expect(chip.spi('af00')).toBe('ffe0')
    const samples = words(chip.spi(`a8${'000000000000'.repeat(32)}`).slice(2)).filter((_, at) => at % 3 === 0)
    const expected = Array.from({ length: 32 }, (_, at) => sixteenth(at + 9))
    expect(samples).toEqual(expected)
    expect(chip.spi('af00')).toBe('ff00')
  })

  test('a FIFO that is full stands still where it is told to', () => {
    const chip = onBench(lis2dw12, { initial: { z: 0, amplitude: 1, frequency: 25, axis: 'x' } })
    chip.i2c('2e20')
    chip.i2c('2074')
    chip.wait(1000)
    const [first] = words(chip.i2c('28', 6))
    expect(first).toBe(sixteenth(1))
  })

  test('holds the high byte for the low byte that was read, where block update is on', () => {
    const chip = onBench(lis2dw12)
    chip.i2c('210c')
    chip.i2c('2054')
    chip.wait(10)
    expect(chip.i2c('2c', 1)).toBe('08')
    chip.set('z', -1)
    chip.wait(10)
    expect(chip.i2c('2d', 1)).toBe('40')
    expect(words(chip.i2c('2c', 2))).toEqual([-4098 * 4])
  })

  test('a frequency that changes bends the sine without a jump', () => {
    const chip = onBench(lis2dw12, { initial: { z: 0, amplitude: 1, frequency: 1, axis: 'z' } })
    chip.i2c('2094')
    chip.wait(250)
    const [before = 0] = words(chip.i2c('2c', 2))
    chip.set('frequency', 1.1)
    chip.wait(1)
    const [after = 0] = words(chip.i2c('2c', 2))
    expect(Math.abs(after - before)).toBeLessThan(50)
  })

  test('gives its temperature, 25 °C at zero', () => {
    const chip = onBench(lis2dw12, { initial: { temperature: 30.5 } })
    expect(chip.i2c('0d', 2)).toBe('8005')
    expect(chip.i2c('26', 1)).toBe('06')
  })

  test('resets itself', () => {
    const chip = onBench(lis2dw12)
    chip.i2c('2054')
    chip.i2c('2140')
    expect(chip.i2c('20', 2)).toBe('0004')
  })
})

describe('ADXL345', () => {
  test('says who it is, on both buses', () => {
    const chip = onBench(adxl345)
    expect(chip.i2c('00', 1)).toBe('e5')
    expect(chip.spi('8000')).toBe('ffe5')
  })

  test('gives gravity at rest: 256 of 3.9 mg', () => {
    const chip = onBench(adxl345, { initial: { x: -0.5 } })
    chip.i2c('2d08')
    chip.wait(10)
    expect(chip.i2c('30', 1)).toBe('82')
    expect(chip.i2c('32', 6)).toBe('80ff00000001')
    expect(chip.i2c('30', 1)).toBe('02')
  })

  test.each([
    ['00', 256],
    ['03', 32],
    ['0b', 256],
    ['04', 256 * 64],
  ])('format %s gives %d', (format, count) => {
    const chip = onBench(adxl345)
    chip.i2c(`31${format}`)
    chip.i2c('2d08')
    chip.wait(10)
    expect(words(chip.i2c('36', 2))).toEqual([count])
  })

  test('saturates at ±2 g, or at ±16 g', () => {
    const chip = onBench(adxl345, { initial: { z: 12, y: -12 } })
    chip.i2c('2d08')
    chip.wait(10)
    expect(words(chip.i2c('34', 4))).toEqual([-512, 511])
    chip.i2c('310b')
    chip.wait(10)
    expect(words(chip.i2c('34', 4))).toEqual([-3072, 3072])
  })

  test('adds its offsets, 15.6 mg each', () => {
    const chip = onBench(adxl345)
    chip.i2c('1e0a00f6')
    chip.i2c('2d08')
    chip.wait(10)
    expect(words(chip.i2c('32', 6))).toEqual([40, 0, 216])
  })

  test('counts up on SPI only where bit 6 says so', () => {
    const chip = onBench(adxl345)
    expect(chip.spi('ac0000')).toBe('ff0a0a')
    expect(chip.spi('ec0000')).toBe('ff0a00')
  })

  test('a burst takes one sample out of the FIFO', () => {
    const chip = onBench(adxl345, { initial: { z: 0, amplitude: 1, frequency: 10, axis: 'y' } })
    chip.i2c('3882')
    chip.i2c('2d08')
    chip.wait(30)
    expect(chip.i2c('39', 1)).toBe('03')
    const read = [1, 2, 3].map(() => words(chip.i2c('32', 6))[1])
    expect(read).toEqual([1, 2, 3].map((at) => Math.round(Math.sin((2 * Math.PI * at) / 10) * 256)))
    expect(chip.i2c('39', 1)).toBe('00')
  })

  test('measures nothing in standby', () => {
    const chip = onBench(adxl345)
    chip.wait(1000)
    expect(chip.i2c('32', 6)).toBe('000000000000')
  })
})
