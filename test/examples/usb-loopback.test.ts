import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cell, type Inspected, inspected, linesOf, openCell } from './cell.ts'

let cell: Cell
let loopback: Inspected
beforeAll(async () => {
  cell = await openCell()
  loopback = await inspected('usb-loopback/usb-loopback.wasm')
})
afterAll(() => cell.close())

const echo = (data: readonly number[]) => cell.call(loopback, { export: 'echo', args: [data] })

describe('the USB loopback', () => {
  test('is a page of C', () => {
    expect(linesOf('usb-loopback/usb-loopback.c')).toBeLessThan(60)
  })

  test.each([1, 63, 64, 65, 512])('gives back %d bytes as they were sent', async (length) => {
    const data = Array.from({ length }, (_, at) => (at * 7) % 256)
    expect(await echo(data)).toMatchObject({
      value: { ok: { base64: Buffer.from(data).toString('base64') } },
      refusals: 0,
    })
  })

  test('refuses more than it has room for', async () => {
    expect(await echo(Array.from({ length: 513 }, () => 0))).toMatchObject({ value: { err: '512 bytes at most' } })
  })

  test('finds no device that was not granted', async () => {
    expect(await cell.call(loopback, { export: 'echo', args: [[1]], grants: [] })).toMatchObject({
      value: { err: 'no such device' },
    })
  })
})
