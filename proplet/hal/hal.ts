import type { PinEvent } from '../../shared/bus.ts'
import type { DeviceReport, Grant } from '../../shared/capabilities.ts'
import type { Transcript } from '../../shared/documents/transcript.ts'
import type { SamaraError } from '../../shared/errors.ts'
import type { BusLoad } from './port.ts'

/** The hardware of this proplet, for the parts that run functions. */
export interface Hal {
  readonly devices: readonly DeviceReport[]
  /** WIT interfaces that functions find here, without version. */
  readonly interfaces: readonly string[]
  /**
   * Opens what is granted. Throws SamaraError that names the device: NOT_FOUND where the profile lacks it,
   * PERMISSION_DENIED where profile and grant do not agree, UNAVAILABLE where it cannot be opened.
   */
  open(request: SessionRequest): Promise<Session>
  stats(): HalStats
  /** Safe states, then every controller closed. */
  close(): Promise<void>
}

export type SessionRequest = {
  /** Task or deployment, for logs and for whoever waits for its devices. */
  readonly holder: string
  readonly grants: readonly Grant[]
  /** Answers in place of devices; nothing is opened. [P-10.6] */
  readonly replay?: Transcript | undefined
  /** Whether a transcript is kept. */
  readonly record?: boolean | undefined
  /** Told of refusals while a run goes on, at most once a second; its report has them all. */
  readonly onRefused?: ((refusals: number) => void) | undefined
}

/** Devices in the hands of one task or one deployment. */
export interface Session {
  /** What a guest's worker is handed with its job. */
  readonly bus: BusLoad
  /**
   * Has the devices for one run, alone. Waits for other holders until the signal; undefined once that is aborted.
   * Inputs are shared. Give it back with the answer's `end`.
   */
  begin(signal: AbortSignal): Promise<SessionRun | undefined>
  /**
   * Tells of edges of an input until the session is closed, during its runs too; resolves once it is begun. Throws
   * SamaraError that names the device: PERMISSION_DENIED where it is no input that may be read, UNAVAILABLE where it
   * cannot be had.
   */
  watch(options: WatchOptions): Promise<void>
  /** Waits for the end of the run, takes the safe states where `safe` says so, releases everything. */
  close(options: { readonly safe: boolean }): Promise<void>
}

export type WatchOptions = {
  readonly device: string
  readonly event: PinEvent
  readonly onEdge: () => void
  /** It ended by itself: nothing is told until it is begun again. */
  readonly onLost: (error: SamaraError) => void
}

export interface SessionRun {
  /**
   * After the guest has ended or was killed: cancels what is under way, takes the safe states where `safe` says so, and
   * only then lets the next holder have the devices. Never throws.
   */
  end(options: { readonly safe: boolean }): Promise<RunReport>
}

export type RunReport = {
  /** Operations that the grants refused. */
  readonly refusals: number
  /** The first of them, in words. */
  readonly refusal?: string | undefined
  readonly transcript?: Transcript | undefined
  /** Of a replay: the first operation that differed, or what was missing, in words. */
  readonly difference?: string | undefined
}

export type HalStats = {
  readonly controllers: number
  readonly sessions: number
  readonly operations: number
  readonly refusals: number
}
