import type { Answer, PinEvent } from '../../../../shared/bus.ts'
import { failed } from './errno.ts'
import type { Line } from './gpio.ts'
import { readEdges, readLevel } from './gpio-line.ts'

export type Wait = { readonly event: PinEvent; readonly timeoutMs: number; readonly signal: AbortSignal }

/** Waits for a level or for an edge that comes from now on; what came before is forgotten. */
export function waitFor(line: Line, wait: Wait): Answer | Promise<Answer> {
  try {
    readEdges(line.fd)
  } catch (error) {
    return gone(error)
  }
  return presentLevel(line, wait.event) ?? edgeOf(line, wait)
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

function edgeOf(line: Line, { event, timeoutMs, signal }: Wait): Promise<Answer> {
  if (signal.aborted) return Promise.resolve(cancelled)
  const { promise, resolve } = Promise.withResolvers<Answer>()
  let forget = line.edges.watch(line.fd, onReadable)
  const stopTimer = timeoutMs > 0 ? line.clock.after(timeoutMs, () => end({ error: 'timeout' })) : undefined
  const onAbort = () => end(cancelled)
  signal.addEventListener('abort', onAbort)

  function onReadable(): void {
    const answer = answerOf(line, event)
    if (answer !== undefined) end(answer)
    else forget = line.edges.watch(line.fd, onReadable)
  }

  function end(answer: Answer): void {
    forget()
    stopTimer?.()
    signal.removeEventListener('abort', onAbort)
    resolve(answer)
  }

  return promise
}

const cancelled: Answer = { error: 'cancelled' }

function answerOf(line: Line, event: PinEvent): Answer | undefined {
  try {
    const level = readEdges(line.fd).find((rising) => fits[event](rising))
    return level === undefined ? undefined : { level }
  } catch (error) {
    return gone(error)
  }
}

const gone = (error: unknown): Answer => ({
  error: 'no-device',
  detail: String((error as Error).message).slice(0, 120),
})
