import type { Item } from '../../../shared/cbor.ts'
import { Call } from '../../../shared/documents/call.ts'
import { notFound, SamaraError } from '../../../shared/errors.ts'
import type { TaskId } from '../../../shared/ids.ts'
import type { Submit } from '../../../shared/messages/index.ts'
import { argsFromCbor, coreArgsFromCbor } from '../../../shared/values.ts'
import type { BlobStore, JobRecord, Replay, Store, TaskBytes, TaskRecord } from '../../store/store.ts'
import type { Functions, Resolved } from '../functions.ts'
import type { GrantSet } from '../grants.ts'
import { type Chosen, isCommand } from './exports.ts'
import type { Origin } from './submit.ts'

/** A run whose transcript answers another one in place of devices. [P-10.6] */
export type Recorded = {
  /** The version that ran, or the one that shall run in its place. */
  readonly resolved: Resolved
  readonly call: Call
  /** What that run might do: a replay is refused where it was. */
  readonly grants: GrantSet | undefined
  readonly replay: Replay
}

type Deps = { readonly store: Store; readonly blobs: BlobStore; readonly functions: Functions }
type Run = { readonly task: TaskRecord & TaskBytes; readonly job: JobRecord }

export function checkReplay({ batch, replay }: Submit): void {
  if (replay === undefined || batch === undefined) return
  throw new SamaraError('INVALID_ARGUMENT', 'submit.batch: a transcript is of one call', {
    field: 'batch',
    expected: 'args, or nothing',
  })
}

export function createRecorded({ store, blobs, functions }: Deps) {
  /** The task, if it is this user's own or the user is an operator. */
  async function run(id: TaskId, { user, isOperator }: Origin): Promise<Run> {
    const task = await store.task(id)
    const job = task && (await store.job(task.job))
    if (!task || !job || (job.user !== user && !isOperator)) throw notFound('task', id)
    return { task, job }
  }

  async function callOf({ task }: Run): Promise<Call> {
    return Call.decode(task.call ?? (await blobs.get(task.callDigest ?? ('' as never))))
  }

  /** The very version that ran, whatever has become of its name since. */
  async function ran({ job }: Run): Promise<Resolved> {
    const { function: name, version, manifest } = job
    const manifestBytes = (await blobs.size(manifest)) ?? 0
    const decoded = await functions.manifest(manifest)
    const { artefact, kind, sizeBytes } = decoded
    const row = { function: name, version, manifest, manifestBytes, artefact, kind, sizeBytes }
    return { version: { ...row, createdMs: job.createdMs, createdBy: job.user }, manifest: decoded }
  }

  return async (id: TaskId, message: Submit, origin: Origin): Promise<Recorded> => {
    const found = await run(id, origin)
    const { task, job } = found
    if (message.function !== job.function)
      throw new SamaraError('INVALID_ARGUMENT', `submit.replay: task ${id} is of function ${job.function}`, {
        field: 'function',
        expected: job.function,
      })
    const replay = replayOf(task)
    return {
      replay,
      resolved:
        message.version === undefined ? await ran(found) : await functions.resolve(job.function, message.version),
      call: await callOf(found),
      grants: await functions.grantsOf(task.grantsDigest && { grants: task.grantsDigest }),
    }
  }
}

function replayOf({ id, state, transcriptDigest, transcriptBytes = 0 }: TaskRecord): Replay {
  if (transcriptDigest) return { task: id, transcript: transcriptDigest, transcriptBytes }
  throw new SamaraError('FAILED_PRECONDITION', `task ${id}: is ${state} and has no transcript`, {
    field: 'replay',
    expected: 'a task that was submitted with record and has ended',
  })
}

/** The export that the recorded run called; a program has one entry, whose name has a version in it. */
export function exportOf(message: Submit, recorded: Recorded | undefined): string | undefined {
  if (message.export !== undefined || !recorded) return message.export
  return isCommand(recorded.call.export) ? undefined : recorded.call.export
}

/** Its arguments, checked against the signature of the version that runs now. */
export function recordedArgs(chosen: Chosen, { manifest }: Resolved, { call }: Recorded): Item[] {
  if (chosen.command) return []
  return (manifest.kind === 'core' ? coreArgsFromCbor : argsFromCbor)(chosen.signature, call.args)
}
