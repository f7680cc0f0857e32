import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeItem, encodeItem, Float, type Item } from '../../shared/cbor.ts'

const round = (item: Item) => decodeItem(encodeItem(item), { bytes: 1 << 24 })

describe('items [P-1.3]', () => {
  test.each([0, 1, 255, 256, 511, 512, 513, 600, 65_535, 65_536, 100_000])(
    'texts and bytes of %i are read back',
    (size) => {
      expect(round('x'.repeat(size))).toBe('x'.repeat(size))
      expect(Buffer.from(round(Buffer.alloc(size, 7)) as Uint8Array)).toEqual(Buffer.alloc(size, 7))
      expect(round([Buffer.alloc(size, 1), 'é'.repeat(size), new Map([['k'.repeat(size), 1]])])).toEqual([
        Buffer.alloc(size, 1),
        'é'.repeat(size),
        new Map([['k'.repeat(size), 1]]),
      ])
    },
  )

  test.each([
    [2 ** 32, '1b0000000100000000'],
    [2 ** 53 - 1, '1b001fffffffffffff'],
    [2n ** 53n + 1n, '1b0020000000000001'],
    [2n ** 64n - 1n, '1bffffffffffffffff'],
    [-(2n ** 63n), '3b7fffffffffffffff'],
    [-(2 ** 32) - 1, '3b0000000100000000'],
    [new Float(1, 64), 'fb3ff0000000000000'],
    [new Float(Number.NaN, 32), 'fa7fc00000'],
    [
      new Map<string, Item>([
        ['b', 1],
        ['a', 2],
        ['aa', 3],
      ]),
      'a36161026162016261 6103'.replace(' ', ''),
    ],
    [
      new Map<number, Item>([
        [24, 1],
        [10, 2],
        [1000, 3],
      ]),
      'a30a021818011903e803',
    ],
  ])('%s has the one form %s', (item, hex) => {
    expect(encodeItem(item).toString('hex')).toBe(hex)
  })

  test('a number that is no integer is refused, not written as something else', () => {
    expect(() => encodeItem(1.5)).toThrow(/wrap it in Float/)
    expect(() => encodeItem(2 ** 53)).toThrow(/wrap it in Float/)
  })

  test('any item is read back as it was', () => {
    const { item } = fc.letrec<{ item: Item }>((tie) => ({
      item: fc.oneof(
        { maxDepth: 4 },
        fc.maxSafeInteger(),
        fc.string({ unit: 'grapheme', maxLength: 900 }),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array({ maxLength: 900 }).map((bytes) => Buffer.from(bytes)),
        fc.array(tie('item'), { maxLength: 5 }),
        fc
          .uniqueArray(fc.tuple(fc.nat(), tie('item')), { selector: ([key]) => key, maxLength: 5 })
          .map((rows) => new Map(rows)),
      ) as fc.Arbitrary<Item>,
    }))
    fc.assert(
      fc.property(item, (value) => {
        expect(encodeItem(round(value))).toEqual(encodeItem(value))
      }),
    )
  })
})
