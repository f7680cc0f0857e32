import { type PinEvent, pinEvents } from '../../shared/bus.ts'
import { SamaraError } from '../../shared/errors.ts'
import type { OpenDevice } from './driver.ts'
import type { IoDevices } from './io-devices.ts'
import type { GpioSpec } from './profile.ts'

export type WatchesOptions = {
  readonly devices: IoDevices
  readonly onEdge: (session: number) => void
  /** It cannot be waited for; the watch is over. */
  readonly onBlind: (session: number, why: string) => void
}

type Watch = { readonly device: GpioSpec; readonly abort: AbortController; readonly done: Promise<void> }

/** Inputs whose edges are waited for without a guest, one of each session. [P-7.3] */
export class Watches {
  readonly #options: WatchesOptions
  readonly #all = new Map<number, Watch>()

  constructor(options: WatchesOptions) {
    this.#options = options
  }

  /** Resolves when edges are waited for: what comes from then on is told. */
  async begin(session: number, device: GpioSpec, event: PinEvent): Promise<void> {
    await this.end(session)
    const opened = await this.#options.devices.take(device)
    const abort = new AbortController()
    this.#all.set(session, { device, abort, done: this.#wait(session, { opened, event, signal: abort.signal }) })
    // Operations of one device begin in their order, so the wait has begun when this is answered.
    const { error, detail } = await opened.run({ op: 'get' }, abort.signal)
    if (!error) return
    await this.end(session)
    throw new SamaraError('UNAVAILABLE', `device ${device.name}: ${detail ?? error}`)
  }

  async end(session: number): Promise<void> {
    const watch = this.#all.get(session)
    if (!watch) return
    this.#all.delete(session)
    watch.abort.abort()
    await watch.done
    await this.#options.devices.give(watch.device)
  }

  /** One edge after the other, each from a wait of its own. */
  async #wait(session: number, watch: { opened: OpenDevice; event: PinEvent; signal: AbortSignal }): Promise<void> {
    const { opened, event, signal } = watch
    const operation = { op: 'wait', target: pinEvents.indexOf(event), timeoutMs: 0 } as const
    while (!signal.aborted) {
      const { error, detail } = await opened.run(operation, signal)
      if (signal.aborted) return
      if (error) return this.#options.onBlind(session, detail ?? error)
      this.#options.onEdge(session)
    }
  }
}
