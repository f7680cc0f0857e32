import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { cachedKernel } from './cached.ts'
import { suites } from './suites.ts'
import { type Booted, bootKernel } from './uml.ts'

const kernel = cachedKernel()
if (kernel === undefined) console.warn('skipped: there is no lab kernel yet; npm run test:kernel builds one')

describe.skipIf(kernel === undefined)('inside the lab kernel', () => {
  let booted: Booted

  beforeAll(async () => {
    booted = await bootKernel(kernel as string, join(import.meta.dirname, 'inside.ts'))
  }, 120_000)

  describe.each(suites)('$name', ({ name: suite, cases }) => {
    test.each(cases)('$name', ({ name }) => {
      const result = booted.results.find((one) => one.suite === suite && one.name === name)
      expect(result, `it did not run:\n${booted.output.slice(-4000)}`).toBeDefined()
      expect(result?.error).toBeUndefined()
    })
  })
})
