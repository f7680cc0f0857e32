import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cell, inspected, openCell } from './cell.ts'

let cell: Cell
beforeAll(async () => {
  cell = await openCell()
})
afterAll(() => cell.close())

const scan = (device: string, addresses: readonly number[]) => ({ export: 'scan', args: [{ device }, addresses] })

describe.each(['i2c-scan/i2c-scan.wasm', 'i2c-scan/i2c-scan.component.wasm'])('stock wit-bindgen: %s', (file) => {
  test('takes the bus as a parameter and finds who answers on it', async () => {
    const guest = await inspected(file)
    expect(await cell.call(guest, scan('line1-temp', [0x76]))).toMatchObject({ value: { ok: [0x76] }, refusals: 0 })
  })

  test('finds nobody at the address of a chip that does not answer', async () => {
    const id = cell.lab.addFault({ on: 'line1-temp', kind: 'nack' })
    const guest = await inspected(file)
    expect(await cell.call(guest, scan('line1-temp', [0x76]))).toMatchObject({ value: { ok: [] } })
    cell.lab.faults.clear({ fault: id })
  })

  test('is refused addresses that are not its own, and is told `other`', async () => {
    const guest = await inspected(file)
    expect(await cell.call(guest, scan('line1-temp', [0x50]))).toMatchObject({
      value: { err: expect.stringContaining('address 0x50: ErrorCode::Other') },
      refusals: 1,
    })
  })
})

test('of the two only the core is for C proplets, and inspection says what keeps it from microcontrollers', async () => {
  const [core, component] = await Promise.all([
    inspected('i2c-scan/i2c-scan.wasm'),
    inspected('i2c-scan/i2c-scan.component.wasm'),
  ])
  expect(core.manifest.kind).toBe('lowered-core')
  expect(core.mends.join('\n')).toMatch(/memory\.grow.*no_std[\s\S]*zstack-size/)
  expect(component.manifest.kind).toBe('component')
  expect(component.manifest.images.map(({ format }) => format)).toEqual(['component'])
})
