import type { DeviceKind, PinEvent } from '../../shared/bus.ts'
import type { Grant } from '../../shared/capabilities.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import type { ChannelLoad } from './port.ts'
import type { ControllerSpec, DeviceSpec, GpioSpec } from './profile.ts'
import type { RecordedRows, RecordLimits } from './recorder.ts'

/** What the agent and an I/O worker say to each other. Each question is answered once, with its id. */

export type IoWorkerData = {
  readonly controller: ControllerSpec
  readonly kind: DeviceKind
  readonly bell: SharedArrayBuffer
  /** Module that exports `openDriver`. */
  readonly drivers: string
}

/** Shared by the agent and all I/O workers of a session; no guest sees it. */
export type RunControl = SharedArrayBuffer
/** 32-bit place: number of the run that goes on, 0 between two runs. */
export const RUN = 0
/** 64-bit place: when it began, in nanoseconds of the process's clock. */
export const BEGAN = 1
export const createRunControl = (): RunControl => new SharedArrayBuffer(16)

export type Attach = {
  readonly do: 'attach'
  readonly session: number
  /** Index of the device in its session. */
  readonly index: number
  readonly device: DeviceSpec
  readonly grant: Grant
  readonly channel: ChannelLoad
  readonly control: RunControl
  /** Limits of its transcript where one is kept. */
  readonly record: RecordLimits | undefined
}

export type IoQuestion =
  | Attach
  /** Wait for edges of an input until the session is detached; one such wait of a session at a time. */
  | { readonly do: 'watch'; readonly session: number; readonly device: GpioSpec; readonly event: PinEvent }
  /** The run is over: cancel what is under way and tell of it. */
  | { readonly do: 'end'; readonly session: number }
  | { readonly do: 'detach'; readonly session: number }
  /** Drives outputs to their safe states. */
  | { readonly do: 'safe'; readonly outputs: readonly GpioSpec[] }
  | { readonly do: 'close' }

export type IoReport = {
  readonly operations: number
  readonly refusals: number
  /** The first of them. */
  readonly refusal?: { readonly sequence: number; readonly text: string } | undefined
  readonly recorded: RecordedRows
}

export type IoAnswer =
  | { readonly ok: true; readonly report?: IoReport | undefined }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string }

export type ToIoWorker = { readonly id: number; readonly question: IoQuestion }
export type FromIoWorker =
  | { readonly id: number; readonly answer: IoAnswer }
  /** Refusals since the last time that it said so, while the run goes on. */
  | { readonly session: number; readonly refusals: number; readonly text: string }
  /** The input that it watches has had its edge, or cannot be watched any more for the reason that is given. */
  | { readonly session: number; readonly edge: true }
  | { readonly session: number; readonly blind: string }
