import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { noZephyr, ZEPHYR_BUILD_MS, ZEPHYR_TEST_MS } from './zephyr.ts'
import { espressifToolchain } from './zephyr-build.ts'
import {
  builtImage,
  espressifBoards,
  isSigned,
  noArmCompiler,
  type Partition,
  partitionsOfImage,
  partitionsOfPage,
  partitionsOfSource,
  placeOf,
} from './zephyr-images.ts'

/** Boards of Zephyr's that are not here: what their images are, and whether their pages say so. */

const FLASH = 0x0800_0000
const BLOCK = 128 * 1024
const SECTOR = 4 * 1024
const find = (all: readonly Partition[], label: string) => all.find((one) => one.label === label) as Partition
const end = ({ from, bytes }: Partition) => from + bytes

describe.each([
  { board: 'nucleo_h753zi', flash: 2 * 1024 * 1024, block: BLOCK },
  { board: 'esp32c3_devkitm', flash: 4 * 1024 * 1024, block: SECTOR },
  { board: 'esp32s3_devkitc', flash: 8 * 1024 * 1024, block: SECTOR },
])('partitions of $board on Zephyr', ({ board, flash, block }) => {
  const page = partitionsOfPage(board)

  test('are on its page', () => {
    const source = partitionsOfSource(board)
    expect(source.map(({ label }) => label)).toEqual(expect.arrayContaining(['image-0', 'image-1', 'samara']))
    expect(page).toEqual(expect.arrayContaining([...source]))
  })

  test('are whole blocks, one behind the other', () => {
    expect(page.length).toBeGreaterThanOrEqual(5)
    for (const [index, one] of page.entries()) {
      expect([one.from % block, one.bytes % block]).toEqual([0, 0])
      expect(end(one)).toBeLessThanOrEqual(page[index + 1]?.from ?? flash)
    }
  })

  test('have a block more in the second slot, by way of which MCUboot swaps', () => {
    expect(find(page, 'image-1').bytes).toBe(find(page, 'image-0').bytes + block)
  })
})

describe.skipIf(noZephyr || noArmCompiler)('the image of Zephyr for nucleo_h753zi', () => {
  const board = 'nucleo_h753zi'
  const plain = () => builtImage(board, { bootloader: false })
  const signed = () => builtImage(board, { bootloader: true })
  const page = partitionsOfPage(board)

  test(
    'without a bootloader begins where flash begins, and ends before what is kept',
    async () => {
      const folder = await plain()
      const { from, to } = placeOf(join(folder, 'zephyr/zephyr.hex'))
      expect(from).toBe(FLASH)
      expect(to).toBeLessThanOrEqual(FLASH + find(page, 'samara').from)
      expect(partitionsOfImage(folder)).toEqual(page)
    },
    ZEPHYR_BUILD_MS,
  )

  test(
    'with MCUboot has the partitions of its page, and MCUboot has the same',
    async () => {
      const folder = await signed()
      for (const image of ['firmware', 'mcuboot']) expect(partitionsOfImage(join(folder, image))).toEqual(page)
    },
    ZEPHYR_BUILD_MS,
  )

  test(
    'is signed, and leaves the last block of its slot to the swap',
    async () => {
      const folder = join(await signed(), 'firmware')
      const slot = find(page, 'image-0')
      const { from, to } = placeOf(join(folder, 'zephyr/zephyr.signed.hex'))
      expect(from).toBe(FLASH + slot.from)
      expect(to).toBeLessThanOrEqual(FLASH + end(slot) - BLOCK)
      expect(isSigned(folder, join(folder, 'zephyr/zephyr.signed.bin'))).toBe(true)
    },
    ZEPHYR_BUILD_MS,
  )

  test(
    'is not signed any more when one bit of it is another',
    async () => {
      const folder = join(await signed(), 'firmware')
      const place = mkdtempSync(join(tmpdir(), 'samara-image-'))
      onTestFinished(() => rmSync(place, { recursive: true }))
      const image = readFileSync(join(folder, 'zephyr/zephyr.signed.bin'))
      image.writeUInt8(image.readUInt8(image.length >> 1) ^ 1, image.length >> 1)
      writeFileSync(join(place, 'changed.bin'), image)
      expect(isSigned(folder, join(place, 'changed.bin'))).toBe(false)
    },
    ZEPHYR_BUILD_MS,
  )

  test(
    'has a bootloader that fits its block',
    async () => {
      const folder = join(await signed(), 'mcuboot')
      const { from } = placeOf(join(folder, 'zephyr/zephyr.hex'))
      expect(from).toBe(FLASH)
      expect(statSync(join(folder, 'zephyr/zephyr.bin')).size).toBeLessThanOrEqual(find(page, 'mcuboot').bytes)
    },
    ZEPHYR_BUILD_MS + ZEPHYR_TEST_MS,
  )
})

describe.each(espressifBoards)('the image of Zephyr for $board', ({ board, architecture }) => {
  const isMissing = noZephyr || espressifToolchain(architecture) === undefined
  if (isMissing && !noZephyr)
    console.warn(`skipped: the image for ${board}, for which no ${architecture} compiler is here`)
  const signed = () => builtImage(board, { bootloader: true })
  const page = partitionsOfPage(board)
  const size = (folder: string, file: string) => statSync(join(folder, 'zephyr', file)).size

  test.skipIf(isMissing)(
    'with MCUboot has the partitions of its page, and MCUboot has the same',
    async () => {
      const folder = await signed()
      for (const image of ['firmware', 'mcuboot']) expect(partitionsOfImage(join(folder, image))).toEqual(page)
    },
    ZEPHYR_BUILD_MS,
  )

  test.skipIf(isMissing)(
    'is signed, leaves the last sector of its slot to the swap, and its bootloader fits before it',
    async () => {
      const folder = await signed()
      const image = join(folder, 'firmware')
      expect(isSigned(image, join(image, 'zephyr/zephyr.signed.bin'))).toBe(true)
      expect(size(image, 'zephyr.signed.bin')).toBeLessThanOrEqual(find(page, 'image-0').bytes - SECTOR)
      expect(size(join(folder, 'mcuboot'), 'zephyr.bin')).toBeLessThanOrEqual(find(page, 'mcuboot').bytes)
    },
    ZEPHYR_BUILD_MS,
  )
})
