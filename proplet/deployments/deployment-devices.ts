import type { Logger } from 'pino'
import type { DesiredDeployment } from '../../shared/documents/desired-list.ts'
import type { Hal, RunReport, Session } from '../hal/hal.ts'
import type { RunResult } from '../runtime/runtime.ts'

export type DeploymentDevicesOptions = {
  readonly hal: Pick<Hal, 'open'>
  readonly log: Logger
  /** There are more refusals to tell of. */
  readonly onRefused: () => void
}

/** Devices of one deployment: open from one desired form to the next, its refusals counted for as long as it is there. */
export class DeploymentDevices {
  readonly #options: DeploymentDevicesOptions
  #session: Session | undefined
  /** Of the runs that ended, and of the one that goes on. */
  #counted = 0
  #current = 0
  #closing: Promise<void> = Promise.resolve()
  #logged: string | undefined

  constructor(options: DeploymentDevicesOptions) {
    this.#options = options
  }

  get refusals(): number {
    return Math.min(0xffff_ffff, this.#counted + this.#current)
  }

  /** Undefined where nothing is granted. What an earlier form had is given back first. */
  async open({ deployment, grants = [] }: DesiredDeployment, signal: AbortSignal): Promise<Session | undefined> {
    if (grants.length === 0) return undefined
    await this.#closing
    signal.throwIfAborted()
    const onRefused = (refusals: number) => {
      this.#current += refusals
      this.#options.onRefused()
    }
    const session = await this.#options.hal.open({ holder: `deployment ${deployment}`, grants, onRefused })
    if (!signal.aborted) this.#session = session
    else await session.close({ safe: false })
    signal.throwIfAborted()
    return session
  }

  ended({ deployment }: DesiredDeployment, report: RunReport | undefined, result: RunResult | undefined): void {
    const { count: refusals, first } = result?.refusals ?? {}
    // What never came to an I/O worker; each run of it would say the same.
    if (first !== undefined && first !== this.#logged)
      this.#options.log.warn({ holder: `deployment ${deployment}`, refusals }, `not granted: ${first}`)
    this.#logged = first
    this.#counted += (report?.refusals ?? 0) + (result?.refusals?.count ?? 0)
    this.#current = 0
  }

  /** Begins to give everything back: after the run that goes on, with its outputs safe. */
  close(): void {
    const session = this.#session
    this.#session = undefined
    if (!session) return
    this.#closing = session.close({ safe: true }).catch((error) => {
      this.#options.log.error({ err: error }, 'devices of a deployment cannot be given back')
    })
  }

  closed(): Promise<void> {
    return this.#closing
  }
}
