import type { Item } from '../../../shared/cbor.ts'
import { encodeItem } from '../../../shared/cbor.ts'
import type { Clock } from '../../../shared/clock.ts'
import { Call } from '../../../shared/documents/call.ts'
import { SamaraError } from '../../../shared/errors.ts'
import { INLINE_BYTES } from '../../../shared/fields.ts'
import { digestOf, newJobId, newTaskId, type UserId } from '../../../shared/ids.ts'
import { MAX_BATCH, MAX_TIMEOUT_MS, Submit } from '../../../shared/messages/index.ts'
import { parseSelector } from '../../../shared/selector.ts'
import { argsFromCbor, argsFromJson, coreArgsFromCbor, coreArgsFromJson } from '../../../shared/values.ts'
import { isPlaced, schedule } from '../../scheduler/select.ts'
import type { Unplaceable } from '../../scheduler/snapshot.ts'
import type { BlobStore, JobRecord, NewTask, Store, TaskStep } from '../../store/store.ts'
import type { Functions, Resolved } from '../functions.ts'
import type { Proplets } from '../proplets.ts'
import { type ActiveJob, type ActiveTask, activeJob } from './active.ts'
import type { Engine } from './engine.ts'
import { type Chosen, chooseExport } from './exports.ts'

export const DEFAULT_TIMEOUT_MS = 60_000
export const DEFAULT_EXPIRES_MS = 3_600_000
export const DEFAULT_RETRIES = 2
/** Longest result body inside an answer, where the job does not say. */
export const DEFAULT_INLINE_BYTES = 65_536

type Deps = {
  readonly store: Store
  readonly blobs: BlobStore
  readonly functions: Functions
  readonly proplets: Proplets
  readonly engine: Engine
  readonly clock: Clock
}

/** How a submission came, which is how its answers go. */
export type Origin = {
  readonly user: UserId
  readonly form: 'json' | 'cbor'
  /** Topic for answers; none for HTTP, where answers are asked for. */
  readonly reply?: string
}

export type Accepted = { readonly job: JobRecord; readonly added: boolean }

/** Takes a job: checked whole, placed where possible, and durable before it is accepted. [P-9.1] */
export function createSubmit({ store, blobs, functions, proplets, engine, clock }: Deps) {
  async function call(
    chosen: Chosen,
    resolved: Resolved,
    submit: Submit,
    args: unknown,
    origin: Origin,
    path: string,
  ): Promise<Pick<NewTask, 'call' | 'callDigest' | 'callBytes'>> {
    const encoded = Call.encode({
      export: chosen.name,
      args: values(chosen, resolved, args, origin.form, path),
      ...(submit.argv && { argv: submit.argv }),
      ...(submit.env && { env: submit.env }),
      ...(submit.stdin !== undefined && { stdin: Buffer.from(submit.stdin) }),
      ...(submit.memoryPages !== undefined && { memoryPages: submit.memoryPages }),
      ...(submit.outputBytes !== undefined && { outputBytes: submit.outputBytes }),
    })
    if (encoded.length <= INLINE_BYTES) return { call: encoded }
    return { callDigest: await blobs.put(encoded), callBytes: encoded.length }
  }

  /** The task in memory, before it is durable: its slot is taken, or nobody has one. */
  function place(job: ActiveJob, tasks: readonly NewTask[]): { placed: { task: ActiveTask; step: TaskStep }[] } {
    const placed: { task: ActiveTask; step: TaskStep }[] = []
    for (const { task: record, ...bytes } of tasks) {
      const answer = schedule({ ...job.need, avoid: new Set() }, proplets.all())
      if (!isPlaced(answer)) {
        if (placed.length === 0 && !answer.later) throw unplaceable(job.record, answer)
        break
      }
      const task = engine.active.add(job, record, bytes)
      placed.push({ task, step: engine.reserve(task, answer) })
    }
    return { placed }
  }

  function forget(placed: readonly { task: ActiveTask }[]): void {
    for (const { task } of placed) {
      engine.active.tasks.delete(task.record.id)
      engine.active.jobs.delete(task.record.job)
      engine.unreserve(task)
    }
    engine.wake()
  }

  return async function submit(message: Submit, origin: Origin): Promise<Accepted> {
    check(message)
    const resolved = await functions.resolve(message.function, message.version ?? 'latest')
    const chosen = chooseExport(resolved.manifest, message.export)
    const args = message.batch ?? [message.args]
    const nowMs = clock.now()
    const record = jobRecord(message, origin, resolved, chosen.name, args.length, nowMs)
    const tasks: NewTask[] = []
    for (const [index, one] of args.entries()) {
      const path = message.batch ? `batch[${index}]` : 'args'
      tasks.push({
        task: taskRecord(record, index, nowMs),
        ...(await call(chosen, resolved, message, one, origin, path)),
      })
    }
    const job = activeJob(record, resolved.manifest, resolved.version.manifestBytes, { done: 0, failed: 0 })
    const { placed } = place(job, tasks)
    let answer: Accepted
    try {
      answer = await store.addJob(
        record,
        tasks,
        placed.map(({ step }) => step),
      )
    } catch (error) {
      forget(placed)
      throw error
    }
    if (!answer.added) {
      forget(placed)
      return answer
    }
    for (const { task, step } of placed) engine.placed(task, step)
    engine.accepted(job, tasks)
    return answer
  }
}

function check(message: Submit): void {
  if (message.batch && message.args !== undefined)
    throw new SamaraError('INVALID_ARGUMENT', 'submit.batch: there is args too, and only one may be', {
      field: 'batch',
      expected: 'args or batch',
    })
  if (message.batch && (message.batch.length === 0 || message.batch.length > MAX_BATCH))
    throw new SamaraError('INVALID_ARGUMENT', `submit.batch: has ${message.batch.length} calls`, {
      field: 'batch',
      expected: `1 to ${MAX_BATCH}`,
    })
  for (const field of ['timeoutMs', 'expiresMs'] as const) {
    const value = message[field]
    if (value !== undefined && (value < 1 || value > MAX_TIMEOUT_MS))
      throw new SamaraError('INVALID_ARGUMENT', `submit.${field}: ${value} is not 1 to ${MAX_TIMEOUT_MS}`, {
        field,
        expected: `1 to ${MAX_TIMEOUT_MS}`,
      })
  }
  parseSelector(message.selector ?? '*')
}

function jobRecord(
  message: Submit,
  origin: Origin,
  { version }: Resolved,
  exportName: string,
  tasks: number,
  nowMs: number,
): JobRecord {
  return {
    id: newJobId(nowMs),
    user: origin.user,
    key: message.key,
    requestDigest: digestOf(Submit.encode(comparable(message))),
    function: message.function,
    version: version.version,
    manifest: version.manifest,
    export: exportName,
    tasks,
    ...(message.selector !== undefined && { selector: message.selector }),
    ...(message.proplet && { proplet: message.proplet }),
    timeoutMs: message.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    policy: { retries: message.retries ?? DEFAULT_RETRIES, retryOn: message.retryOn ?? 'lost' },
    ...(origin.reply !== undefined && { reply: origin.reply, replyFormat: origin.form }),
    inlineBytes: message.inlineBytes ?? DEFAULT_INLINE_BYTES,
    createdMs: nowMs,
    expiresMs: nowMs + (message.expiresMs ?? DEFAULT_EXPIRES_MS),
  }
}

/** JSON values are not CBOR items; their text is. Only equality matters here. */
function comparable(message: Submit): Submit {
  const { args, batch, ...rest } = message
  const frozen = (value: unknown): Item => (isItem(value) ? value : JSON.stringify(value))
  return { ...rest, ...(args !== undefined && { args: frozen(args) }), ...(batch && { batch: batch.map(frozen) }) }
}

function isItem(value: unknown): value is Item {
  try {
    encodeItem(value as Item)
    return true
  } catch {
    return false
  }
}

const taskRecord = (job: JobRecord, index: number, nowMs: number): NewTask['task'] => ({
  id: newTaskId(nowMs),
  job: job.id,
  index,
  function: job.function,
  state: 'pending',
  attempt: 0,
  createdMs: nowMs,
  confirmed: false,
  cancelRequested: false,
})

/** Arguments as items, checked against the signature; a program has none. */
function values(chosen: Chosen, { manifest }: Resolved, args: unknown, form: 'json' | 'cbor', path: string): Item[] {
  if (chosen.command) {
    if (args !== undefined && !(Array.isArray(args) && args.length === 0))
      throw new SamaraError('INVALID_ARGUMENT', `${path}: a program has no args; its words are argv`, {
        field: path,
        expected: 'argv',
      })
    return []
  }
  const core = manifest.kind === 'core'
  try {
    if (form === 'json') return (core ? coreArgsFromJson : argsFromJson)(chosen.signature, args ?? [])
    if (args !== undefined && !Array.isArray(args))
      throw new SamaraError('INVALID_ARGUMENT', 'args: is not a list', { field: 'args', expected: 'a list' })
    return (core ? coreArgsFromCbor : argsFromCbor)(chosen.signature, (args as Item[] | undefined) ?? [])
  } catch (error) {
    if (!(error instanceof SamaraError) || path === 'args') throw error
    const { field = 'args' } = error.context
    throw new SamaraError(error.code, error.message.replace(/^args/, path), {
      ...error.context,
      field: field.replace(/^args/, path),
      cause: error,
    })
  }
}

const unplaceable = (job: JobRecord, { reasons }: Unplaceable): SamaraError =>
  new SamaraError(
    'UNPLACEABLE',
    `function ${job.function}: no proplet can run it: ${reasons.slice(0, 8).join('; ')}${reasons.length > 8 ? `; and ${reasons.length - 8} more` : ''}`,
    { reasons },
  )
