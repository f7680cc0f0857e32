import type { Digest, PropletId } from '../../../shared/ids.ts'
import type { AttemptRef, Cancel, Lease, Start } from '../../../shared/messages/index.ts'
import type { ActiveJob, ActiveTask } from './active.ts'

/** What tasks ask of the link to proplets; the link hands it in. */
export interface Commands {
  start(proplet: PropletId, start: Start): void
  cancel(proplet: PropletId, cancel: Cancel): void
  lease(proplet: PropletId, lease: Lease): void
  /** Results that are durable. Several of one turn share a message. */
  ack(proplet: PropletId, ref: AttemptRef): void
  /** Brings a blob of the proplet into the blob store. Rejects when it cannot be had now. */
  fetch(proplet: PropletId, digest: Digest, sizeBytes: number): Promise<void>
}

/** What tasks tell those who submitted them; the user side hands it in. */
export interface Listener {
  progressed(task: ActiveTask): void
  /** The task is final and durable. */
  ended(task: ActiveTask, body: Uint8Array | undefined): void
  jobEnded(job: ActiveJob): void
}
