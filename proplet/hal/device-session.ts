import { hrtime } from 'node:process'
import type { Logger } from 'pino'
import type { Grant } from '../../shared/capabilities.ts'
import type { Transcript } from '../../shared/documents/transcript.ts'
import { SamaraError, toSamaraError } from '../../shared/errors.ts'
import { createChannel } from './channel.ts'
import { ChannelEnd } from './channel-end.ts'
import { type Controller, type Controllers, hasSafeState } from './controllers.ts'
import { maxBytesOf } from './grants.ts'
import type { RunReport, Session, SessionRequest, SessionRun, WatchOptions } from './hal.ts'
import { BEGAN, createRunControl, type IoReport, RUN } from './io-messages.ts'
import type { Locks, Wanted } from './locks.ts'
import { placesOf } from './places.ts'
import type { BusLoad, ChannelLoad, PortDevice } from './port.ts'
import type { DeviceSpec, GpioSpec } from './profile.ts'
import { mergeRows, transcriptLimits } from './transcripts.ts'

/** A device of the profile with what may be done with it. */
export type GrantedDevice = { readonly spec: DeviceSpec; readonly grant: Grant }

export type DeviceSessionOptions = {
  readonly id: number
  readonly request: SessionRequest
  readonly devices: readonly GrantedDevice[]
  readonly controllers: Controllers
  readonly locks: Locks
  readonly log: Logger
  readonly virtualTime: boolean
  readonly onClosed: () => void
  readonly onReport: (report: { readonly operations: number; readonly refusals: number }) => void
}

/** Rows of the run on one controller. */
type Told = { readonly controller: Controller; readonly report: IoReport }
type Held = GrantedDevice & { readonly channel: ChannelLoad; readonly end: ChannelEnd; readonly controller: Controller }

/** Devices of one task or deployment, open on their I/O workers from the beginning to the end. */
export class DeviceSession implements Session {
  readonly bus: BusLoad
  readonly #options: DeviceSessionOptions
  readonly #held: readonly Held[]
  readonly #wanted: readonly Wanted[]
  readonly #control = createRunControl()
  /** Controllers on which its devices are open. */
  readonly #attached = new Set<Controller>()
  #runs = 0
  #run: Promise<void> | undefined
  #closed: Promise<void> | undefined
  #attaching: Promise<void> | undefined
  #watch: { readonly options: WatchOptions; readonly controller: Controller } | undefined

  constructor(options: DeviceSessionOptions) {
    this.#options = options
    this.#held = options.devices.map((device) => heldOf(device, options.controllers))
    this.#wanted = options.devices.flatMap(wantedOf)
    this.bus = {
      devices: options.devices.map(portDeviceOf),
      channels: this.#held.map(({ channel }) => channel),
      virtualTime: options.virtualTime,
    }
  }

  /** Opens the devices, those again whose I/O worker died meanwhile. */
  attach(): Promise<void> {
    this.#attaching ??= this.#attach().finally(() => {
      this.#attaching = undefined
    })
    return this.#attaching
  }

  async #attach(): Promise<void> {
    const missing = new Set(this.#held.map(({ controller }) => controller).filter((one) => !this.#attached.has(one)))
    for (const controller of missing) await this.#attachTo(controller)
  }

  /** Its worker is dead: nobody answers on these channels until they are opened again. */
  died(controller: Controller): void {
    if (!this.#attached.delete(controller)) return
    for (const held of this.#held) if (held.controller === controller) held.end.fail()
    if (this.#watch?.controller === controller) this.blind('its I/O worker died')
  }

  async watch(options: WatchOptions): Promise<void> {
    const { spec, controller } = this.#watchable(options.device)
    await this.attach()
    this.#watch = { options, controller }
    try {
      await controller.ask({ do: 'watch', session: this.#options.id, device: spec, event: options.event })
    } catch (error) {
      this.#watch = undefined
      throw withDevice(options.device, toSamaraError(error))
    }
  }

  #watchable(name: string): { spec: GpioSpec; controller: Controller } {
    const { spec, grant, controller } = this.#held.find(({ grant }) => grant.device === name) ?? {}
    if (!controller || spec?.kind !== 'gpio' || spec.direction !== 'input')
      throw new SamaraError('PERMISSION_DENIED', `device ${name}: it is no input that was granted, so it has no edges`)
    if (grant?.access === 'write')
      throw new SamaraError('PERMISSION_DENIED', `device ${name}: it was granted for writing, edges are read`)
    return { spec, controller }
  }

  edge(): void {
    this.#watch?.options.onEdge()
  }

  /** The input cannot be watched any more. */
  blind(why: string): void {
    const { options } = this.#watch ?? {}
    this.#watch = undefined
    options?.onLost(new SamaraError('UNAVAILABLE', `device ${options.device}: ${why}`))
  }

  async begin(signal: AbortSignal): Promise<SessionRun | undefined> {
    const release = await this.#options.locks.acquire(this.#wanted, signal)
    if (!release) return undefined
    try {
      await this.attach()
    } catch (error) {
      release()
      throw error
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#run = promise
    this.#arm()
    const ended = () => {
      release()
      resolve()
    }
    return { end: ({ safe }) => this.#end(safe).finally(ended) }
  }

  close(options: { readonly safe: boolean }): Promise<void> {
    this.#closed ??= this.#close(options.safe)
    return this.#closed
  }

  async #close(safe: boolean): Promise<void> {
    this.#watch = undefined
    // Whoever began the run ends it; the guest's end is not ours to bring about.
    await this.#run
    if (safe) await this.#safeWhereFree()
    for (const controller of this.#attached)
      await this.#quietly(() => controller.ask({ do: 'detach', session: this.#options.id }))
    this.#attached.clear()
    this.#options.onClosed()
  }

  #arm(): void {
    for (const { end } of this.#held) end.takeSent()
    Atomics.store(new BigInt64Array(this.#control), BEGAN, hrtime.bigint())
    Atomics.store(new Int32Array(this.#control), RUN, ++this.#runs)
  }

  /** The next holder has the devices only after they are safe. */
  async #end(safe: boolean): Promise<RunReport> {
    Atomics.store(new Int32Array(this.#control), RUN, 0)
    const told = (await Promise.all([...this.#attached].map((one) => this.#askForEnd(one)))).flat()
    if (safe) await this.#takeSafeStates(this.#outputs())
    return this.#report(told)
  }

  async #askForEnd(controller: Controller): Promise<Told[]> {
    const report = await this.#quietly(() => controller.ask({ do: 'end', session: this.#options.id }))
    return report ? [{ controller, report }] : []
  }

  #report(told: readonly Told[]): RunReport {
    const reports = told.map(({ report }) => report)
    const operations = reports.reduce((sum, report) => sum + report.operations, 0)
    const refusals = reports.reduce((sum, report) => sum + report.refusals, 0)
    const firsts = reports.flatMap(({ refusal }) => refusal ?? []).sort((a, b) => a.sequence - b.sequence)
    this.#options.onReport({ operations, refusals })
    const transcript = this.#options.request.record && this.#transcript(told, operations)
    return { refusals, ...(firsts[0] && { refusal: firsts[0].text }), ...(transcript && { transcript }) }
  }

  #transcript(told: readonly Told[], operations: number): Transcript {
    const devices = this.#held.map(({ spec, grant }) => ({
      device: grant.device,
      kind: grant.kind,
      ...(spec.chip !== undefined && { chip: spec.chip }),
    }))
    const lost = this.#lost(told)
    const missing = lost.map(({ first }) => ({ rows: [], droppedFrom: first }))
    return mergeRows(
      devices,
      [...told.map(({ report }) => report.recorded), ...missing],
      lost.reduce((sum, one) => sum + one.operations, operations),
    )
  }

  /** What was asked of I/O workers that died and took their rows with them. */
  #lost(told: readonly Told[]) {
    const silent = this.#held.filter((held) => !told.some(({ controller }) => controller === held.controller))
    return silent.map(({ end }) => end.takeSent()).filter(({ operations }) => operations > 0)
  }

  /** Outputs that it could have moved. */
  #outputs(): GpioSpec[] {
    return this.#held
      .filter(({ grant }) => grant.access !== 'read')
      .flatMap(({ spec }) => (hasSafeState(spec) ? spec : []))
  }

  /** Between two runs somebody else may hold them; whoever that is leaves them safe. */
  async #safeWhereFree(): Promise<void> {
    for (const output of this.#outputs()) {
      const release = this.#options.locks.tryAcquire(placesOf(output).map((place) => ({ place, shared: false })))
      if (release) await this.#takeSafeStates([output]).finally(release)
    }
  }

  async #takeSafeStates(outputs: readonly GpioSpec[]): Promise<void> {
    const byController = Map.groupBy(outputs, (output) => this.#options.controllers.of(output))
    for (const [controller, own] of byController) await this.#quietly(() => controller.safe(own))
  }

  async #attachTo(controller: Controller): Promise<void> {
    await controller.start()
    this.#attached.add(controller)
    try {
      for (const [index, held] of this.#held.entries())
        if (held.controller === controller) await this.#attachOne(index, held)
    } catch (error) {
      // All of them or none: the next begin tries again.
      await this.#quietly(() => controller.ask({ do: 'detach', session: this.#options.id }))
      this.died(controller)
      throw error
    }
  }

  async #attachOne(index: number, { spec: device, grant, channel, controller, end }: Held): Promise<void> {
    const { id: session, request } = this.#options
    const record = request.record ? transcriptLimits : undefined
    end.revive()
    try {
      await controller.ask({ do: 'attach', session, index, device, grant, channel, control: this.#control, record })
    } catch (error) {
      throw withDevice(grant.device, toSamaraError(error))
    }
  }

  /** What fails as something ends is logged: the end goes on. */
  async #quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      this.#options.log.error({ err: error, holder: this.#options.request.holder }, 'devices cannot be put in order')
      return undefined
    }
  }
}

function heldOf(device: GrantedDevice, controllers: Controllers): Held {
  const controller = controllers.of(device.spec)
  const channel = createChannel(maxBytesOf(device.grant, device.spec), controller.bell)
  return { ...device, controller, channel, end: new ChannelEnd(channel) }
}

function wantedOf({ spec, grant }: GrantedDevice): Wanted[] {
  const shared = spec.kind === 'gpio' && spec.direction === 'input'
  return placesOf(spec, grant.addresses).map((place) => ({ place, shared }))
}

export const portDeviceOf = ({ spec, grant }: GrantedDevice): PortDevice => ({
  name: grant.device,
  kind: grant.kind,
  access: grant.access,
  maxBytes: maxBytesOf(grant, spec),
  ...(spec.kind === 'gpio' && {
    direction: spec.direction,
    activeLow: spec.activeLow,
    ...(spec.pull && { pull: spec.pull }),
  }),
})

const withDevice = (name: string, error: SamaraError): SamaraError =>
  error.message.includes(name)
    ? error
    : new SamaraError(error.code, `device ${name}: ${error.message}`, { cause: error })
