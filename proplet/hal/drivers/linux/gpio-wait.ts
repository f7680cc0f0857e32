import type { Answer, PinEvent } from '../../../../shared/bus.ts'
import { failed } from './errno.ts'
import type { Line } from './gpio.ts'
import { readLevel } from './gpio-line.ts'

export type Wait = { readonly event: PinEvent; readonly timeoutMs: number; readonly signal: AbortSignal }

/** Waits for a level or for an edge that comes from now on; what came before is forgotten. */
export function waitFor(line: Line, wait: Wait): Answer | Promise<Answer> {
  if (wait.signal.aborted) return cancelled
  const { promise, resolve } = Promise.withResolvers<Answer>()
  let forget: () => void
  try {
    forget = line.edges.hear({
      edge: (rising) => {
        if (fits[wait.event](rising)) end({ level: rising })
      },
      gone: (error) => end(gone(error)),
    })
  } catch (error) {
    return gone(error)
  }
  const { timeoutMs, signal } = wait
  const stopTimer = timeoutMs > 0 ? line.clock.after(timeoutMs, () => end({ error: 'timeout' })) : undefined
  const onAbort = () => end(cancelled)
  signal.addEventListener('abort', onAbort)

  function end(answer: Answer): void {
    forget()
    stopTimer?.()
    signal.removeEventListener('abort', onAbort)
    resolve(answer)
  }

  const present = presentLevel(line, wait.event)
  if (!present) return promise
  end(present)
  return present
}

function presentLevel({ fd }: Line, event: PinEvent): Answer | undefined {
  if (event !== 'high' && event !== 'low') return undefined
  const level = readLevel(fd)
  if (level < 0) return failed('gpio', level)
  return (level === 1) === (event === 'high') ? { level: level === 1 } : undefined
}

const fits: Readonly<Record<PinEvent, (rising: boolean) => boolean>> = {
  high: (rising) => rising,
  rising: (rising) => rising,
  low: (rising) => !rising,
  falling: (rising) => !rising,
  any: () => true,
}

const cancelled: Answer = { error: 'cancelled' }

const gone = (error: unknown): Answer => ({
  error: 'no-device',
  detail: String((error as Error).message).slice(0, 120),
})
