import { appendFileSync } from 'node:fs'
import { type Kernel, type KernelCase, startKernel } from '../kernel/kernel.ts'
import type { Result } from '../kernel/result.ts'
import { Drive } from './drive.ts'
import { portSuites } from './port-suites.ts'

/** The program of a lab kernel: every case by the C agent's drivers, and a line for each where the host finds it. */

const RESULTS = '/run/out/results.jsonl'
const CASE_LIMIT_MS = 10_000

const { i2c, smbus, spi, gpio, ...rest } = await startKernel()
const drive = new Drive([process.env.SAMARA_DRIVE ?? ''])
const { driver } = drive
const kernel: Kernel = {
  ...rest,
  i2c: { ...i2c, driver },
  smbus: { ...smbus, driver },
  spi: { ...spi, driver },
  gpio: { ...gpio, driver },
}
for (const { name: suite, cases } of portSuites)
  for (const one of cases) {
    const began = performance.now()
    const error = await errorOf(one)
    const result: Result = { suite, name: one.name, ms: Math.round(performance.now() - began), error }
    appendFileSync(RESULTS, `${JSON.stringify(result)}\n`)
  }
// The gadget's reads are under way, which nothing ends: an ordinary exit would wait for them.
process.kill(process.pid, 'SIGKILL')

async function errorOf(one: KernelCase): Promise<string | undefined> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`not done within ${CASE_LIMIT_MS} ms`)), CASE_LIMIT_MS)
  try {
    await Promise.race([one.run(kernel), late])
    return undefined
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  } finally {
    clearTimeout(timer)
  }
}
