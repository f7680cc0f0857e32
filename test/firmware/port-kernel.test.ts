import { beforeAll, describe, expect, test } from 'vitest'
import { cachedKernel } from '../kernel/cached.ts'
import type { Booted } from '../kernel/uml.ts'
import { bootInside } from './boot.ts'
import { runCallProgram } from './differential/program.ts'
import { portSuites } from './port-suites.ts'

/** The contract of drivers, by the C agent's drivers over real i2c-dev, spidev and GPIO lines. */

const kernel = cachedKernel()
if (kernel === undefined) console.warn('skipped: there is no lab kernel yet; npm run test:kernel builds one')

describe.skipIf(kernel === undefined)("the C agent's drivers inside the lab kernel", () => {
  let booted: Booted

  beforeAll(async () => {
    const [program = ''] = await runCallProgram('drive')
    booted = await bootInside(kernel as string, 'port-kernel-inside.ts', { SAMARA_DRIVE: program })
  }, 240_000)

  describe.each(portSuites)('$name', ({ name: suite, cases }) => {
    test.each(cases)('$name', ({ name }) => {
      const result = booted.results.find((one) => one.suite === suite && one.name === name)
      expect(result, `it did not run:\n${booted.output.slice(-4000)}`).toBeDefined()
      expect(result?.error).toBeUndefined()
    })
  })
})
