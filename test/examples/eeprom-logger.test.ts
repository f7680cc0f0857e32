import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cell, type Inspected, inspected, linesOf, openCell } from './cell.ts'

let cell: Cell
let logger: Inspected
beforeAll(async () => {
  cell = await openCell()
  logger = await inspected('eeprom-logger/eeprom-logger.wasm')
})
afterAll(() => cell.close())

const append = (value: number) => cell.call(logger, { export: 'append', args: [value] })
const newest = (count: number) => cell.call(logger, { export: 'newest', args: [count] })

describe('the EEPROM logger', () => {
  test('is a page of C for a microcontroller', () => {
    expect(linesOf('eeprom-logger/eeprom-logger.c')).toBeLessThan(60)
    expect(logger.manifest.dataBytes).toBeLessThanOrEqual(2048)
  })

  test('finds an empty chip empty', async () => {
    expect(await newest(8)).toMatchObject({ value: { ok: [] }, refusals: 0 })
  })

  test('keeps records from one instance to the next, newest first', async () => {
    expect(await append(7)).toMatchObject({ value: { ok: 0 } })
    expect(await append(-8)).toMatchObject({ value: { ok: 1 } })
    expect(await newest(8)).toMatchObject({ value: { ok: [-8, 7] } })
    expect(await newest(1)).toMatchObject({ value: { ok: [-8] } })
  })

  test('writes one page for a record and asks until the chip has stored it', async () => {
    const before = cell.get('recipe-store', 'writeCycles')
    const { transcript } = await append(0x01020304)
    expect(cell.get('recipe-store', 'writeCycles')).toBe(Number(before) + 1)
    const rows = (transcript?.rows ?? []).filter(({ op }) => op === 'transfer')
    const sent = rows.map(({ segments }) => Buffer.from(segments?.[0]?.bytes ?? []).toString('hex'))
    // Address of the third page, number 2, value, both with the low byte first.
    const at = sent.indexOf('100200000004030201')
    expect(sent.filter((bytes) => bytes.length === 18)).toHaveLength(1)
    const polls = rows.slice(at + 1).map(({ error }) => error)
    expect(polls.at(-1)).toBeUndefined()
    expect(new Set(polls.slice(0, -1))).toEqual(new Set(['nack-address']))
    expect(polls.length).toBeGreaterThan(5)
  })

  test('goes round: the oldest of 32 records makes room', async () => {
    for (let value = 100; value < 140; value++) await append(value)
    const { value } = await newest(99)
    expect(value).toEqual({ ok: Array.from({ length: 32 }, (_, at) => 139 - at) })
  })

  test('says so where the chip does not answer', async () => {
    const id = cell.lab.addFault({ on: 'recipe-store', kind: 'nack' })
    expect(await append(1)).toMatchObject({ value: { err: 'no acknowledge' } })
    cell.lab.faults.clear({ fault: id })
  })

  test('says so where the device was not granted', async () => {
    expect(await cell.call(logger, { export: 'append', args: [1], grants: [] })).toMatchObject({
      value: { err: 'not granted' },
    })
  })
})
