import type { Grant } from '../../shared/capabilities.ts'
import type { Transcript } from '../../shared/documents/transcript.ts'
import { portDeviceOf } from './device-session.ts'
import type { RunReport, Session, SessionRequest, SessionRun } from './hal.ts'
import type { BusLoad, PortDevice } from './port.ts'
import type { Profile } from './profile.ts'
import { createReplayReport, operationOf, operationText, type ReplayLoad, readReplayReport } from './replay-port.ts'

/** Of a device that this proplet does not have. */
const MAX_BYTES = 4096

/** A transcript in place of devices: nothing is opened, nobody is waited for. [P-10.6] */
export class ReplaySession implements Session {
  readonly bus: BusLoad
  readonly #transcript: Transcript
  readonly #replay: ReplayLoad

  constructor({ grants, replay }: SessionRequest, profile: Profile) {
    if (!replay) throw new Error('a replay has a transcript')
    const indexes = replay.devices.map(({ device }) => grants.findIndex((grant) => grant.device === device))
    const rows = replay.rows.map((row) => ({ ...row, device: indexes[row.device] ?? -1 }))
    this.#transcript = replay
    this.#replay = { rows, dropped: replay.dropped ?? 0, report: createReplayReport() }
    this.bus = {
      devices: grants.map((grant) => replayedDevice(grant, profile)),
      replay: this.#replay,
      virtualTime: replay.rows.some(({ op }) => op === 'delay'),
    }
  }

  async begin(signal: AbortSignal): Promise<SessionRun | undefined> {
    return signal.aborted ? undefined : { end: async () => this.#report() }
  }

  async watch(): Promise<void> {
    throw new Error('a replay has no inputs to watch')
  }

  async close(): Promise<void> {}

  #report(): RunReport {
    const { position, difference } = readReplayReport(this.#replay.report)
    const text = difference ?? this.#missing(position)
    return { refusals: 0, ...(text !== undefined && { difference: text }) }
  }

  #missing(position: number): string | undefined {
    const row = this.#transcript.rows[position]
    if (!row) return undefined
    const device = this.#transcript.devices[row.device]?.device ?? 'another device'
    return `replay differs at operation ${position + 1}: nothing was asked for, the record has ${device} ${operationText(operationOf(row))}`
  }
}

/** As the profile has it where it has it: a newer version may be tried where the devices are not. */
function replayedDevice(grant: Grant, profile: Profile): PortDevice {
  const spec = profile.find(({ name, kind }) => name === grant.device && kind === grant.kind)
  if (spec) return portDeviceOf({ spec, grant })
  const { device: name, kind, access, maxBytes = MAX_BYTES } = grant
  return { name, kind, access, maxBytes, ...(kind === 'gpio' && { direction: DIRECTIONS[access], activeLow: false }) }
}

const DIRECTIONS = { read: 'input', write: 'output', 'read-write': 'both' } as const
