import type { Clock } from '../../shared/clock.ts'
import { Call } from '../../shared/documents/call.ts'
import { Transcript } from '../../shared/documents/transcript.ts'
import { SamaraError, toSamaraError } from '../../shared/errors.ts'
import { type ErrorBody, errorBody, MAX_BODY_BYTES } from '../../shared/fields.ts'
import type { Outcome } from '../../shared/task.ts'
import type { Pulls } from '../blobs/pull.ts'
import type { Functions, Loaded } from '../functions/functions.ts'
import { bodyOf } from '../functions/result-body.ts'
import type { RunReport, Session } from '../hal/hal.ts'
import { place } from '../placing.ts'
import type { Limits, RunResult, Runtime } from '../runtime/runtime.ts'
import type { Slots } from '../slots.ts'
import type { Attempt } from './attempts.ts'
import { type TaskDevices, withDifference } from './task-devices.ts'

/** How an attempt ended, before it is a result. */
export type Ending = {
  readonly outcome: Outcome
  readonly exitCode?: number
  readonly error?: ErrorBody
  readonly body?: Buffer
  readonly waitedUs: number
  readonly ranUs: number
  readonly memoryPages?: number
  /** Encoded, where it was wanted. */
  readonly transcript?: Buffer
  readonly refusals?: number
}

export type RunnerOptions = {
  readonly runtime: Pick<Runtime, 'run'>
  readonly functions: Functions
  readonly pulls: Pick<Pulls, 'pull'>
  readonly devices: TaskDevices
  readonly slots: Slots
  readonly clock: Clock
  readonly limitsOf: (call: Call, timeoutMs: number) => Limits
  readonly onPhase: (attempt: Attempt, phase: Attempt['phase']) => void
  readonly onLog: (attempt: Attempt) => (stream: 'stdout' | 'stderr', text: string) => void
}

/** One attempt, from its start to how it ended; undefined where it no longer counts and nobody shall hear of it. */
export async function runAttempt(attempt: Attempt, options: RunnerOptions): Promise<Ending | undefined> {
  try {
    const loaded = options.functions.peek(attempt.start) ?? (await fetchFunction(attempt, options))
    const call = Call.decode(attempt.start.call ?? (await fetchCall(attempt, options)))
    const session = await openDevices(attempt, options)
    try {
      return await runPlaced(attempt, { loaded, call, session }, options)
    } finally {
      await session?.close({ safe: false })
    }
  } catch (error) {
    return attempt.stopping ? stopped(attempt, options) : failed(attempt, toSamaraError(error), options)
  }
}

type Ready = { readonly loaded: Loaded; readonly call: Call; readonly session: Session | undefined }

async function openDevices(attempt: Attempt, options: RunnerOptions): Promise<Session | undefined> {
  const session = await options.devices.open(attempt, () => options.onPhase(attempt, 'fetching'))
  options.onPhase(attempt, 'queued')
  return session
}

/** Devices and slot come last: what waits for the network keeps nobody from running. */
async function runPlaced(attempt: Attempt, ready: Ready, options: RunnerOptions): Promise<Ending | undefined> {
  const placed = await place(options.slots, ready.session, attempt.abort.signal)
  if (!placed) return stopped(attempt, options)
  let run: Run | undefined
  let report: RunReport | undefined
  try {
    if (!attempt.stopping) run = await callFunction(attempt, ready, options)
  } finally {
    report = await placed.end({ safe: true })
  }
  if (run) return endingOf(attempt, run, report, options)
  return attempt.stopping ? stopped(attempt, options) : expired(attempt, options)
}

async function fetchFunction(attempt: Attempt, options: RunnerOptions): Promise<Loaded> {
  options.onPhase(attempt, 'fetching')
  const loaded = await options.functions.load(attempt.start, attempt.abort.signal)
  options.onPhase(attempt, 'queued')
  return loaded
}

async function fetchCall(attempt: Attempt, options: RunnerOptions): Promise<Buffer> {
  const { callDigest: digest, callBytes: sizeBytes = 0 } = attempt.start
  if (!digest)
    throw new SamaraError('INVALID_ARGUMENT', `task ${attempt.ref.task}: neither call nor callDigest is there`)
  if (sizeBytes > MAX_BODY_BYTES)
    throw new SamaraError(
      'TOO_LARGE',
      `task ${attempt.ref.task}: call has ${sizeBytes} bytes, at most ${MAX_BODY_BYTES} are taken`,
    )
  options.onPhase(attempt, 'fetching')
  const bytes = await options.pulls.pull({ digest, sizeBytes, keep: 'once', signal: attempt.abort.signal })
  options.onPhase(attempt, 'queued')
  return bytes
}

type Run = { readonly result: RunResult; readonly waitedUs: number }

/** Undefined where it is too late for it. */
async function callFunction(attempt: Attempt, ready: Ready, options: RunnerOptions): Promise<Run | undefined> {
  const { start } = attempt
  const { loaded, call, session } = ready
  if (options.clock.monotonic() >= attempt.expiresMs) return undefined
  options.onPhase(attempt, 'running')
  const waitedUs = sinceReceiptUs(attempt, options)
  const result = await options.runtime.run({
    image: loaded.image,
    manifest: loaded.manifest,
    call,
    limits: options.limitsOf(call, start.timeoutMs),
    bus: session?.bus,
    signal: attempt.abort.signal,
    onLog: options.onLog(attempt),
  })
  return { result, waitedUs }
}

function endingOf(
  attempt: Attempt,
  { result, waitedUs }: Run,
  report: RunReport | undefined,
  options: RunnerOptions,
): Ending | undefined {
  const refusals = options.devices.refusals(attempt, result, report)
  const devices = {
    ...(refusals > 0 && { refusals: uint32(refusals) }),
    ...(report?.transcript && { transcript: Transcript.encode(report.transcript) }),
  }
  // A guest that ended by itself before the stop reached it has an outcome of its own, and for `cancel` that one counts. [P-5.5]
  const cut = attempt.stopping && (attempt.stopping !== 'cancelled' || result.outcome === 'cancelled')
  const ending = cut
    ? stopped(attempt, options, result)
    : finished(withDifference(result, report), waitedUs + result.prepareUs)
  return ending && { ...ending, ...devices }
}

function finished(result: RunResult, waitedUs: number): Ending {
  const timing = { waitedUs: uint32(waitedUs), ranUs: uint32(result.runUs) }
  const body = bodyOf(result)
  if (body && body.length > MAX_BODY_BYTES) {
    const message = `result has ${body.length} bytes, at most ${MAX_BODY_BYTES} are taken`
    return { outcome: 'output-limit', error: { code: 'GUEST_OUTPUT_LIMIT', message }, ...timing }
  }
  return {
    outcome: result.outcome,
    ...timing,
    ...(result.exitCode !== undefined && { exitCode: result.exitCode & 0xff }),
    ...(result.error && { error: errorBody(result.error) }),
    ...(body && { body }),
    ...(result.memoryPages !== undefined && { memoryPages: result.memoryPages }),
  }
}

/** What the reason of a stop makes of an attempt. */
function stopped(attempt: Attempt, options: RunnerOptions, result?: RunResult): Ending | undefined {
  const ranUs = uint32(result?.runUs ?? 0)
  const waitedUs = sinceReceiptUs(attempt, options) - ranUs
  const end = (outcome: Outcome, code: ErrorBody['code'], why: string): Ending => ({
    outcome,
    error: { code, message: `task ${attempt.ref.task}: ${why}` },
    waitedUs: Math.max(0, waitedUs),
    ranUs,
  })
  switch (attempt.stopping) {
    case 'cancelled':
      return end('cancelled', 'CANCELLED', result ? 'stopped while it ran' : 'stopped before it ran')
    case 'expired':
      return expired(attempt, options)
    case 'leaving':
      // Begun work may have moved outputs: only its policy can say whether it may be done again. [P-5.3]
      if (result) return end('lost', 'UNAVAILABLE', 'the proplet left while it ran')
      return end('refused', 'UNAVAILABLE', 'the proplet left before it ran')
    default:
      return undefined
  }
}

function expired(attempt: Attempt, options: RunnerOptions): Ending {
  const message = `task ${attempt.ref.task}: did not begin within ${attempt.start.timeLeftMs} ms`
  return {
    outcome: 'expired',
    error: { code: 'DEADLINE_EXCEEDED', message },
    waitedUs: sinceReceiptUs(attempt, options),
    ranUs: 0,
  }
}

function failed(attempt: Attempt, error: SamaraError, options: RunnerOptions): Ending {
  return { outcome: 'refused', error: errorBody(error), waitedUs: sinceReceiptUs(attempt, options), ranUs: 0 }
}

const sinceReceiptUs = (attempt: Attempt, options: RunnerOptions): number =>
  uint32((options.clock.monotonic() - attempt.receivedMs) * 1000)

const uint32 = (value: number): number => Math.min(0xffff_ffff, Math.max(0, Math.round(value)))
