import { ExitSignal, type Guest, ValueLimitSignal } from '../hosts/guest.ts'
import { DeviceRefused } from '../hosts/hardware/handles.ts'
import { OutputLimitSignal } from '../hosts/output.ts'
import type { End } from '../job.ts'
import { wasm } from '../webassembly.ts'

/** Longest text of a trap that is reported. */
const MAX_TEXT = 400

/** How a guest ended that threw. What it was told to stop for counts before what it made of that. */
export function endOfError(guest: Guest, error: unknown, phase: 'instantiate' | 'call'): End {
  if (guest.output.passed || error instanceof OutputLimitSignal) return { how: 'output-limit' }
  if (guest.valuesPassed || error instanceof ValueLimitSignal) return { how: 'result-limit' }
  if (guest.exitCode !== undefined || error instanceof ExitSignal) return { how: 'exit', code: guest.exitCode ?? 1 }
  if (error instanceof DeviceRefused) return { how: 'denied', message: cutText(error.message) }
  if (!(error instanceof Error)) return { how: 'trap', message: cutText(String(error)) }
  const { message } = error
  if (error instanceof RangeError && message.includes('call stack'))
    return { how: 'trap', message: 'call stack exhausted' }
  if (error instanceof RangeError && /memory|allocat/i.test(message))
    return { how: 'no-memory', message: cutText(message) }
  if (error instanceof wasm.RuntimeError) return { how: 'trap', message: cutText(message) }
  if (phase === 'call' && Object.hasOwn(error, 'payload'))
    return { how: 'error-value', value: (error as Error & { payload: unknown }).payload }
  return phase === 'instantiate'
    ? { how: 'link', message: cutText(message) }
    : { how: 'trap', message: cutText(message) }
}

/** How a guest ended that returned; one that swallowed its exit or its output limit did not return to us by right. */
export function endOfValue(guest: Guest, value: unknown, maxBytes: number): End {
  if (guest.output.passed) return { how: 'output-limit' }
  if (guest.valuesPassed) return { how: 'result-limit' }
  if (guest.exitCode !== undefined) return { how: 'exit', code: guest.exitCode }
  const bytes = roughBytes(value, maxBytes)
  return bytes > maxBytes ? { how: 'result-limit' } : { how: 'value', value }
}

const cutText = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text)

/** A size of about what the value will take encoded; stops counting once past `limit`. */
function roughBytes(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  if (ArrayBuffer.isView(value)) return value.byteLength
  let sum = 8
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    sum += roughBytes(inner, limit - sum)
    if (sum > limit) break
  }
  return sum
}
