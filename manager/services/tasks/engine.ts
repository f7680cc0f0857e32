import type { Logger } from 'pino'
import type { Clock } from '../../../shared/clock.ts'
import { notFound, SamaraError } from '../../../shared/errors.ts'
import { type ErrorBody, errorBody } from '../../../shared/fields.ts'
import type { FunctionName, PropletId, TaskId } from '../../../shared/ids.ts'
import {
  type AttemptRef,
  type Log,
  MAX_REFS,
  type Renew,
  type Result,
  type Started,
} from '../../../shared/messages/index.ts'
import { eventOf, next, type Outcome, retries, type TaskEvent } from '../../../shared/task.ts'
import { isPlaced, schedule } from '../../scheduler/select.ts'
import type { Placement } from '../../scheduler/snapshot.ts'
import type { NewTask, Store, TaskStep, VersionRecord } from '../../store/store.ts'
import type { Events } from '../events.ts'
import type { GrantSet } from '../grants.ts'
import type { LiveProplet, Proplets } from '../proplets.ts'
import { type ActiveJob, type ActiveTask, ActiveTasks, type Held, policyOf, regrant } from './active.ts'
import type { Commands, Listener } from './commands.ts'
import { bodyOf, longParts, resultOf, traceOf } from './ending.ts'
import { createHistograms, type Histograms } from './histograms.ts'

type Deps = {
  readonly store: Store
  readonly proplets: Proplets
  readonly commands: Commands
  readonly listener: Listener
  readonly events: Events
  readonly clock: Clock
  readonly log: Logger
  readonly leaseMs: number
}

/** The proplet's clock and ours may differ by a delivery. [P-5.3] */
const GRACE_MS = 2_000
/** A start or cancel without an answer is sent again after this. */
const ASK_AGAIN_MS = 2_000
/** A proplet that refused for want of room is asked again after this. */
const EXCUSED_WAIT_MS = 200
/** Infrastructure refusals of one task before it ends all the same. */
const MAX_EXCUSED = 1_000
/** Messages about one task that wait for its commit; further ones are dropped and come again. */
const MAX_WAITING = 8

export type Engine = ReturnType<typeof createEngine>

/** Moves tasks from state to state: what happens, is committed, and only then acted upon. [P-5] */
export function createEngine({ store, proplets, commands, listener, events, clock, log, leaseMs }: Deps) {
  const active = new ActiveTasks()
  /** Jobs that are being committed. */
  const arriving = new Set<ActiveJob>()
  const histograms: Histograms = createHistograms()
  let linked = false
  let scheduling = false

  /** Reserves a place in memory and gives the step that makes it durable. */
  function reserve(task: ActiveTask, placement: Placement): TaskStep {
    const one = proplets.get(placement.proplet) as LiveProplet
    const attempt = task.record.attempt + 1
    const boot = one.hello?.boot ?? ''
    one.assigned++
    active.hold(task, {
      proplet: one.id,
      boot,
      attempt,
      image: placement.image,
      grants: task.job.grants,
      leaseEndsMs: undefined,
      askedMs: 0,
      started: false,
    })
    task.busy = true
    const placedMs = clock.now()
    return {
      id: task.record.id,
      from: 'pending',
      fromAttempt: task.record.attempt,
      to: 'scheduled',
      attempt,
      proplet: one.id,
      begin: { task: task.record.id, attempt, proplet: one.id, boot, placedMs },
    }
  }

  /** The placement is durable: only now the proplet hears of it. */
  function placed(task: ActiveTask, step: TaskStep): void {
    histograms.queued(clock.now() - task.record.createdMs)
    settle(task, { state: 'scheduled', attempt: step.attempt, ...(step.proplet && { proplet: step.proplet }) })
    free(task)
    sendStart(task)
  }

  function sendStart(task: ActiveTask): void {
    const held = task.held
    const one = held && proplets.get(held.proplet)
    if (!held || !one?.hello) return
    const nowMs = clock.monotonic()
    held.askedMs = nowMs
    held.leaseEndsMs ??= nowMs + leaseMs + GRACE_MS
    const { record, manifestBytes } = task.job
    commands.start(held.proplet, {
      task: task.record.id,
      attempt: held.attempt,
      epoch: one.hello.epoch,
      function: record.function,
      manifest: record.manifest,
      manifestBytes,
      image: held.image.digest,
      imageBytes: held.image.sizeBytes,
      leaseMs,
      timeLeftMs: Math.max(0, Math.min(0xffff_ffff, record.expiresMs - clock.now())),
      timeoutMs: record.timeoutMs,
      ...task.bytes,
      ...devicesOf(task.job, held),
    })
  }

  function settle(task: ActiveTask, change: Partial<ActiveTask['record']>): void {
    const held = task.held
    const record = { ...task.record, ...change }
    const released = record.state === 'pending' || next(record.state, 'lost') === undefined
    if (released && held) {
      const one = proplets.get(held.proplet)
      if (one) one.assigned = Math.max(0, one.assigned - 1)
      active.release(task)
    }
    active.settle(task, record)
    events.emit({
      type: 'task',
      task: record.id,
      job: record.job,
      user: task.job.record.user,
      state: record.state,
      attempt: record.attempt,
      ...(record.proplet && { proplet: record.proplet }),
      ...(record.outcome && { outcome: record.outcome }),
      ...(record.error && { message: record.error.message }),
      ...(record.refusals && { refusals: record.refusals }),
    })
  }

  /** Commits `step` and then runs `after`. A failed commit changes nothing: what caused it comes again. */
  async function commit(task: ActiveTask, step: TaskStep, after: () => void): Promise<void> {
    task.busy = true
    try {
      const taken = await store.step(step)
      task.busy = false
      if (taken) after()
      else log.error({ task: task.record.id, from: step.from, to: step.to }, 'step refused by the store')
    } catch (error) {
      log.error({ err: error, task: task.record.id }, 'step not committed')
    } finally {
      free(task)
    }
  }

  /** Its step is committed or has failed: what came meanwhile is looked at again. */
  function free(task: ActiveTask): void {
    task.busy = false
    for (const go of task.waiting.splice(0)) go()
  }

  /** Resolves when no step of the task is being committed; false where too many wait already. */
  async function idle(task: ActiveTask): Promise<boolean> {
    while (task.busy) {
      if (task.waiting.length >= MAX_WAITING) return false
      await new Promise<void>((resolve) => task.waiting.push(resolve))
    }
    return true
  }

  /** Ends the attempt that is held and names what that means for the task. */
  async function end(
    task: ActiveTask,
    how: { outcome: Outcome; error?: ErrorBody | undefined; result?: Result; excused?: boolean },
  ): Promise<boolean> {
    const { record, held } = task
    const policy = policyOf(task.job.record, held?.grants)
    const cancelling = record.state === 'cancelling'
    const excused = how.excused === true && task.excused < MAX_EXCUSED
    const again =
      !cancelling && held !== undefined && (excused || retries(policy, held.attempt - task.excused, how.outcome))
    const event: TaskEvent = again
      ? 'retry'
      : how.outcome === 'cancelled' && !cancelling
        ? 'faulted'
        : eventOf(how.outcome)
    const state = next(record.state, event)
    if (!state) return false
    const error = how.error
    const end = { endedMs: clock.now(), outcome: how.outcome, ...(error && { error }) }
    const { result } = how
    const isOver = state !== 'pending'
    const final = isOver
      ? {
          ...{ finishedMs: end.endedMs, outcome: how.outcome },
          ...(error && { error }),
          ...(result && resultOf(result)),
          ...traceOf(task, result),
        }
      : {}
    const body = result && isOver ? bodyOf(result) : {}
    let done = false
    await commit(
      task,
      {
        id: record.id,
        from: record.state,
        fromAttempt: record.attempt,
        to: state,
        attempt: record.attempt,
        ...(state === 'pending' && { proplet: null }),
        ...final,
        ...body,
        ...(held && { end }),
      },
      () => {
        done = true
        if (how.excused) {
          task.excused++
          task.notBeforeMs = clock.monotonic() + EXCUSED_WAIT_MS
        } else if (held && how.outcome === 'lost') task.lostOn.add(held.proplet)
        if (held && result) proplets.get(held.proplet)?.holds(held.image.digest)
        if (result) histograms.ran(result.ranUs / 1000, how.outcome, result.refusals)
        settle(task, { state, ...final })
        if (state === 'pending') return
        listener.ended(task, result?.body)
        if (task.job.open === 0) listener.jobEnded(task.job)
      },
    )
    if (done) wake()
    return done
  }

  /** Places what can be placed, soon; many callers of one turn share a pass. */
  function wake(): void {
    if (scheduling || !linked) return
    scheduling = true
    setImmediate(() => {
      scheduling = false
      for (const job of active.jobs.values()) placeJob(job)
    })
  }

  /** Tasks of a job need the same, so the first that finds no place speaks for the rest. */
  function placeJob(job: ActiveJob): void {
    for (const task of job.pending) {
      if (task.busy || task.notBeforeMs > clock.monotonic()) continue
      const answer = schedule({ ...job.need, avoid: task.lostOn }, proplets.all())
      if (!isPlaced(answer)) return
      const step = reserve(task, answer)
      void commit(task, step, () => placed(task, step)).then(() => {
        if (task.record.state === 'pending') unreserve(task)
      })
    }
  }

  function unreserve(task: ActiveTask): void {
    const one = task.held && proplets.get(task.held.proplet)
    if (one) one.assigned = Math.max(0, one.assigned - 1)
    active.release(task)
    if (active.tasks.has(task.record.id)) task.job.pending.add(task)
  }

  function holding(proplet: PropletId, ref: AttemptRef): (ActiveTask & { held: Held }) | undefined {
    const task = active.tasks.get(ref.task)
    return task?.held?.proplet === proplet && task.held.attempt === ref.attempt
      ? (task as ActiveTask & { held: Held })
      : undefined
  }

  async function lost(task: ActiveTask, message: string): Promise<void> {
    if (task.busy) return
    log.warn({ task: task.record.id, attempt: task.record.attempt, proplet: task.held?.proplet }, message)
    await end(task, { outcome: 'lost', error: { code: 'LEASE_LOST', message } })
  }

  function sweepHeld(nowMs: number): void {
    for (const task of active.held()) {
      if (task.busy) continue
      const { held } = task
      if (held.leaseEndsMs !== undefined && held.leaseEndsMs < nowMs)
        void lost(task, `proplet ${held.proplet} has not renewed its lease`)
      else if (nowMs - held.askedMs < ASK_AGAIN_MS || !proplets.get(held.proplet)?.connected) continue
      else if (task.record.state === 'cancelling') sendCancel(task)
      else if (!held.started) sendStart(task)
    }
  }

  function sweepPending(): void {
    for (const job of active.jobs.values()) {
      if (job.record.expiresMs > clock.now()) continue
      for (const task of job.pending)
        if (!task.busy)
          void end(task, {
            outcome: 'expired',
            error: { code: 'DEADLINE_EXCEEDED', message: 'no proplet could begin it in time' },
          })
    }
  }

  function sendCancel(task: ActiveTask): void {
    const one = task.held && proplets.get(task.held.proplet)
    if (!task.held || !one?.hello) return
    task.held.askedMs = clock.monotonic()
    commands.cancel(one.id, { task: task.record.id, attempt: task.held.attempt, epoch: one.hello.epoch })
  }

  return {
    active,
    arriving,
    histograms,
    reserve,
    placed,
    unreserve,
    wake,

    /** Takes a job over that is durable: `first` were placed in the same commit. */
    accepted(job: ActiveJob, tasks: readonly NewTask[]): void {
      for (const { task, ...bytes } of tasks) if (!active.tasks.has(task.id)) active.add(job, task, bytes)
      wake()
    },

    /** Attempts that begin from now on may what their version may now. [P-10.2] */
    regranted(name: FunctionName, version: VersionRecord | undefined, grants: GrantSet | undefined): void {
      for (const job of new Set([...active.jobs.values(), ...arriving])) {
        const { record } = job
        const isMeant =
          version === undefined || (record.version === version.version && record.manifest === version.manifest)
        if (record.function === name && isMeant) regrant(job, grants)
      }
      wake()
    },

    started(proplet: PropletId, message: Started): void {
      const task = holding(proplet, message)
      if (!task) return
      task.held.started = true
      task.held.leaseEndsMs = clock.monotonic() + leaseMs + GRACE_MS
      if (message.phase !== 'running' || task.busy || task.record.state !== 'scheduled') return
      const { record } = task
      void commit(
        task,
        {
          id: record.id,
          from: 'scheduled',
          fromAttempt: record.attempt,
          to: 'running',
          attempt: record.attempt,
          startedMs: clock.now(),
        },
        () => {
          settle(task, { state: 'running' })
          listener.progressed(task)
        },
      )
    },

    renew(proplet: PropletId, message: Renew): void {
      const renewed: AttemptRef[] = []
      const fenced: AttemptRef[] = []
      for (const ref of message.attempts.slice(0, MAX_REFS)) {
        const task = holding(proplet, ref)
        if (!task) {
          fenced.push(ref)
          continue
        }
        task.held.leaseEndsMs = clock.monotonic() + leaseMs + GRACE_MS
        task.held.started = true
        renewed.push(ref)
      }
      commands.lease(proplet, { epoch: message.epoch, leaseMs, renewed, fenced })
    },

    /** The end of an attempt. It is acknowledged when it is durable, or when it no longer counts. */
    async result(proplet: PropletId, result: Result): Promise<void> {
      const task = holding(proplet, result)
      const ref = { task: result.task, attempt: result.attempt }
      if (!task) return commands.ack(proplet, ref)
      // In the turn that it came in where nothing hinders: a hello right behind it would end the attempt first.
      if (task.busy && !(await idle(task))) return
      if (holding(proplet, result) !== task) return commands.ack(proplet, ref)
      const long = longParts(result, task.job)
      if (long.length > 0) {
        task.busy = true
        try {
          for (const { digest, sizeBytes } of long) await commands.fetch(proplet, digest, sizeBytes)
        } catch (error) {
          return log.warn({ err: error, task: result.task }, 'result not fetched; the proplet sends the result again')
        } finally {
          free(task)
        }
        if (holding(proplet, result) !== task) return commands.ack(proplet, ref)
      }
      const excused =
        result.outcome === 'refused' &&
        (result.error?.code === 'RESOURCE_EXHAUSTED' ||
          result.error?.code === 'STALE_EPOCH' ||
          result.error?.code === 'UNAVAILABLE')
      if (await end(task, { outcome: result.outcome, error: result.error, result, excused })) commands.ack(proplet, ref)
    },

    log(proplet: PropletId, message: Log): void {
      const task = holding(proplet, message)
      if (!task) return
      events.emit({
        type: 'log',
        task: message.task,
        job: task.record.job,
        user: task.job.record.user,
        attempt: message.attempt,
        stream: message.stream,
        text: message.text,
      })
    },

    /** A proplet is back: what an earlier boot ran is gone; what was on its way is sent again. */
    greeted(one: LiveProplet): void {
      for (const task of active.on(one.id)) {
        if (task.busy || !task.held) continue
        if (task.held.boot !== one.hello?.boot) void lost(task, `proplet ${one.id} has restarted`)
        else if (task.record.state === 'cancelling') sendCancel(task)
        else if (!task.held.started) sendStart(task)
      }
      wake()
    },

    async cancel(id: TaskId): Promise<void> {
      const found = active.tasks.get(id)
      if (found && !(await idle(found)))
        throw new SamaraError('UNAVAILABLE', `task ${id}: is changing state, try again`)
      const task = active.tasks.get(id)
      if (!task) {
        const known = await store.task(id)
        if (!known) throw notFound('task', id)
        throw new SamaraError('FAILED_PRECONDITION', `task ${id}: is ${known.state} and cannot be cancelled`)
      }
      if (task.record.state === 'cancelling') return
      const { record } = task
      if (record.state === 'pending') {
        const error = errorBody(new SamaraError('CANCELLED', 'cancelled before it was placed'))
        const at = { finishedMs: clock.now(), outcome: 'cancelled' as const, error }
        await commit(
          task,
          {
            id,
            from: 'pending',
            fromAttempt: record.attempt,
            to: 'cancelled',
            attempt: record.attempt,
            cancelRequested: true,
            ...at,
          },
          () => {
            settle(task, { state: 'cancelled', cancelRequested: true, ...at })
            listener.ended(task, undefined)
            if (task.job.open === 0) listener.jobEnded(task.job)
          },
        )
        return
      }
      await commit(
        task,
        {
          id,
          from: record.state,
          fromAttempt: record.attempt,
          to: 'cancelling',
          attempt: record.attempt,
          cancelRequested: true,
        },
        () => {
          settle(task, { state: 'cancelling', cancelRequested: true })
          sendCancel(task)
        },
      )
    },

    /** Leases, lost starts, expiry. Called on a timer; does nothing while the manager itself hears nobody. */
    sweep(): void {
      if (!linked) return
      sweepHeld(clock.monotonic())
      sweepPending()
      wake()
    },

    /** The manager hears proplets again: leases begin anew, since nobody could renew them. [P-5.3] */
    up(): void {
      linked = true
      for (const task of active.held()) task.held.leaseEndsMs = clock.monotonic() + leaseMs + GRACE_MS
      wake()
    },

    down(): void {
      linked = false
    },
  }
}

/** Of a start: what the attempt may, and whether a transcript is wanted or answers. [P-10.2] [P-10.5] [P-10.6] */
const devicesOf = ({ record: { record, replay } }: ActiveJob, { grants }: Held) => ({
  ...(grants && { grants: grants.digest, grantsBytes: grants.sizeBytes }),
  ...(record && { record }),
  ...(replay && { replay: replay.transcript, replayBytes: replay.transcriptBytes }),
})
