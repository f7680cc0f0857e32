import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { gpioSpec, i2cSpec } from '../contract/drivers/case.ts'
import { gpioCases } from '../contract/drivers/gpio.case.ts'
import { i2cCases } from '../contract/drivers/i2c.case.ts'
import { openSimContract, type SimContract } from '../contract/drivers/sim-contract.ts'
import { spiCases } from '../contract/drivers/spi.case.ts'
import { runCallProgram } from './differential/program.ts'
import { Drive } from './drive.ts'

/** The contract of drivers, by the C agent's drivers in the virtual lab. */

let program: readonly string[]
let lab: SimContract
let drive: Drive

beforeAll(async () => {
  program = await runCallProgram('drive')
  lab = await openSimContract()
  drive = new Drive(program, socketOf(lab))
}, 120_000)
beforeEach(() => lab.clearFaults())
afterAll(async () => {
  await drive.close()
  await lab.close()
})

function socketOf({ i2c }: SimContract): string {
  if (i2c.controller.driver !== 'sim') throw new Error('the lab of the contract is no lab')
  return i2c.controller.socket
}

describe("the C agent's driver of i2c", () => {
  test.each(i2cCases)('$name', ({ run }) => run({ ...lab.i2c, driver: drive.driver }))
})
describe("the C agent's driver of spi", () => {
  test.each(spiCases)('$name', ({ run }) => run({ ...lab.spi, driver: drive.driver }))
})
describe("the C agent's driver of gpio", () => {
  test.each(gpioCases)('$name', ({ run }) => run({ ...lab.gpio, driver: drive.driver }))
})

describe("the C agent's connection to a lab", () => {
  test('a lab that is gone is a device that is gone', () =>
    alone(async (own, lonely) => {
      const device = await lonely.driver().open(i2cSpec(own.i2c))
      await own.close()
      const answer = await device.run({ op: 'transfer', target: 0x50, segments: [] }, new AbortController().signal)
      expect(answer.error).toBe('no-device')
    }))
})

describe('the guard', () => {
  const drivesLow = async (own: SimContract, lonely: Drive) => {
    const device = await lonely.driver().open(gpioSpec(own.gpio, { line: 1, direction: 'output', safe: 'high' }))
    const id = lonely.nextId()
    await lonely.ask(`guard ${id}`, id)
    await device.run({ op: 'set', level: false }, new AbortController().signal)
    expect(await own.gpio.driven(1)).toBe(false)
  }

  test('takes the safe states when the agent is killed', () =>
    alone(async (own, lonely) => {
      await drivesLow(own, lonely)
      await lonely.kill()
      await vi.waitFor(async () => expect(await own.gpio.driven(1)).toBe(true), { timeout: 60_000 })
    }))

  test('leaves the outputs alone once it was dismissed', () =>
    alone(async (own, lonely) => {
      await drivesLow(own, lonely)
      const id = lonely.nextId()
      // The answer comes when the guard has ended.
      await lonely.ask(`dismiss ${id}`, id)
      await lonely.kill()
      expect(await own.gpio.driven(1)).toBe(false)
    }))
})

/** A lab and a program of its own, for what ends them. */
async function alone(body: (own: SimContract, lonely: Drive) => Promise<void>): Promise<void> {
  const own = await openSimContract()
  const lonely = new Drive(program, socketOf(own))
  let closing: Promise<void> | undefined
  const closed = () => {
    closing ??= own.close()
    return closing
  }
  try {
    await body({ ...own, close: closed }, lonely)
  } finally {
    await lonely.kill()
    await closed()
  }
}
