import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { cachedKernel } from '../kernel/cached.ts'
import { CONFORMANCE } from '../kernel/result.ts'
import { type Booted, LIMIT_MS } from '../kernel/uml.ts'
import { bootInside } from './boot.ts'
import { BUILD_MS, built, noAgentTools } from './builds.ts'
import { rows } from './table.ts'

/** The table of test/contract on the C agent over real i2c-dev, spidev and GPIO lines, its manager beside it. */

const kernel = cachedKernel()
if (kernel === undefined) console.warn('skipped: there is no lab kernel yet; npm run test:kernel builds one')

describe.skipIf(kernel === undefined || noAgentTools)('the table of test/contract inside the lab kernel', () => {
  let booted: Booted

  beforeAll(async () => {
    const agent = join(await built('tests'), 'samara-agent')
    booted = await bootInside(kernel as string, 'table-kernel-inside.ts', { SAMARA_AGENT: agent })
  }, BUILD_MS + LIMIT_MS)

  test.each(rows)('$name', ({ name }) => {
    const result = booted.results.find((one) => one.suite === CONFORMANCE && one.name === name)
    expect(result, `it did not run:\n${booted.output.slice(-4000)}`).toBeDefined()
    expect(result?.error).toBeUndefined()
  })
})
