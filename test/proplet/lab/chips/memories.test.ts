import { describe, expect, test } from 'vitest'
import at24 from '../../../../proplet/lab/chips/at24.ts'
import flash25 from '../../../../proplet/lab/chips/flash25.ts'
import { onBench } from './bench.ts'

describe('AT24C02', () => {
  test('is erased, and keeps what is written after its write cycle', () => {
    const chip = onBench(at24)
    expect(chip.i2c('10', 4)).toBe('ffffffff')
    chip.i2c('10 deadbeef')
    chip.wait(5)
    expect(chip.i2c('10', 4)).toBe('deadbeef')
    expect(chip.get('writeCycles')).toBe(1)
  })

  test('acknowledges nothing for 5 ms after a write', () => {
    const chip = onBench(at24)
    chip.i2c('00 01')
    chip.wait(4.9)
    expect(chip.i2c('00', 1)).toBe('nack')
    chip.wait(0.1)
    expect(chip.i2c('00', 1)).toBe('01')
  })

  test('an address alone begins no write cycle', () => {
    const chip = onBench(at24)
    chip.i2c('00')
    expect(chip.i2c(1)).toBe('ff')
  })

  test('writes past the end of a page begin at its start again', () => {
    const chip = onBench(at24)
    chip.i2c('06 01020304')
    chip.wait(5)
    expect(chip.i2c('00', 9)).toBe('0304ffffffff0102ff')
  })

  test('reads past the last cell begin at the first, and go on where the last read ended', () => {
    const chip = onBench(at24, { options: { contents: '01 02 03' } })
    expect(chip.i2c('ff', 3)).toBe('ff0102')
    expect(chip.i2c(1)).toBe('03')
  })

  test('data without a stop is not stored', () => {
    const chip = onBench(at24)
    expect(chip.i2c('00 55', '00', 1)).toBe('ff')
  })

  test('stores nothing while it is protected, and is not busy then', () => {
    const chip = onBench(at24, { initial: { writeProtect: true } })
    expect(chip.i2c('00 55')).toBe('')
    expect(chip.i2c('00', 1)).toBe('ff')
  })
})

describe('AT24C32', () => {
  const options = { size: 4096, pageSize: 32, addressBytes: 2 }

  test('has addresses of two bytes, and ignores the bits that it lacks', () => {
    const chip = onBench(at24, { options })
    chip.i2c('0123 aa')
    chip.wait(5)
    expect(chip.i2c('0123', 1)).toBe('aa')
    expect(chip.i2c('f123', 1)).toBe('aa')
    expect(chip.i2c('0023', 1)).toBe('ff')
  })

  test.each([
    [{ size: 4096 }, 'option size is 4096, 1 address bytes reach 256'],
    [{ size: 100 }, 'option size is 100, expected a multiple of pageSize 8'],
    [{ contents: 'xyz' }, 'option contents is xyz, expected up to 256 bytes in hex'],
  ])('refuses %j', (wrong, words) => {
    expect(() => onBench(at24, { options: wrong })).toThrow(words)
  })
})

describe('25-series flash', () => {
  const written = (chip: ReturnType<typeof onBench>, hex: string, ms = 3000) => {
    chip.spi('06')
    chip.spi(hex)
    chip.wait(ms)
  }

  test('says who it is', () => {
    const chip = onBench(flash25)
    expect(chip.spi('9f000000')).toBe('ffef4014')
    expect(chip.spi('90000000 0000')).toBe('ffffffffef13')
    expect(chip.spi('ab000000 00')).toBe('ffffffff13')
    expect(chip.spi(`4b00000000${'00'.repeat(8)}`).slice(10)).toMatch(/^(?!f+$)[0-9a-f]{16}$/)
  })

  test('changes nothing without write enable, and takes it back after a change', () => {
    const chip = onBench(flash25)
    chip.spi('02000000 00')
    expect(chip.spi('03000000 00')).toBe('ffffffffff')
    chip.spi('06')
    expect(chip.spi('0500')).toBe('ff02')
    chip.spi('04')
    expect(chip.spi('0500')).toBe('ff00')
    written(chip, '02000000 00')
    expect(chip.spi('0500')).toBe('ff00')
    expect(chip.spi('03000000 00')).toBe('ffffffff00')
  })

  test('is busy for 0.7 ms with a page, and answers status alone', () => {
    const chip = onBench(flash25)
    written(chip, '02000000 11', 0.6)
    expect(chip.spi('050000')).toBe('ff0303')
    expect(chip.spi('03000000 00')).toBe('ffffffffff')
    chip.wait(0.2)
    expect(chip.spi('0500')).toBe('ff00')
    expect(chip.spi('03000000 00')).toBe('ffffffff11')
  })

  test('programs bits from 1 to 0 only', () => {
    const chip = onBench(flash25)
    written(chip, '02000000 f0')
    written(chip, '02000000 3c')
    expect(chip.spi('03000000 00')).toBe('ffffffff30')
  })

  test('bytes past the end of a page begin at its start again', () => {
    const chip = onBench(flash25)
    written(chip, '020001fe 01020304')
    expect(chip.spi('03000100 0000').slice(8)).toBe('0304')
    expect(chip.spi('030001fe 0000').slice(8)).toBe('0102')
  })

  test.each([
    ['20', 0x1000, 45],
    ['52', 0x8000, 120],
    ['d8', 0x10000, 150],
  ])('erase %s takes a block of %d bytes with it', (opcode, size, takesMs) => {
    const chip = onBench(flash25)
    const at = (address: number) => address.toString(16).padStart(6, '0')
    for (const address of [size - 1, size, 2 * size - 1, 2 * size]) written(chip, `02${at(address)}00`)
    written(chip, `${opcode}${at(size + 5)}`, takesMs - 1)
    expect(chip.spi('0500')).toBe('ff03')
    chip.wait(1)
    const read = [size - 1, size, 2 * size - 1, 2 * size].map((address) => chip.spi(`03${at(address)}00`).slice(8))
    expect(read).toEqual(['00', 'ff', 'ff', '00'])
  })

  test.each(['c7', '60'])('%s erases everything', (opcode) => {
    const chip = onBench(flash25)
    written(chip, '02000000 00')
    written(chip, '020fffff 00')
    written(chip, opcode)
    expect(chip.spi('03000000 00').slice(8) + chip.spi('030fffff 00').slice(8)).toBe('ffff')
    expect([chip.get('programs'), chip.get('erases')]).toEqual([2, 1])
  })

  test('reads past the end begin at the start, fast too', () => {
    const chip = onBench(flash25, { options: { contents: 'a1b2' } })
    expect(chip.spi('030fffff 000000').slice(8)).toBe('ffa1b2')
    expect(chip.spi('0b000000 00 0000').slice(10)).toBe('a1b2')
  })

  test('asleep it hears its release alone', () => {
    const chip = onBench(flash25)
    chip.spi('b9')
    expect(chip.spi('9f000000')).toBe('ffffffff')
    chip.spi('ab')
    expect(chip.spi('9f000000')).toBe('ffef4014')
  })

  test('protects what its status says', () => {
    const chip = onBench(flash25)
    // BP0: the last sixteenth, 64 KiB.
    written(chip, '01 04')
    written(chip, '020f0000 00')
    written(chip, '020effff 00')
    written(chip, '200ff000')
    expect(chip.spi('030effff 0000').slice(8)).toBe('00ff')
    expect(chip.get('erases')).toBe(0)
  })

  test('describes itself as JESD216 wants it', () => {
    const chip = onBench(flash25)
    const read = (address: string, length: number) => chip.spi(`5a${address}00${'00'.repeat(length)}`).slice(10)
    expect(read('000000', 16)).toBe('53464450000100ff00000109800000ff')
    // Erase of 4 KiB by 0x20; 8 Mbit; no dual or quad reads; erases of 2^12, 2^15 and 2^16 bytes.
    expect(read('000080', 36)).toBe('e52080ffffff7f000000000000000000eeffffffffff0000ffff00000c200f5210d80000')
  })

  test('has another size by its id', () => {
    const chip = onBench(flash25, { options: { jedecId: 'ef4016' } })
    written(chip, '023fffff 00')
    expect(chip.spi('033fffff 00').slice(8)).toBe('00')
    expect(() => onBench(flash25, { options: { jedecId: 'ef40' } })).toThrow(
      'option jedecId is ef40, expected 3 bytes in hex',
    )
  })
})
