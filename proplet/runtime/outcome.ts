import type { Item } from '../../shared/cbor.ts'
import { type ErrorCode, type SamaraError, toSamaraError } from '../../shared/errors.ts'
import { fromReturn, fromThrow } from '../../shared/values.ts'
import type { Plan } from './call-plan.ts'
import type { End } from './job.ts'
import type { RunResult } from './runtime.ts'
import type { SlotEnd } from './worker-slot.ts'

/** Why the agent ended a worker itself. */
export type Stopped = 'timed-out' | 'cancelled'

/** What is known of the memory of the function that ended. */
export type MemoryFacts = {
  /** Pages that it started with and pages that it could have had. */
  readonly startPages: number
  readonly capPages: number
  /** Whether its code can ask for more. */
  readonly grows: boolean
}

/** The part of a result that the end alone decides. */
export type Verdict = Pick<RunResult, 'outcome' | 'exitCode' | 'value' | 'error'>

const failed = (outcome: RunResult['outcome'], code: ErrorCode, message: string): Verdict => ({
  outcome,
  error: { code, message },
})

export const refused = (error: SamaraError): Verdict => failed('refused', error.code, `refused: ${error.message}`)

export function stoppedVerdict(stopped: Stopped, timeoutMs: number): Verdict {
  if (stopped === 'cancelled') return failed('cancelled', 'CANCELLED', 'cancelled while it ran')
  return failed('timed-out', 'DEADLINE_EXCEEDED', `still running after ${timeoutMs} ms`)
}

export function verdictOf(end: SlotEnd, plan: Plan, memory: MemoryFacts): Verdict {
  if (end.kind === 'done') return guestVerdict(end.end, plan, memory, end.pages ?? 0)
  if (end.outOfMemory) return failed('out-of-memory', 'GUEST_OUT_OF_MEMORY', 'JavaScript heap of its worker is full')
  return failed('trapped', 'INTERNAL', end.message)
}

function guestVerdict(end: End, plan: Plan, memory: MemoryFacts, pages: number): Verdict {
  switch (end.how) {
    case 'value':
      return plan.command ? exitVerdict(0) : valueVerdict(() => fromReturn(plan.signature, end.value))
    case 'error-value':
      return plan.command ? exitVerdict(1) : valueVerdict(() => fromThrow(plan.signature, end.value))
    case 'exit':
      return exitVerdict(end.code)
    case 'trap':
      return trapVerdict(end.message, memory, pages)
    case 'no-memory':
      return failed('out-of-memory', 'GUEST_OUT_OF_MEMORY', end.message)
    case 'output-limit':
      return failed('output-limit', 'GUEST_OUTPUT_LIMIT', 'wrote more than its output limit')
    case 'result-limit':
      return failed('output-limit', 'GUEST_OUTPUT_LIMIT', 'its result or its arguments to the host are too large')
    case 'denied':
      return failed('refused', 'PERMISSION_DENIED', `refused: ${end.message}`)
    case 'link':
      return failed('refused', 'UNSUPPORTED', `refused: ${end.message}`)
  }
}

function exitVerdict(code: number): Verdict {
  if (code === 0) return { outcome: 'completed', exitCode: 0 }
  return { ...failed('exited', 'GUEST_TRAPPED', `exit ${code}`), exitCode: code }
}

function valueVerdict(read: () => Item): Verdict {
  try {
    const value = read()
    return { outcome: 'completed', ...(value !== undefined && { value }) }
  } catch (error) {
    const { message } = toSamaraError(error)
    return failed('trapped', 'GUEST_TRAPPED', `result is not what its signature says: ${message}`)
  }
}

/** What a guest does that was refused memory: abort, or use the pointer all the same. */
const AFTER_REFUSAL = /unreachable|out of bounds/

/**
 * A trap is `out-of-memory` when a refused memory.grow explains it. V8 does not tell of a refusal, so it is inferred:
 * the code can grow its memory, the trap is an abort or an access out of bounds, and the memory is at its cap, or has
 * grown past half of it. Half, because allocators double: the step that was refused is as large as what they hold.
 */
function trapVerdict(message: string, memory: MemoryFacts, pages: number): Verdict {
  const { startPages, capPages, grows } = memory
  const nearCap = pages > 0 && (pages >= capPages || (pages > startPages && pages * 2 > capPages))
  if (!grows || !nearCap || !AFTER_REFUSAL.test(message)) return failed('trapped', 'GUEST_TRAPPED', message)
  return failed(
    'out-of-memory',
    'GUEST_OUT_OF_MEMORY',
    `${message}, with ${pages} of at most ${capPages} pages of memory`,
  )
}
