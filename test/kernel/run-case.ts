import { appendFileSync } from 'node:fs'
import type { Kernel, KernelCase } from './kernel.ts'
import type { Result } from './result.ts'

const RESULTS = '/run/out/results.jsonl'
const CASE_LIMIT_MS = 60_000

/** Runs a case inside the lab kernel and leaves a line where the host finds it; whether it passed. */
export async function runCase(suite: string, one: KernelCase, kernel: Kernel): Promise<boolean> {
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
