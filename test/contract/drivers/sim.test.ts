import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import { gpioCases } from './gpio.case.ts'
import { i2cCases } from './i2c.case.ts'
import { openSimContract, type SimContract } from './sim-contract.ts'
import { spiCases } from './spi.case.ts'
import { usbCases } from './usb.case.ts'

/** The contract of drivers, in the virtual lab. */

let lab: SimContract
beforeAll(async () => {
  lab = await openSimContract()
})
beforeEach(() => lab.clearFaults())
afterAll(() => lab.close())

describe('the simulated driver of i2c', () => {
  test.each(i2cCases)('$name', ({ run }) => run(lab.i2c))
})
describe('the simulated driver of spi', () => {
  test.each(spiCases)('$name', ({ run }) => run(lab.spi))
})
describe('the simulated driver of gpio', () => {
  test.each(gpioCases)('$name', ({ run }) => run(lab.gpio))
})
describe('the simulated driver of usb', () => {
  test.each(usbCases)('$name', ({ run }) => run(lab.usb))
})
