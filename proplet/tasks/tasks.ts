import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { cut, INLINE_BYTES } from '../../shared/fields.ts'
import { digestOf } from '../../shared/ids.ts'
import type { Ack, AttemptRef, Cancel, Lease, Start } from '../../shared/messages/index.ts'
import type { Outbound } from '../outbound.ts'
import { Announcements } from './announcements.ts'
import { type Attempt, AttemptTable, attemptKey, type StopReason } from './attempts.ts'
import { Leases } from './leases.ts'
import { LogStream } from './log-stream.ts'
import type { Outbox } from './outbox.ts'
import { type Ending, type RunnerOptions, runAttempt } from './task-runner.ts'

export type TasksOptions = {
  readonly outbound: Outbound
  readonly outbox: Outbox
  readonly runner: Omit<RunnerOptions, 'onPhase' | 'onLog'>
  readonly clock: Clock
  readonly log: Logger
  readonly slots: number
  readonly queue: number
  readonly epoch: () => number
}

/** Acknowledged attempts of this connection: a `start` that comes twice must not run them again. [P-1.2] */
const REMEMBERED = 4096

export type TaskStats = {
  readonly running: number
  readonly waiting: number
  readonly results: number
  readonly refused: number
}

/** The tasks of this proplet: what is held, what runs, what waits for its acknowledgement. [P-5] */
export class Tasks {
  readonly #options: TasksOptions
  readonly #table = new AttemptTable()
  readonly #announcements: Announcements
  readonly #leases: Leases
  readonly #logs: LogStream
  readonly #finished = new Set<string>()
  #leaving = false
  #refused = 0
  #idle: (() => void)[] = []

  constructor(options: TasksOptions) {
    this.#options = options
    const { outbound, clock, epoch, outbox } = options
    const table = this.#table
    this.#announcements = new Announcements({ table, outbound, clock, epoch })
    this.#logs = new LogStream({ outbound, clock })
    this.#leases = new Leases({
      table,
      outbound,
      clock,
      epoch,
      stop: (attempt, reason) => this.#stop(attempt, reason),
      forgetResult: (ref) => outbox.forget(ref),
    })
  }

  stats(): TaskStats {
    const { running, waiting } = this.#table
    return { running, waiting, results: this.#options.outbox.size, refused: this.#refused }
  }

  onStart(start: Start): void {
    if (this.#repeated(start)) return
    const older = this.#table.ofTask(start.task)
    const refusal = this.#refusalOf(start, older)
    if (refusal) return this.#refuse(start, ...refusal)
    if (older) this.#stop(older, 'superseded')
    this.#run(this.#table.add(start, this.#options.clock.monotonic()))
  }

  onCancel(cancel: Cancel): void {
    // What was meant for another connection may have waited for an hour. [P-3.3]
    if (cancel.epoch !== this.#options.epoch()) return
    const attempt = this.#table.find(cancel)
    if (attempt) this.#stop(attempt, 'cancelled')
    else if (this.#options.outbox.has(cancel)) this.#options.outbox.resend(cancel)
    else if (!this.#finished.has(attemptKey(cancel)))
      this.#send(cancel, neverRan('cancelled', 'CANCELLED', 'it is not held'))
  }

  onLease(lease: Lease): void {
    this.#leases.onLease(lease)
  }

  onAck(ack: Ack): void {
    for (const ref of ack.attempts) if (this.#options.outbox.forget(ref)) this.#remember(ref)
  }

  /** A new connection: nothing of the old one can be repeated on it. */
  connected(): void {
    this.#finished.clear()
    this.#options.outbox.resendAll()
  }

  welcomed(): void {
    this.#leases.renewAll()
  }

  /**
   * Takes nothing new, gives back what has not begun, and waits for what runs. What still runs after `drainMs` is stopped
   * and ends as `lost`: its job's policy decides what follows. [P-3.5]
   */
  async drain(drainMs: number): Promise<void> {
    this.#leaving = true
    for (const attempt of this.#table.all()) if (attempt.phase !== 'running') this.#stop(attempt, 'leaving')
    const stopWaiting = this.#options.clock.after(drainMs, () => {
      for (const attempt of this.#table.all()) this.#stop(attempt, 'leaving')
    })
    if (this.#table.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
    stopWaiting()
    this.#leases.close()
    this.#announcements.close()
  }

  /** Answers a start that is known already. [P-5.2] */
  #repeated(start: Start): boolean {
    const held = this.#table.find(start)
    if (held) this.#announcements.now(held)
    else if (this.#options.outbox.has(start)) this.#options.outbox.resend(start)
    else return this.#finished.has(attemptKey(start))
    return true
  }

  #refusalOf(start: Start, older: Attempt | undefined): [ErrorCode, string] | undefined {
    const { epoch, slots, queue, outbox } = this.#options
    if (start.epoch !== epoch()) return ['STALE_EPOCH', `it is for connection ${start.epoch}, this is ${epoch()}`]
    if (older && older.ref.attempt > start.attempt) return ['LEASE_LOST', `attempt ${older.ref.attempt} is held`]
    if ((start.call === undefined) === (start.callDigest === undefined))
      return ['INVALID_ARGUMENT', 'one of call and callDigest is expected']
    if (this.#leaving) return ['UNAVAILABLE', 'the proplet is leaving']
    if (!older && this.#table.size >= slots + queue)
      return ['RESOURCE_EXHAUSTED', `${this.#table.size} attempts are held`]
    if (outbox.full) return ['RESOURCE_EXHAUSTED', `${outbox.size} results wait to be acknowledged`]
    return undefined
  }

  #refuse(start: Start, code: ErrorCode, why: string): void {
    this.#refused++
    this.#options.log.debug({ task: start.task, attempt: start.attempt, code }, `start refused: ${why}`)
    this.#send(start, neverRan('refused', code, why))
  }

  #run(attempt: Attempt): void {
    this.#leases.watch()
    this.#announcements.due(attempt)
    const options: RunnerOptions = {
      ...this.#options.runner,
      onPhase: (one, phase) => this.#setPhase(one, phase),
      onLog: (one) => this.#logs.of(one),
    }
    runAttempt(attempt, options).then(
      (ending) => this.#end(attempt, ending),
      (error) => {
        this.#options.log.error({ err: error, task: attempt.ref.task }, 'attempt failed in the agent')
        this.#end(attempt, neverRan('refused', 'INTERNAL', 'the agent failed'))
      },
    )
  }

  #setPhase(attempt: Attempt, phase: Attempt['phase']): void {
    if (attempt.phase === phase) return
    this.#table.setPhase(attempt, phase)
    this.#announcements.due(attempt)
  }

  #stop(attempt: Attempt, reason: StopReason): void {
    // What no longer counts cannot count again; a cancelled attempt may still be fenced.
    if (attempt.stopping && !silent(reason)) return
    attempt.stopping = reason
    if (silent(reason)) this.#forget(attempt)
    attempt.abort.abort()
  }

  #end(attempt: Attempt, ending: Ending | undefined): void {
    // One that was fenced or whose lease ran out is not held any more, and nothing is said of it.
    if (!this.#forget(attempt) || !ending) return
    this.#send(attempt.ref, ending)
  }

  #forget(attempt: Attempt): boolean {
    if (!this.#table.remove(attempt)) return false
    if (this.#table.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
    return true
  }

  #send(ref: AttemptRef, ending: Ending): void {
    const { body, transcript, ...rest } = ending
    const inline = body && body.length <= INLINE_BYTES
    const where = !body ? {} : inline ? { body } : { bodyDigest: digestOf(body), bodyBytes: body.length }
    const record = transcript && { transcript: digestOf(transcript), transcriptBytes: transcript.length }
    const result = { task: ref.task, attempt: ref.attempt, ...rest, ...where, ...record }
    this.#options.outbox.add(result, { body: inline ? undefined : body, transcript })
  }

  #remember(ref: AttemptRef): void {
    this.#finished.add(attemptKey(ref))
    for (const oldest of this.#finished) {
      if (this.#finished.size <= REMEMBERED) return
      this.#finished.delete(oldest)
    }
  }
}

/** Reasons after which an attempt is forgotten at once and sends nothing. */
const silent = (reason: StopReason): boolean =>
  reason === 'fenced' || reason === 'lease-over' || reason === 'superseded'

const neverRan = (outcome: Ending['outcome'], code: ErrorCode, message: string): Ending => ({
  outcome,
  error: { code, message: cut(message, 240) },
  waitedUs: 0,
  ranUs: 0,
})
