import assert from 'node:assert/strict'
import { type ErrnoRow, errnoRows } from '../../proplet/hal/drivers/linux/errno.ts'
import type { BusError } from '../../shared/bus.ts'
import { exchange, i2cSpec, read, spiSpec, withDevice, write } from '../contract/drivers/case.ts'
import type { Kernel, KernelCase } from './kernel.ts'

/** EINTR is the one that the kernel keeps to itself, and tries again. */
const injectable = (rows: readonly ErrnoRow[]): readonly ErrnoRow[] => rows.filter(([, name]) => name !== 'EINTR')

type Provoke = (kernel: Kernel) => Promise<{ error?: BusError | undefined; detail?: string | undefined }>

const casesOf = (bus: string, rows: readonly ErrnoRow[], provoke: Provoke): KernelCase[] =>
  injectable(rows).map(([errno, name, error, doc]) => ({
    name: `${bus}: ${name} is ${error}. ${doc}`,
    async run(kernel) {
      await kernel.chips.ask({ ask: 'inject', errno, count: 1 })
      const answer = await provoke(kernel)
      assert.equal(answer.error, error)
      assert.ok(answer.detail?.startsWith(name), `${answer.detail} names ${name}`)
    },
  }))

async function transferOnI2c(kernel: Kernel): Promise<Awaited<ReturnType<Provoke>>> {
  let answer = {}
  await withDevice(kernel.i2c, i2cSpec(kernel.i2c), async (device) => {
    answer = await device.transfer(0x50, write(0), read(1))
  })
  return answer
}

async function transferOnSpi(kernel: Kernel): Promise<Awaited<ReturnType<Provoke>>> {
  let answer = {}
  await withDevice(kernel.spi, spiSpec(kernel.spi, 1), async (device) => {
    answer = await device.transfer(undefined, exchange(1))
  })
  return answer
}

/** What a controller's driver answers comes out of the ioctl, and what our table says of it out of ours. */
export const errnoCases: readonly KernelCase[] = [
  ...casesOf('i2c', errnoRows.i2c, transferOnI2c),
  ...casesOf('spi', errnoRows.spi, transferOnSpi),
]
