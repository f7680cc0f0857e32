import type { Clock } from '../shared/clock.ts'

/** A stream of the process, or a list of texts in a test. */
export type Output = {
  write(text: string): void
  readonly isTTY: boolean
  /** Of the terminal. */
  readonly columns: number | undefined
}

/** What a command may touch of the world outside. */
export type Io = {
  readonly out: Output
  readonly err: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Aborted when somebody asks the process to stop. */
  readonly signal: AbortSignal
  readonly readStdin: () => Promise<Buffer>
  /** Asks the person at the terminal; absent where there is none. */
  readonly ask?: (question: string) => Promise<string>
}

/** Resolves after `ms`, or at once when `signal` is aborted. */
export function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stop()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const stop = clock.after(ms, done)
    if (signal?.aborted) done()
    else signal?.addEventListener('abort', done, { once: true })
  })
}
