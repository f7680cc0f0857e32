import type { Answer, Operation } from '../../shared/bus.ts'
import { toSamaraError } from '../../shared/errors.ts'
import { type Asked, ChannelEnd } from './channel-end.ts'
import type { Driver, OpenDevice } from './driver.ts'
import { compileGrant, type GrantCheck } from './grants.ts'
import { IoDevices } from './io-devices.ts'
import { type Attach, BEGAN, type IoAnswer, type IoQuestion, type IoReport, RUN } from './io-messages.ts'
import type { DeviceSpec, GpioSpec } from './profile.ts'
import { Recorder } from './recorder.ts'
import { Turns } from './turns.ts'
import { Watches, type WatchesOptions } from './watches.ts'

export type IoServerOptions = {
  readonly openDriver: () => Promise<Driver>
  /** Nanoseconds, of the clock that the agent's begin of a run is of. */
  readonly nowNs: () => bigint
  /** Whether operations wait for each other: one bus carries one transfer, while a wait for a pin must stop nobody. */
  readonly serial: boolean
  /** Told of refusals while a run goes on, at most once a second and session. */
  readonly onRefused: (session: number, refusals: number, text: string) => void
  readonly onEdge: WatchesOptions['onEdge']
  readonly onBlind: WatchesOptions['onBlind']
}

const TELL_NS = 1_000_000_000n

type Attachment = {
  readonly spec: DeviceSpec
  readonly session: SessionState
  readonly index: number
  readonly device: OpenDevice
  readonly check: GrantCheck
  readonly end: ChannelEnd
  underWay: { readonly abort: AbortController; readonly done: Promise<void> } | undefined
}

/** What one session has on this controller, counted from run to run. */
type SessionState = {
  readonly id: number
  readonly run: Int32Array
  readonly began: BigInt64Array
  readonly recorder: Recorder | undefined
  operations: number
  refusals: number
  refusal: IoReport['refusal']
  untold: number
  toldNs: bigint
}

/** Serves the channels of one controller: checks, runs, records. The I/O worker around it has the bell and the port. */
export class IoServer {
  readonly #options: IoServerOptions
  readonly #devices: IoDevices
  readonly #watches: Watches
  readonly #attachments = new Set<Attachment>()
  readonly #sessions = new Map<number, SessionState>()
  readonly #turns: Turns

  constructor(options: IoServerOptions) {
    this.#options = options
    this.#devices = new IoDevices(options.openDriver)
    const { onEdge, onBlind } = options
    this.#watches = new Watches({ devices: this.#devices, onEdge, onBlind })
    this.#turns = new Turns(options.serial)
  }

  /** The bell rang: somebody asks or gives up. Whether something was answered at once, so that more may follow soon. */
  look(): boolean {
    let answered = false
    for (const attachment of this.#attachments) answered = this.#lookAt(attachment) || answered
    return answered
  }

  /** Never throws. */
  async answer(question: IoQuestion): Promise<IoAnswer> {
    try {
      const report = await this.#do(question)
      return { ok: true, ...(report && { report }) }
    } catch (error) {
      const { code, message } = toSamaraError(error)
      return { ok: false, code: code === 'INTERNAL' ? 'UNAVAILABLE' : code, message }
    }
  }

  async #do(question: IoQuestion): Promise<IoReport | undefined> {
    switch (question.do) {
      case 'attach':
        return await this.#attach(question)
      case 'watch':
        await this.#watches.begin(question.session, question.device, question.event)
        return undefined
      case 'end':
        return await this.#end(question.session)
      case 'detach':
        return await this.#detach(question.session)
      case 'safe':
        return await this.#safe(question.outputs)
      case 'close':
        return await this.#close()
    }
  }

  async #attach(question: Attach): Promise<undefined> {
    const { device: spec, grant, index, channel } = question
    const device = await this.#devices.take(spec)
    const session = this.#sessions.get(question.session) ?? this.#newSession(question)
    const end = new ChannelEnd(channel)
    const check = compileGrant(grant, spec)
    this.#attachments.add({ spec, session, index, device, check, end, underWay: undefined })
  }

  #newSession({ session: id, control, record }: Attach): SessionState {
    const recorder = record && new Recorder(record)
    const views = { run: new Int32Array(control), began: new BigInt64Array(control) }
    const counts = { operations: 0, refusals: 0, refusal: undefined, untold: 0, toldNs: -TELL_NS }
    const session = { id, recorder, ...views, ...counts }
    this.#sessions.set(id, session)
    return session
  }

  #of(session: number): Attachment[] {
    return [...this.#attachments].filter((one) => one.session.id === session)
  }

  async #end(id: number): Promise<IoReport | undefined> {
    const own = this.#of(id)
    for (const { underWay } of own) underWay?.abort.abort()
    await Promise.all(own.map(({ underWay }) => underWay?.done))
    const session = this.#sessions.get(id)
    if (!session) return undefined
    for (const { end } of own) session.refusals += end.reset()
    const { operations, refusals, refusal, recorder } = session
    Object.assign(session, { operations: 0, refusals: 0, refusal: undefined })
    return { operations, refusals, refusal, recorded: recorder?.take() ?? { rows: [] } }
  }

  async #detach(id: number): Promise<undefined> {
    await this.#watches.end(id)
    await this.#end(id)
    this.#sessions.delete(id)
    for (const attachment of this.#of(id)) {
      this.#attachments.delete(attachment)
      await this.#devices.give(attachment.spec)
    }
  }

  /** Each of them, whatever becomes of the others. */
  async #safe(outputs: readonly GpioSpec[]): Promise<undefined> {
    const failures = (await Promise.all(outputs.map((output) => this.#drive(output)))).filter((text) => text !== '')
    if (failures.length > 0) throw new Error(failures.join('; '))
  }

  async #drive(output: GpioSpec): Promise<string> {
    try {
      const device = await this.#devices.take(output)
      const operation: Operation = { op: 'set', level: output.safe === 'high' }
      const { error, detail } = await device.run(operation, new AbortController().signal)
      return error ? `device ${output.name}: ${detail ?? error}` : ''
    } catch (error) {
      return (error as Error).message
    }
  }

  async #close(): Promise<undefined> {
    for (const id of [...this.#sessions.keys()]) await this.#detach(id)
    await this.#devices.close()
  }

  #lookAt(attachment: Attachment): boolean {
    const asked = attachment.end.take()
    if (asked) this.#begin(attachment, asked)
    // After it was begun: what is given up at once is given up nevertheless.
    if (attachment.end.takeCancel()) attachment.underWay?.abort.abort()
    return asked !== undefined && !attachment.underWay
  }

  #begin(attachment: Attachment, { operation, sequence }: Asked): void {
    const { session } = attachment
    // A guest that was ended, or one that was kept and has no business now.
    if (Atomics.load(session.run, RUN) === 0) return attachment.end.answer({ error: 'cancelled' })
    if (!operation) return attachment.end.answer({ error: 'invalid', detail: 'no operation' })
    const startNs = this.#options.nowNs()
    const verdict = attachment.check(operation, Number(startNs) / 1e6)
    const finish = (answer: Answer) => this.#finish(attachment, { operation, sequence, startNs, answer })
    if (verdict?.error === 'not-granted') this.#refuse(attachment, sequence, verdict.detail ?? '')
    if (verdict) return finish(verdict)
    this.#run(attachment, operation, finish)
  }

  /** Without a promise where the driver needs none: half of the way of a short transfer. */
  #run(attachment: Attachment, operation: Operation, finish: (answer: Answer) => void): void {
    const abort = new AbortController()
    const coming = this.#turns.take(abort.signal, () => answerOf(attachment.device, operation, abort.signal))
    if (!(coming instanceof Promise)) return finish(coming)
    const done = coming.then((answer) => {
      attachment.underWay = undefined
      finish(answer)
    })
    attachment.underWay = { abort, done }
  }

  #finish(attachment: Attachment, done: { operation: Operation; sequence: number; startNs: bigint; answer: Answer }) {
    const { session, index, end } = attachment
    session.operations++
    if (session.recorder) {
      const atUs = Number(done.startNs - Atomics.load(session.began, BEGAN)) / 1000
      const tookUs = Number(this.#options.nowNs() - done.startNs) / 1000
      session.recorder.add({ ...done, device: index, atUs, tookUs })
    }
    end.answer(done.answer)
  }

  #refuse({ session, spec }: Attachment, sequence: number, detail: string): void {
    const text = `device ${spec.name}: ${detail}`
    session.refusals++
    session.untold++
    session.refusal ??= { sequence, text }
    const nowNs = this.#options.nowNs()
    if (nowNs - session.toldNs < TELL_NS) return
    this.#options.onRefused(session.id, session.untold, text)
    session.untold = 0
    session.toldNs = nowNs
  }
}

/** A driver that throws breaks its contract; the guest hears of it all the same. */
function answerOf(device: OpenDevice, operation: Operation, signal: AbortSignal): Answer | Promise<Answer> {
  try {
    const answer = device.run(operation, signal)
    return answer instanceof Promise ? answer.catch(thrown) : answer
  } catch (error) {
    return thrown(error)
  }
}

const thrown = (error: unknown): Answer => ({ error: 'io', detail: String(error) })
