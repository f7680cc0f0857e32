import { delay, type Io } from './io.ts'
import { endedText, type Program } from './programs.ts'

export type SuperviseOptions = {
  readonly start: () => Promise<Program>
  /** Aborted when it shall stay ended. */
  readonly signal: AbortSignal
  readonly note: (text: string) => void
  /** Between its being asked to stop and its being ended. */
  readonly graceMs: number
}

const FIRST_MS = 1_000
const LONGEST_MS = 30_000
/** One that has run so long has not failed to start. */
const SETTLED_MS = 60_000

/** Keeps a program running until `signal` is aborted, then stops it. Starts it again later and later while it keeps dying. */
export async function supervise(io: Io, { start, signal, note, graceMs }: SuperviseOptions): Promise<void> {
  let pauseMs = FIRST_MS
  while (!signal.aborted) {
    const startedMs = io.clock.monotonic()
    const why = await runOnce({ start, signal, note, graceMs })
    if (signal.aborted) return
    if (io.clock.monotonic() - startedMs > SETTLED_MS) pauseMs = FIRST_MS
    note(`${why}; started again in ${pauseMs / 1_000} s`)
    await delay(io.clock, pauseMs, signal)
    pauseMs = Math.min(pauseMs * 2, LONGEST_MS)
  }
}

/** Until it ends or is to end; resolves with the reason in words. */
async function runOnce({ start, signal, graceMs }: SuperviseOptions): Promise<string> {
  let program: Program
  try {
    program = await start()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  const stop = () => void program.stop(graceMs)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const ended = await program.ended
  signal.removeEventListener('abort', stop)
  return `${program.name} ended (${endedText(ended)})`
}
