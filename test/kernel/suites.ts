import type { Case } from '../contract/drivers/case.ts'
import { gpioCases } from '../contract/drivers/gpio.case.ts'
import { i2cCases } from '../contract/drivers/i2c.case.ts'
import { spiCases } from '../contract/drivers/spi.case.ts'
import { usbCases } from '../contract/drivers/usb.case.ts'
import { errnoCases } from './errno.case.ts'
import { foreignCases } from './foreign.case.ts'
import type { Kernel, KernelCase } from './kernel.ts'
import { smbusCases } from './smbus.case.ts'

export type Suite = { readonly name: string; readonly cases: readonly KernelCase[] }

const contract = <K extends 'i2c' | 'spi' | 'gpio' | 'usb'>(kind: K, cases: readonly Case<Kernel[K]>[]): Suite => ({
  name: `contract of ${kind}, on the kernel's drivers`,
  cases: cases.map(({ name, run }) => ({ name, run: (kernel) => run(kernel[kind]) })),
})

/** Everything that runs inside the lab kernel, in this order. */
export const suites: readonly Suite[] = [
  contract('i2c', i2cCases),
  contract('spi', spiCases),
  contract('gpio', gpioCases),
  contract('usb', usbCases),
  { name: 'an adapter that knows SMBus only', cases: smbusCases },
  { name: 'what becomes of an errno', cases: errnoCases },
  { name: 'chips of the lab under drivers of the kernel', cases: foreignCases },
]
