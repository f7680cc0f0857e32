import type { Logger } from 'pino'
import type { Clock, Stop } from '../../shared/clock.ts'
import { Call } from '../../shared/documents/call.ts'
import type { DesiredDeployment } from '../../shared/documents/desired-list.ts'
import { type ErrorCode, errors, SamaraError, toSamaraError } from '../../shared/errors.ts'
import { type ErrorBody, errorBody, INLINE_BYTES } from '../../shared/fields.ts'
import type { DeploymentState } from '../../shared/messages/index.ts'
import { type InstanceEvent, type InstanceState, nextInstance } from '../../shared/proplet.ts'
import { type Backoff, createBackoff } from '../backoff.ts'
import type { Functions, Loaded } from '../functions/functions.ts'
import { bodyOf } from '../functions/result-body.ts'
import type { Hal, Session } from '../hal/hal.ts'
import type { Outbound } from '../outbound.ts'
import { type Placed, place } from '../placing.ts'
import type { Limits, RunResult, Runtime } from '../runtime/runtime.ts'
import type { Slots } from '../slots.ts'
import { DeploymentDevices } from './deployment-devices.ts'
import { EdgeWatch } from './edge-watch.ts'
import { StateReport } from './reports.ts'
import { ResultBuffer } from './result-buffer.ts'

export type InstanceOptions = {
  readonly runtime: Pick<Runtime, 'run' | 'release'>
  readonly functions: Pick<Functions, 'load'>
  readonly hal: Pick<Hal, 'open'>
  /** Runs of deployments at a time: a share of their own, so that they and tasks cannot starve each other. */
  readonly share: Slots
  readonly outbound: Outbound
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly boot: string
  readonly limitsOf: (call: Call, timeoutMs: number) => Limits
}

const BACKOFF_MIN_MS = 1_000
const BACKOFF_MAX_MS = 60_000
/** A shorter period would be a loop. */
const LEAST_EVERY_MS = 10

/** What a run needs, from one fetch to the next form of the deployment. */
type Ready = { readonly loaded: Loaded; readonly call: Call; readonly session: Session | undefined }

/** One deployment on this proplet: fetches what it needs, runs when its trigger says so, tells how it goes. [P-7.3] */
export class Instance {
  readonly #options: InstanceOptions
  readonly #report: StateReport
  readonly #results: ResultBuffer
  readonly #backoff: Backoff
  readonly #edges: EdgeWatch
  #desired: DesiredDeployment
  #state: InstanceState = 'pending'
  /** From one desired form to the next; what belongs to an earlier one is stopped and ignored. */
  #life = new AbortController()
  #timers: Stop[] = []
  #waiting = false
  #seq = 0
  #counts = { runs: 0, failures: 0, skipped: 0, dropped: 0 }
  readonly #devices: DeploymentDevices
  #error: ErrorBody | undefined

  constructor(desired: DesiredDeployment, options: InstanceOptions) {
    this.#desired = desired
    this.#options = options
    const { outbound, clock, random, hal, log } = options
    this.#devices = new DeploymentDevices({ hal, log, onRefused: () => this.#report.changed() })
    this.#report = new StateReport({ outbound, clock, state: () => this.status() })
    const backoff = () => createBackoff({ minMs: BACKOFF_MIN_MS, maxMs: BACKOFF_MAX_MS, random })
    this.#backoff = backoff()
    this.#edges = new EdgeWatch({ clock, backoff: backoff(), onLost: (error) => this.#tell(error) })
    this.#results = new ResultBuffer({
      outbound,
      clock,
      limits: desired,
      onDropped: (count) => this.#count('dropped', count),
    })
  }

  get running(): boolean {
    return this.#state === 'running'
  }

  status(): DeploymentState {
    const { deployment, manifest } = this.#desired
    const { refusals } = this.#devices
    return {
      deployment,
      boot: this.#options.boot,
      state: this.#state,
      manifest,
      ...this.#counts,
      ...(this.#error && { error: this.#error }),
      ...(refusals > 0 && { refusals }),
    }
  }

  begin(): void {
    this.#fetch()
  }

  /** Another form of the same deployment: what runs of the old one is stopped. */
  change(desired: DesiredDeployment): void {
    this.#end()
    this.#life = new AbortController()
    this.#desired = desired
    this.#error = undefined
    this.#backoff.reset()
    this.#results.limit(desired)
    this.#fetch()
  }

  async remove(): Promise<void> {
    this.#end()
    this.#enter('removed')
    this.#report.now()
    await this.close()
  }

  /** Stops without a word: the agent ends, the deployment does not. Resolves when its outputs are where they are safe. */
  async close(): Promise<void> {
    this.#end()
    this.#results.close()
    this.#report.close()
    await this.#devices.closed()
  }

  /** Results may go out. */
  online(): void {
    this.#results.online()
  }

  /** Tells how it stands, whether that has changed or not: the manager has just been greeted. [P-7.4] */
  report(): void {
    this.#report.now()
  }

  offline(): void {
    this.#results.offline()
  }

  #end(): void {
    this.#life.abort()
    for (const stop of this.#timers.splice(0)) stop()
    this.#waiting = false
    this.#options.runtime.release(this.#desired.deployment)
    this.#devices.close()
  }

  #enter(event: InstanceEvent): void {
    const next = nextInstance(this.#state, event)
    if (!next)
      throw new SamaraError(
        'INTERNAL',
        `deployment ${this.#desired.deployment}: ${event} means nothing in ${this.#state}`,
      )
    this.#state = next
    this.#report.changed()
  }

  #count(what: keyof DeploymentState & ('runs' | 'failures' | 'skipped' | 'dropped'), by = 1): void {
    this.#counts = { ...this.#counts, [what]: this.#counts[what] + by }
    this.#report.changed()
  }

  #after(ms: number, fn: () => void): void {
    this.#timers.push(this.#options.clock.after(ms, fn))
  }

  #fetch(): void {
    // Stays in fetching when it comes from there: its own first try was replaced.
    if (this.#state !== 'fetching') this.#enter('desired')
    const life = this.#life
    this.#load(life.signal).then(
      (ready) => {
        if (life.signal.aborted) return
        this.#backoff.reset()
        this.#error = undefined
        this.#enter('fetched')
        this.#arm(ready)
      },
      (error) => {
        if (!life.signal.aborted) this.#failedToFetch(toSamaraError(error))
      },
    )
  }

  async #load(signal: AbortSignal): Promise<Ready> {
    const { trigger, everyMs, deployment } = this.#desired
    if (trigger === 'every' && everyMs === undefined)
      throw new SamaraError('INVALID_ARGUMENT', `deployment ${deployment}: everyMs is missing`, { field: 'everyMs' })
    const call = Call.decode(this.#desired.call)
    const loaded = await this.#options.functions.load(this.#desired, signal)
    const ready = { loaded, call, session: await this.#devices.open(this.#desired, signal) }
    if (trigger === 'edge')
      await this.#edges.begin({
        desired: this.#desired,
        session: ready.session,
        onEdge: () => this.#tick(ready),
        signal,
      })
    return ready
  }

  #tell(error: SamaraError): void {
    this.#options.log.warn({ deployment: this.#desired.deployment, code: error.code }, error.message)
    this.#error = errorBody(error)
    this.#report.changed()
  }

  #failedToFetch(error: SamaraError): void {
    this.#tell(error)
    if (!mayPass(error.code)) return this.#enter('refuse')
    this.#enter('fetch-failed')
    this.#after(this.#backoff.next(), () => this.#fetch())
  }

  #arm(ready: Ready): void {
    const { trigger, everyMs = 0 } = this.#desired
    if (trigger === 'on-request' || trigger === 'edge') return
    const tick = () => this.#tick(ready)
    if (trigger === 'every') this.#timers.push(this.#options.clock.every(Math.max(everyMs, LEAST_EVERY_MS), tick))
    tick()
  }

  #tick(ready: Ready): void {
    if (this.#state === 'running' || this.#waiting) return this.#count('skipped')
    // In back-off the next run is the first tick after it.
    if (this.#state !== 'ready') return
    this.#run(ready, this.#life.signal).catch((error) => {
      this.#options.log.error({ err: error, deployment: this.#desired.deployment }, 'run failed in the agent')
    })
  }

  async #run(ready: Ready, signal: AbortSignal): Promise<void> {
    this.#waiting = true
    const placed = await this.#place(ready, signal)
    if (!signal.aborted) this.#waiting = false
    if (!placed) return
    let result: RunResult | undefined
    let safe = true
    try {
      if (signal.aborted) return
      this.#enter('run')
      result = await this.#call(ready, signal)
      // Between good runs outputs keep their level, or a thermostat would chatter.
      safe = signal.aborted || result.outcome !== 'completed'
    } finally {
      this.#devices.ended(this.#desired, await placed.end({ safe }), result)
    }
    if (!signal.aborted) this.#ran(result, ready)
  }

  /** Undefined where there is nothing to run in or with: then this run failed, or its time is over. */
  async #place(ready: Ready, signal: AbortSignal): Promise<Placed | undefined> {
    try {
      return await place(this.#options.share, ready.session, signal)
    } catch (error) {
      if (!signal.aborted) this.#withoutDevices(toSamaraError(error), ready)
      return undefined
    }
  }

  #withoutDevices(error: SamaraError, ready: Ready): void {
    this.#tell(error)
    this.#enter('run')
    this.#count('failures')
    this.#backOff(ready)
  }

  #call({ loaded, call, session }: Ready, signal: AbortSignal): Promise<RunResult> {
    const { keep, deployment, timeoutMs } = this.#desired
    return this.#options.runtime.run({
      image: loaded.image,
      manifest: loaded.manifest,
      call,
      limits: this.#options.limitsOf(call, timeoutMs),
      ...(keep && { keep: deployment }),
      bus: session?.bus,
      signal,
    })
  }

  #ran(result: RunResult, ready: Ready): void {
    const well = result.outcome === 'completed'
    this.#publish(result)
    this.#count(well ? 'runs' : 'failures')
    this.#error = result.error && errorBody(result.error)
    if (well) {
      this.#backoff.reset()
      return this.#enter('ended')
    }
    // A kept instance that failed is in nobody knows what state.
    this.#options.runtime.release(this.#desired.deployment)
    if (result.outcome === 'refused') {
      for (const stop of this.#timers.splice(0)) stop()
      return this.#enter('refuse')
    }
    this.#backOff(ready)
  }

  #backOff(ready: Ready): void {
    this.#enter('faulted')
    this.#after(this.#backoff.next(), () => {
      this.#enter('elapsed')
      if (this.#desired.trigger === 'boot') this.#tick(ready)
    })
  }

  #publish(result: RunResult): void {
    const body = bodyOf(result)
    const long = body !== undefined && body.length > INLINE_BYTES
    const error: ErrorBody | undefined = long
      ? { code: 'TOO_LARGE', message: `result body has ${body.length} bytes, ${INLINE_BYTES} travel` }
      : result.error && errorBody(result.error)
    this.#results.add({
      endedMs: this.#options.clock.monotonic(),
      result: {
        deployment: this.#desired.deployment,
        boot: this.#options.boot,
        seq: ++this.#seq,
        outcome: result.outcome,
        ranUs: Math.min(0xffff_ffff, Math.max(0, Math.round(result.runUs))),
        ...(result.exitCode !== undefined && { exitCode: result.exitCode & 0xff }),
        ...(error && { error }),
        ...(body && !long && { body }),
      },
    })
  }
}

/** May the same work later? What the manager lacks now, and bytes that were damaged on their way, too. */
const mayPass = (code: ErrorCode): boolean => errors[code].retriable || code === 'DATA_LOSS' || code === 'NOT_FOUND'
