import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { conformanceRows } from '../contract/conformance.ts'
import { cachedKernel } from './cached.ts'
import { CONFORMANCE, END_TO_END } from './result.ts'
import { suites } from './suites.ts'
import { type Booted, bootKernel, LIMIT_MS } from './uml.ts'

const kernel = cachedKernel()
if (kernel === undefined) console.warn('skipped: there is no lab kernel yet; npm run test:kernel builds one')

const endToEnd = [
  'a task reads the sensor over /dev/i2c-1',
  'a deployment switches the relay of a gpio line as the temperature changes, and leaves it off',
  'a task waits for the edge of a button',
  'a task talks to an accelerometer over /dev/spidev0.0',
  'a task sends bytes through a USB gadget and back',
]

/** Each program is the only one of a kernel of its own. */
const boots: readonly (readonly [
  script: string,
  suites: readonly { name: string; cases: readonly { name: string }[] }[],
])[] = [
  ['inside.ts', suites],
  ['guests-inside.ts', [{ name: CONFORMANCE, cases: conformanceRows }]],
  ['end-to-end-inside.ts', [{ name: END_TO_END, cases: endToEnd.map((name) => ({ name })) }]],
]

describe.skipIf(kernel === undefined).each(boots)('inside the lab kernel, %s', (script, booting) => {
  let booted: Booted

  beforeAll(async () => {
    booted = await bootKernel(kernel as string, join(import.meta.dirname, script))
  }, LIMIT_MS + 60_000)

  describe.each(booting)('$name', ({ name: suite, cases }) => {
    test.each(cases)('$name', ({ name }) => {
      const result = booted.results.find((one) => one.suite === suite && one.name === name)
      expect(result, `it did not run:\n${booted.output.slice(-4000)}`).toBeDefined()
      expect(result?.error).toBeUndefined()
    })
  })
})
