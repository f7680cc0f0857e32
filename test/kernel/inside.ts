import { appendFileSync } from 'node:fs'
import { type Kernel, type KernelCase, startKernel } from './kernel.ts'
import type { Result } from './result.ts'
import { suites } from './suites.ts'

/** The program of the lab kernel: runs every case and leaves a line for each where the host finds it. */

const RESULTS = '/run/out/results.jsonl'
const CASE_LIMIT_MS = 10_000

const kernel = await startKernel()
let failures = 0
for (const suite of suites) for (const one of suite.cases) failures += (await runOne(suite.name, one)) ? 0 : 1
console.log(failures === 0 ? 'all passed' : `${failures} failed`)
// Reads of the gadget's endpoints are under way, which nothing ends: an ordinary exit would wait for them.
process.kill(process.pid, 'SIGKILL')

async function runOne(suite: string, one: KernelCase): Promise<boolean> {
  const began = performance.now()
  const error = await errorOf(one, kernel)
  const result: Result = { suite, name: one.name, ms: Math.round(performance.now() - began), error }
  appendFileSync(RESULTS, `${JSON.stringify(result)}\n`)
  return error === undefined
}

async function errorOf(one: KernelCase, on: Kernel): Promise<string | undefined> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`not done within ${CASE_LIMIT_MS} ms`)), CASE_LIMIT_MS)
  try {
    await Promise.race([one.run(on), late])
    return undefined
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  } finally {
    clearTimeout(timer)
  }
}
