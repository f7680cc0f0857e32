import type { Logger } from 'pino'
import type { Clock } from '../../../shared/clock.ts'
import type { UserId } from '../../../shared/ids.ts'
import { Answer } from '../../../shared/messages/index.ts'
import type { JobRecord, Store } from '../../store/store.ts'
import type { ActiveJob, ActiveTask } from './active.ts'
import { summary, taskAnswer } from './answers.ts'
import type { Listener } from './commands.ts'
import type { Jobs } from './jobs.ts'

type Deps = {
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  /** Publishes bytes on a topic of the user's own. */
  publish(topic: string, payload: Uint8Array): void
  jobs(): Jobs
}

/** Progress of a batch is told at most so often. [P-9.2] */
const PROGRESS_MS = 1_000
/** Results that nobody confirmed are sent again for so long after their job began. [P-9.3] */
export const RESEND_MS = 3_600_000
const RESEND_MOST = 10_000

export const encodeAnswer = (answer: Answer, form: 'json' | 'cbor'): Uint8Array =>
  form === 'cbor' ? Answer.encode(answer) : Buffer.from(JSON.stringify(Answer.toJson(answer)))

/** Tells users over MQTT what became of their jobs. */
export function createReplies({ store, clock, log, publish, jobs }: Deps): Listener & {
  send(job: JobRecord, answer: Answer): void
  /** Results of an earlier run of the manager that nobody has confirmed; each once. */
  resend(user: UserId | undefined): Promise<void>
  loadUnconfirmed(): Promise<void>
} {
  const waiting = new Map<UserId, { taskId: string; send: () => Promise<void> }[]>()

  function send(job: JobRecord, answer: Answer): void {
    if (job.reply) publish(job.reply, encodeAnswer(answer, job.replyFormat ?? 'json'))
  }

  return {
    send,

    progressed(task: ActiveTask): void {
      const { job } = task
      if (!job.record.reply) return
      if (job.record.tasks === 1)
        return send(job.record, taskAnswer(task.record, job.record, job.manifest, { form: 'json' }))
      batchProgress(job)
    },

    ended(task: ActiveTask, body: Uint8Array | undefined): void {
      const { record, manifest } = task.job
      if (!record.reply) return
      const form = record.replyFormat ?? 'json'
      if (body || !task.record.outcome)
        send(record, taskAnswer({ ...task.record, ...(body && { body }) }, record, manifest, { form }))
      else void stored(task)
      if (record.tasks > 1) batchProgress(task.job)
    },

    jobEnded(job: ActiveJob): void {
      if (job.record.tasks > 1) send(job.record, summary(job.record, job))
    },

    async loadUnconfirmed(): Promise<void> {
      for (const { task, job } of await store.unconfirmed(clock.now() - RESEND_MS, RESEND_MOST)) {
        const list = waiting.get(job.user) ?? []
        waiting.set(job.user, list)
        list.push({
          taskId: task.id,
          send: async () => send(job, await jobs().answer(task, job, job.replyFormat ?? 'json', true)),
        })
      }
    },

    async resend(user: UserId | undefined): Promise<void> {
      const users = user ? [user] : [...waiting.keys()]
      for (const one of users) {
        const list = waiting.get(one) ?? []
        waiting.delete(one)
        for (const { send: again, taskId } of list)
          await again().catch((error: unknown) => log.warn({ err: error, task: taskId }, 'result not sent again'))
      }
    },
  }

  /** A body that is a blob is brought from the store, where the job wants it inside. */
  async function stored(task: ActiveTask): Promise<void> {
    try {
      const row = await store.task(task.record.id)
      if (row) send(task.job.record, await jobs().answer(row, task.job.record, task.job.record.replyFormat ?? 'json'))
    } catch (error) {
      log.warn({ err: error, task: task.record.id }, 'result not sent; it can be fetched')
    }
  }

  function batchProgress(job: ActiveJob): void {
    const nowMs = clock.monotonic()
    if (nowMs - job.progressMs < PROGRESS_MS || job.open === 0) return
    job.progressMs = nowMs
    send(job.record, {
      type: 'progress',
      key: job.record.key,
      job: job.record.id,
      tasks: job.record.tasks,
      done: job.done,
      failed: job.failed,
    })
  }
}
