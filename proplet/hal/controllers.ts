import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { DeviceKind } from '../../shared/bus.ts'
import type { Clock } from '../../shared/clock.ts'
import { SamaraError } from '../../shared/errors.ts'
import { isOutput } from './io-devices.ts'
import type { FromIoWorker, IoAnswer, IoQuestion, IoReport, IoWorkerData, ToIoWorker } from './io-messages.ts'
import type { ControllerSpec, DeviceSpec, GpioSpec, Profile } from './profile.ts'

export type ControllerOptions = {
  readonly profile: Profile
  readonly clock: Clock
  readonly log: Logger
  /** Module that exports `openDriver`. */
  readonly drivers: string
  readonly onRefused: (session: number, refusals: number, text: string) => void
  /** The input that a session watches has had its edge, or cannot be watched any more. */
  readonly onEdge: (session: number) => void
  readonly onBlind: (session: number, why: string) => void
  /** Its worker died, with all that was open in it. */
  readonly onDied: (controller: Controller) => void
}

/** An I/O worker that says nothing for so long hangs in a system call, and another one is started when it is needed. */
const PATIENCE_MS = 10_000

/** Small: a driver keeps nothing, and a recorder a transcript at most. */
const HEAP_MB = 32
const YOUNG_MB = 2

type Life = {
  readonly worker: Worker
  /** Safe states are taken, or could not be. */
  readonly ready: Promise<void>
}

/** One controller and its I/O worker, which is started when somebody needs it and again after it died. */
export class Controller {
  readonly spec: ControllerSpec
  readonly bell = new SharedArrayBuffer(4)
  readonly #kind: DeviceKind
  readonly #outputs: readonly GpioSpec[]
  readonly #options: ControllerOptions
  readonly #asked = new Map<number, (answer: IoAnswer) => void>()
  #life: Life | undefined
  #ids = 0
  #closing = false

  constructor(device: DeviceSpec, options: ControllerOptions) {
    this.spec = device.controller
    this.#kind = device.kind
    this.#options = options
    this.#outputs = options.profile.filter(
      (one): one is GpioSpec => hasSafeState(one) && controllerKey(one.controller) === controllerKey(this.spec),
    )
  }

  get alive(): boolean {
    return this.#life !== undefined
  }

  /** Before anything runs, at boot and after a crash, the outputs are where they are safe. */
  async start(): Promise<void> {
    this.#life ??= this.#begin()
    await this.#life.ready
  }

  /** Rejects with what the worker answered, or UNAVAILABLE where it is dead or silent. */
  async ask(question: IoQuestion): Promise<IoReport | undefined> {
    const answer = await this.#ask(question)
    if (answer.ok) return answer.report
    throw new SamaraError(answer.code, answer.message)
  }

  /** Drives its outputs, or those of them that are named, to their safe states. */
  async safe(outputs: readonly GpioSpec[] = this.#outputs): Promise<void> {
    if (outputs.length === 0) return
    // A new life begins with that.
    if (!this.#life) return await this.start()
    await this.ask({ do: 'safe', outputs })
  }

  async close(): Promise<void> {
    const life = this.#life
    if (!life) return
    this.#closing = true
    const answer = await this.#ask({ do: 'close' })
    if (answer.ok) await life.worker.terminate()
  }

  #begin(): Life {
    const data: IoWorkerData = {
      controller: this.spec,
      kind: this.#kind,
      bell: this.bell,
      drivers: this.#options.drivers,
    }
    const file = `./io-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: data,
      execArgv: [],
      env: {},
      name: 'samara-io',
      // Drivers get descriptors from ioctls, which Node has not counted when they are closed.
      trackUnmanagedFds: false,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: YOUNG_MB },
    })
    worker.on('message', (message: FromIoWorker) => this.#heard(message))
    worker.on('error', (error) => this.#died(worker, String(error)))
    worker.on('exit', () => this.#died(worker, 'it ended'))
    this.#life = { worker, ready: Promise.resolve() }
    return { worker, ready: this.#takeSafeStates() }
  }

  /** What cannot be driven now, may be there later: a session that wants it fails on its own. */
  async #takeSafeStates(): Promise<void> {
    if (this.#outputs.length === 0) return
    const answer = await this.#ask({ do: 'safe', outputs: this.#outputs })
    if (!answer.ok) this.#options.log.error({ controller: this.spec }, `safe states: ${answer.message}`)
  }

  #ask(question: IoQuestion): Promise<IoAnswer> {
    const { worker } = this.#life ?? {}
    if (!worker) return Promise.resolve(dead('it is not running'))
    const { promise, resolve } = Promise.withResolvers<IoAnswer>()
    const id = ++this.#ids
    const stop = this.#options.clock.after(PATIENCE_MS, () => this.#died(worker, `no answer for ${PATIENCE_MS} ms`))
    this.#asked.set(id, (answer) => {
      stop()
      this.#asked.delete(id)
      resolve(answer)
    })
    worker.postMessage({ id, question } satisfies ToIoWorker)
    return promise
  }

  #heard(message: FromIoWorker): void {
    if ('id' in message) this.#asked.get(message.id)?.(message.answer)
    else if ('edge' in message) this.#options.onEdge(message.session)
    else if ('blind' in message) this.#options.onBlind(message.session, message.blind)
    else this.#options.onRefused(message.session, message.refusals, message.text)
  }

  #died(worker: Worker, why: string): void {
    if (this.#life?.worker !== worker) return
    this.#life = undefined
    // One that hangs in a system call cannot be ended; it is left to itself.
    void worker.terminate()
    for (const resolve of [...this.#asked.values()]) resolve(dead(why))
    if (this.#closing) return
    this.#options.log.error({ controller: this.spec, why }, 'I/O worker died')
    this.#options.onDied(this)
  }
}

const dead = (why: string): IoAnswer => ({ ok: false, code: 'UNAVAILABLE', message: `I/O worker: ${why}` })

export const hasSafeState = (device: DeviceSpec): device is GpioSpec => isOutput(device) && device.safe !== 'hold'

/** Equal controllers have equal keys. */
export const controllerKey = (spec: ControllerSpec): string =>
  spec.driver === 'linux' ? spec.path : `${spec.socket}#${spec.bus}`

/** The controllers of a profile, by what they are. */
export class Controllers {
  readonly #all = new Map<string, Controller>()

  constructor(options: ControllerOptions) {
    for (const device of options.profile) {
      const key = controllerKey(device.controller)
      if (!this.#all.has(key)) this.#all.set(key, new Controller(device, options))
    }
  }

  get alive(): number {
    return this.all().filter(({ alive }) => alive).length
  }

  of(device: DeviceSpec): Controller {
    const controller = this.#all.get(controllerKey(device.controller))
    if (!controller) throw new Error(`device ${device.name} is not of this profile`)
    return controller
  }

  all(): Controller[] {
    return [...this.#all.values()]
  }

  /** Safe states first, wherever that is possible. */
  async close(): Promise<void> {
    await Promise.allSettled(this.all().map((controller) => controller.safe()))
    await Promise.all(this.all().map((controller) => controller.close()))
  }
}
