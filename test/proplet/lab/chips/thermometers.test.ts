import { describe, expect, test } from 'vitest'
import lm75 from '../../../../proplet/lab/chips/lm75.ts'
import tmp108 from '../../../../proplet/lab/chips/tmp108.ts'
import { onBench } from './bench.ts'

describe('LM75', () => {
  // Table 1 of the data sheet.
  test.each([
    [125, '7d00'],
    [25, '1900'],
    [0.5, '0080'],
    [0, '0000'],
    [-0.5, 'ff80'],
    [-25, 'e700'],
    [-55, 'c900'],
  ])('%d °C is %s', (temperature, word) => {
    expect(onBench(lm75, { initial: { temperature } }).i2c('00', 2)).toBe(word)
  })

  test('rounds to half a degree', () => {
    expect(onBench(lm75, { initial: { temperature: 21.3 } }).i2c('00', 2)).toBe('1580')
  })

  test('has the resolution that it is given', () => {
    expect(onBench(lm75, { initial: { temperature: 21.125 }, options: { bits: 11 } }).i2c('00', 2)).toBe('1520')
    expect(() => onBench(lm75, { options: { bits: 13 } })).toThrow(
      'option bits is 13, expected a whole number from 9 to 12',
    )
  })

  test('has 75 and 80 °C as thresholds, and keeps what is written in 9 bits', () => {
    const chip = onBench(lm75)
    expect([chip.i2c('02', 2), chip.i2c('03', 2)]).toEqual(['4b00', '5000'])
    chip.i2c('031aff')
    expect(chip.i2c('03', 2)).toBe('1a80')
  })

  test('the pointer outlives a transaction, and temperature cannot be written', () => {
    const chip = onBench(lm75)
    chip.i2c('02')
    expect(chip.i2c(2)).toBe('4b00')
    chip.i2c('007fff')
    expect(chip.i2c(2)).toBe('1900')
  })

  test('a change is seen with the next conversion', () => {
    const chip = onBench(lm75)
    chip.wait(150)
    chip.set('temperature', 30)
    expect(chip.i2c('00', 2)).toBe('1900')
    chip.wait(50)
    expect(chip.i2c('00', 2)).toBe('1e00')
  })

  test('does not convert in shutdown', () => {
    const chip = onBench(lm75)
    chip.wait(1)
    chip.i2c('0101')
    chip.set('temperature', 30)
    chip.wait(1000)
    expect(chip.i2c('00', 2)).toBe('1900')
    chip.i2c('0100')
    chip.wait(100)
    expect(chip.i2c('00', 2)).toBe('1e00')
  })

  test('as comparator, switches above the limit and back below the hysteresis, by itself', () => {
    const chip = onBench(lm75)
    chip.wait(1)
    chip.set('temperature', 80.5)
    expect(chip.get('os')).toBe(false)
    chip.wait(100)
    expect(chip.get('os')).toBe(true)
    chip.set('temperature', 75)
    chip.wait(1000)
    expect(chip.get('os')).toBe(true)
    chip.set('temperature', 74.5)
    chip.wait(100)
    expect(chip.get('os')).toBe(false)
  })

  test.each([
    ['low', '00', undefined, false],
    ['high', '04', false, undefined],
  ])('its open drain is active %s', (_, config, before, after) => {
    const chip = onBench(lm75)
    const levels: unknown[] = []
    chip.i2c(`01${config}`)
    levels.push(chip.model.gpio?.level?.())
    chip.model.gpio?.onLevel?.(() => levels.push(chip.model.gpio?.level?.()))
    chip.set('temperature', 90)
    chip.wait(100)
    expect(levels).toEqual([before, after])
  })

  test('waits for as many conversions as its fault queue has', () => {
    const chip = onBench(lm75)
    chip.i2c('0110')
    chip.wait(1)
    chip.set('temperature', 90)
    chip.wait(399)
    expect(chip.get('os')).toBe(true)
    const other = onBench(lm75)
    other.i2c('0110')
    other.wait(1)
    other.set('temperature', 90)
    other.wait(398)
    expect(other.get('os')).toBe(false)
  })

  test('as interrupt, is quiet once read, until the temperature has fallen', () => {
    const chip = onBench(lm75)
    chip.i2c('0102')
    chip.set('temperature', 90)
    chip.wait(100)
    expect(chip.get('os')).toBe(true)
    chip.i2c('00', 2)
    expect(chip.get('os')).toBe(false)
    chip.wait(1000)
    expect(chip.get('os')).toBe(false)
    chip.set('temperature', 20)
    chip.wait(100)
    expect(chip.get('os')).toBe(true)
  })
})

describe('TMP108', () => {
  // Table 8-1 of the data sheet: 12 bits of 0.0625 °C.
  test.each([
    [100, '6400'],
    [25, '1900'],
    [0.25, '0040'],
    [-0.25, 'ffc0'],
    [-25, 'e700'],
  ])('%d °C is %s', (temperature, word) => {
    expect(onBench(tmp108, { initial: { temperature } }).i2c('00', 2)).toBe(word)
  })

  test('begins at 1 Hz, continuous, with limits that nothing reaches', () => {
    const chip = onBench(tmp108)
    expect([chip.i2c('01', 2), chip.i2c('02', 2), chip.i2c('03', 2)]).toEqual(['2210', '8000', '7ff0'])
  })

  test('flags what passes a limit, with hysteresis', () => {
    const chip = onBench(tmp108)
    chip.i2c('031e00')
    chip.set('temperature', 30)
    chip.wait(1100)
    expect(chip.get('alert')).toBe(true)
    expect(chip.i2c('01', 2)).toBe('3210')
    chip.set('temperature', 29.5)
    chip.wait(1100)
    expect(chip.get('alert')).toBe(true)
    chip.set('temperature', 28.9)
    chip.wait(1100)
    expect(chip.i2c('01', 2)).toBe('2210')
  })

  test('pulls its open drain low while a limit is passed, or lets it go where it is active high', () => {
    const chip = onBench(tmp108)
    chip.i2c('031e00')
    chip.set('temperature', 31)
    expect(chip.model.gpio?.level?.()).toBeUndefined()
    chip.wait(1100)
    expect(chip.model.gpio?.level?.()).toBe(false)
    chip.i2c('012290')
    expect(chip.model.gpio?.level?.()).toBeUndefined()
  })

  test('latches flags until they are read, where it is told to', () => {
    const chip = onBench(tmp108)
    chip.i2c('021400')
    chip.i2c('012610')
    chip.set('temperature', 10)
    chip.wait(1100)
    chip.set('temperature', 25)
    chip.wait(1100)
    expect(chip.i2c('01', 2)).toBe('2e10')
    expect(chip.i2c('01', 2)).toBe('2610')
  })

  test('converts once and shuts down', () => {
    const chip = onBench(tmp108)
    chip.i2c('012010')
    chip.wait(10)
    chip.set('temperature', 30)
    chip.wait(2000)
    expect(chip.i2c('00', 2)).toBe('1900')
    chip.i2c('012110')
    chip.wait(26)
    expect([chip.i2c('01', 2), chip.i2c('00', 2)]).toEqual(['2110', '1900'])
    chip.wait(2)
    expect([chip.i2c('01', 2), chip.i2c('00', 2)]).toEqual(['2010', '1e00'])
  })
})
