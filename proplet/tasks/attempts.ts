import type { AttemptRef, Start, Started } from '../../shared/messages/index.ts'

/** Why a held attempt is to stop; the first reason counts. */
export type StopReason = 'cancelled' | 'fenced' | 'lease-over' | 'superseded' | 'expired' | 'leaving'

/** One held attempt: from its start until its result, or until it no longer counts. */
export type Attempt = {
  readonly key: string
  readonly ref: AttemptRef
  readonly start: Start
  /** Times are the agent's monotonic clock. [P-5.7] */
  readonly receivedMs: number
  readonly expiresMs: number
  leaseMs: number
  leaseEndsMs: number
  phase: Started['phase']
  /** When `started` is due with the present phase; undefined once it was sent. */
  announceMs: number | undefined
  readonly abort: AbortController
  stopping: StopReason | undefined
}

export const attemptKey = (ref: AttemptRef): string => `${ref.task}/${ref.attempt}`

/** The attempts that are held, each task at most once. [P-5.2] */
export class AttemptTable {
  readonly #byTask = new Map<string, Attempt>()
  #running = 0

  get size(): number {
    return this.#byTask.size
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#byTask.size - this.#running
  }

  ofTask(task: string): Attempt | undefined {
    return this.#byTask.get(task)
  }

  find(ref: AttemptRef): Attempt | undefined {
    const held = this.#byTask.get(ref.task)
    return held?.ref.attempt === ref.attempt ? held : undefined
  }

  add(start: Start, nowMs: number): Attempt {
    const ref = { task: start.task, attempt: start.attempt }
    const attempt: Attempt = {
      key: attemptKey(ref),
      ref,
      start,
      receivedMs: nowMs,
      expiresMs: nowMs + start.timeLeftMs,
      leaseMs: start.leaseMs,
      leaseEndsMs: nowMs + start.leaseMs,
      phase: 'queued',
      announceMs: undefined,
      abort: new AbortController(),
      stopping: undefined,
    }
    this.#byTask.set(ref.task, attempt)
    return attempt
  }

  setPhase(attempt: Attempt, phase: Started['phase']): void {
    if (this.#byTask.get(attempt.ref.task) !== attempt) return
    if (attempt.phase === 'running') this.#running--
    if (phase === 'running') this.#running++
    attempt.phase = phase
  }

  /** False where it is no longer held: its end is nobody's business any more. */
  remove(attempt: Attempt): boolean {
    if (this.#byTask.get(attempt.ref.task) !== attempt) return false
    if (attempt.phase === 'running') this.#running--
    return this.#byTask.delete(attempt.ref.task)
  }

  all(): Attempt[] {
    return [...this.#byTask.values()]
  }
}
