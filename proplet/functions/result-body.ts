import { ResultBody } from '../../shared/documents/call.ts'
import type { RunResult } from '../runtime/runtime.ts'

/** A ResultBody, or undefined where there is nothing to tell. [P-4.3] */
export function bodyOf(result: Pick<RunResult, 'value' | 'stdout' | 'stderr'>): Buffer | undefined {
  const { value, stdout, stderr } = result
  if (value === undefined && !stdout?.length && !stderr?.length) return undefined
  return ResultBody.encode({
    ...(value !== undefined && { value }),
    ...(stdout?.length && { stdout }),
    ...(stderr?.length && { stderr }),
  })
}
