import type { Logger } from 'pino'
import type { Grant } from '../../shared/capabilities.ts'
import type { Clock } from '../../shared/clock.ts'
import { SamaraError } from '../../shared/errors.ts'
import { Controllers, hasSafeState } from './controllers.ts'
import { DeviceSession, type GrantedDevice } from './device-session.ts'
import { checkGrant } from './grants.ts'
import { type Guard, startGuard } from './guard.ts'
import type { Hal, HalStats, Session, SessionRequest } from './hal.ts'
import { Locks } from './locks.ts'
import { reportsOf } from './places.ts'
import type { Profile } from './profile.ts'
import { ReplaySession } from './replay-session.ts'

export type HalOptions = {
  readonly profile: Profile
  /** Whether time is the lab's. */
  readonly virtualTime: boolean
  readonly interfaces: readonly string[]
  readonly clock: Clock
  readonly log: Logger
  /** URL of a module that exports `openDriver`. @default drivers/index.ts */
  readonly drivers?: string | undefined
  /** Whether a process of its own takes the safe states when this one is killed. @default true */
  readonly guard?: boolean | undefined
}

/** Takes the safe states of all outputs before it answers. */
export async function createHal(options: HalOptions): Promise<Hal> {
  const hal = new Hardware(options)
  await hal.boot()
  return hal
}

class Hardware implements Hal {
  readonly devices
  readonly interfaces
  readonly #options: HalOptions
  readonly #drivers: string
  readonly #controllers: Controllers
  readonly #locks = new Locks()
  readonly #sessions = new Map<number, { readonly session: DeviceSession; readonly request: SessionRequest }>()
  #guard: Guard | undefined
  #ids = 0
  #operations = 0
  #refusals = 0

  constructor(options: HalOptions) {
    const { profile, clock, log, interfaces } = options
    this.#options = options
    this.devices = reportsOf(profile)
    this.interfaces = interfaces
    this.#drivers = options.drivers ?? new URL(`./drivers/index.${ENDING}`, import.meta.url).href
    this.#controllers = new Controllers({
      profile,
      clock,
      log,
      drivers: this.#drivers,
      onRefused: (session, refusals, text) => this.#refused(session, refusals, text),
      onEdge: (session) => this.#sessions.get(session)?.session.edge(),
      onBlind: (session, why) => this.#sessions.get(session)?.session.blind(why),
      onDied: (controller) => {
        for (const { session } of this.#sessions.values()) session.died(controller)
      },
    })
  }

  async boot(): Promise<void> {
    const outputs = this.#options.profile.filter(hasSafeState)
    const { log, guard = true } = this.#options
    if (guard && outputs.length > 0) this.#guard = startGuard({ outputs, drivers: this.#drivers, log })
    await Promise.all([...new Set(outputs.map((output) => this.#controllers.of(output)))].map((one) => one.start()))
  }

  stats(): HalStats {
    const counts = { operations: this.#operations, refusals: this.#refusals }
    return { controllers: this.#controllers.alive, sessions: this.#sessions.size, ...counts }
  }

  async open(request: SessionRequest): Promise<Session> {
    const { profile } = this.#options
    if (request.replay) return new ReplaySession(request, profile)
    const session = this.#newSession(request, grantedDevices(request.grants, profile))
    try {
      await session.attach()
      return session
    } catch (error) {
      await session.close({ safe: false })
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#controllers.close()
    await this.#guard?.dismiss()
  }

  #newSession(request: SessionRequest, devices: readonly GrantedDevice[]): DeviceSession {
    const id = ++this.#ids
    const session = new DeviceSession({
      id,
      request,
      devices,
      controllers: this.#controllers,
      locks: this.#locks,
      log: this.#options.log,
      virtualTime: this.#options.virtualTime,
      onClosed: () => this.#sessions.delete(id),
      onReport: ({ operations, refusals }) => {
        this.#operations += operations
        this.#refusals += refusals
      },
    })
    this.#sessions.set(id, { session, request })
    return session
  }

  #refused(id: number, refusals: number, text: string): void {
    const { request } = this.#sessions.get(id) ?? {}
    this.#options.log.warn({ holder: request?.holder, refusals }, `not granted: ${text}`)
    request?.onRefused?.(refusals)
  }
}

/** Throws what `Hal.open` says, before anything is opened. */
function grantedDevices(grants: readonly Grant[], profile: Profile): GrantedDevice[] {
  const named = new Set(grants.map(({ device }) => device))
  if (named.size !== grants.length) throw new SamaraError('INVALID_ARGUMENT', 'grants: a device is named twice')
  return grants.map((grant) => {
    const spec = profile.find(({ name }) => name === grant.device)
    if (!spec) throw new SamaraError('NOT_FOUND', `device ${grant.device}: the profile of this proplet lacks it`)
    checkGrant(grant, spec)
    return { spec, grant }
  })
}

const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
