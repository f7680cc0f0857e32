import type { Item } from '../../../shared/cbor.ts'
import { encodeItem } from '../../../shared/cbor.ts'
import type { Clock } from '../../../shared/clock.ts'
import { Call } from '../../../shared/documents/call.ts'
import { SamaraError } from '../../../shared/errors.ts'
import { INLINE_BYTES } from '../../../shared/fields.ts'
import { mayWrite } from '../../../shared/grant-words.ts'
import { digestOf, newJobId, newTaskId, type UserId } from '../../../shared/ids.ts'
import { MAX_BATCH, MAX_TIMEOUT_MS, Submit } from '../../../shared/messages/index.ts'
import { parseSelector } from '../../../shared/selector.ts'
import { argsFromCbor, argsFromJson, coreArgsFromCbor, coreArgsFromJson } from '../../../shared/values.ts'
import { isPlaced, schedule } from '../../scheduler/select.ts'
import type { Unplaceable } from '../../scheduler/snapshot.ts'
import type { BlobStore, JobRecord, NewTask, Store, TaskStep } from '../../store/store.ts'
import type { Functions, Resolved } from '../functions.ts'
import type { GrantSet } from '../grants.ts'
import type { Proplets } from '../proplets.ts'
import { type ActiveJob, type ActiveTask, activeJob } from './active.ts'
import type { Engine } from './engine.ts'
import { type Chosen, chooseExport } from './exports.ts'
import { checkReplay, createRecorded, exportOf, type Recorded, recordedArgs } from './replay.ts'

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
  /** Sees the tasks of others, so that they can be replayed. @default false */
  readonly isOperator?: boolean
  /** Topic for answers; none for HTTP, where answers are asked for. */
  readonly reply?: string
}

type Form = Origin['form']

/** What a job is of. */
type Subject = {
  readonly resolved: Resolved
  readonly chosen: Chosen
  readonly grants: GrantSet | undefined
  readonly recorded: Recorded | undefined
}

export type Accepted = { readonly job: JobRecord; readonly added: boolean }

/** Takes a job: checked whole, placed where possible, and durable before it is accepted. [P-9.1] */
export function createSubmit({ store, blobs, functions, proplets, engine, clock }: Deps) {
  const recordedRun = createRecorded({ store, blobs, functions })

  /** What a job is of: the version and what it may, by its name or by the run that is replayed. */
  async function subject(message: Submit, origin: Origin): Promise<Subject> {
    const recorded = message.replay ? await recordedRun(message.replay, message, origin) : undefined
    const resolved = recorded?.resolved ?? (await functions.resolve(message.function, message.version ?? 'latest'))
    const grants = recorded ? recorded.grants : await functions.grantsOf(resolved.version.granted)
    return { resolved, grants, recorded, chosen: chooseExport(resolved.manifest, exportOf(message, recorded)) }
  }

  /** A Call as it travels: inside the start, or as a blob. [P-4.1] */
  async function travelling(call: Call): Promise<Pick<NewTask, 'call' | 'callDigest' | 'callBytes'>> {
    const encoded = Call.encode(call)
    if (encoded.length <= INLINE_BYTES) return { call: encoded }
    return { callDigest: await blobs.put(encoded), callBytes: encoded.length }
  }

  async function tasksOf(record: JobRecord, of: Subject, message: Submit, form: Form): Promise<NewTask[]> {
    const tasks: NewTask[] = []
    for (const [index, one] of (message.batch ?? [message.args]).entries()) {
      const path = message.batch ? `batch[${index}]` : 'args'
      const call = await travelling(callOf(of, message, { args: one, form, path }))
      tasks.push({ task: taskRecord(record, index, record.createdMs), ...call })
    }
    return tasks
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

  /** Placed where possible and committed: only then anybody hears of it. */
  async function durable(job: ActiveJob, tasks: readonly NewTask[]): Promise<Accepted> {
    const { placed } = place(job, tasks)
    let answer: Accepted
    try {
      answer = await store.addJob(
        job.record,
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

  return async function submit(message: Submit, origin: Origin): Promise<Accepted> {
    check(message)
    const of = await subject(message, origin)
    const { manifest, version } = of.resolved
    const record = jobRecord(message, origin, of, clock.now())
    const job = activeJob({ record, manifest, manifestBytes: version.manifestBytes, grants: of.grants })
    // What an operator takes away meanwhile is taken from this job too.
    engine.arriving.add(job)
    try {
      return await durable(job, await tasksOf(record, of, message, origin.form))
    } finally {
      engine.arriving.delete(job)
    }
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
  checkReplay(message)
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

function jobRecord(message: Submit, origin: Origin, of: Subject, nowMs: number): JobRecord {
  const { resolved, chosen, grants, recorded } = of
  return {
    id: newJobId(nowMs),
    user: origin.user,
    key: message.key,
    requestDigest: digestOf(Submit.encode(comparable(message))),
    function: message.function,
    version: resolved.version.version,
    manifest: resolved.version.manifest,
    export: chosen.name,
    tasks: message.batch?.length ?? 1,
    ...(message.selector !== undefined && { selector: message.selector }),
    ...(message.proplet && { proplet: message.proplet }),
    timeoutMs: message.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    policy: { retries: message.retries ?? defaultRetries(of), retryOn: message.retryOn ?? 'lost' },
    ...(origin.reply !== undefined && { reply: origin.reply, replyFormat: origin.form }),
    inlineBytes: message.inlineBytes ?? DEFAULT_INLINE_BYTES,
    createdMs: nowMs,
    expiresMs: nowMs + (message.expiresMs ?? DEFAULT_EXPIRES_MS),
    ...(grants && { grants: grants.digest, grantsBytes: grants.sizeBytes }),
    ...(message.record && { record: true }),
    ...(recorded && { replay: recorded.replay }),
  }
}

/**
 * What may have moved something is not tried again by itself. Who says how often it may be tried says that twice does
 * no harm. [P-5.3]
 */
const defaultRetries = ({ grants, recorded }: Subject): number =>
  !recorded && grants?.grants.some(mayWrite) ? 0 : DEFAULT_RETRIES

/** What is handed to the function; of a replay what the recorded run had, where the submission says nothing else. */
function callOf(
  { chosen, resolved, recorded }: Subject,
  message: Submit,
  { args, form, path }: { args: unknown; form: Form; path: string },
): Call {
  const { args: _args, export: _export, ...before } = recorded?.call ?? {}
  const isSame = recorded !== undefined && args === undefined
  return {
    ...before,
    export: chosen.name,
    args: isSame ? recordedArgs(chosen, resolved, recorded) : values(chosen, resolved, args, form, path),
    ...(message.argv && { argv: message.argv }),
    ...(message.env && { env: message.env }),
    ...(message.stdin !== undefined && { stdin: Buffer.from(message.stdin) }),
    ...(message.memoryPages !== undefined && { memoryPages: message.memoryPages }),
    ...(message.outputBytes !== undefined && { outputBytes: message.outputBytes }),
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
