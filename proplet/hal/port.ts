import type { Answer, DeviceKind, Operation } from '../../shared/bus.ts'

/** What a guest's worker knows of one device that was granted. */
export type PortDevice = {
  readonly name: string
  readonly kind: DeviceKind
  /** Of gpio. */
  readonly direction?: 'input' | 'output' | 'both' | undefined
  readonly activeLow?: boolean | undefined
  readonly pull?: 'up' | 'down' | 'none' | undefined
  /** Grants, so that a wrong handle is refused where it is opened; the I/O worker checks each operation again. */
  readonly access: 'read' | 'write' | 'read-write'
  /** Longest read or write of one operation. */
  readonly maxBytes: number
}

/** What is posted to a worker with a job; it can be cloned. Channels are made by hal/channel.ts. */
export type BusLoad = {
  readonly devices: readonly PortDevice[]
  /** Of each device; absent in a replay. */
  readonly channels?: readonly ChannelLoad[] | undefined
  /** Encoded Transcript rows in a replay. */
  readonly replay?: unknown
  /** Whether delays are the lab's, and sent to it. */
  readonly virtualTime: boolean
}

/** Shared memory between a guest's worker and the I/O worker of one device. */
export type ChannelLoad = { readonly buffer: SharedArrayBuffer; readonly bell: SharedArrayBuffer }

/** The guest's side of its devices: synchronous, because a guest is. */
export interface BusPort {
  readonly devices: readonly PortDevice[]
  readonly virtualTime: boolean
  /** Blocks until it is answered. `device` is an index into `devices`. */
  call(device: number, operation: Operation): Answer
  /** Begins without blocking; at most one per device. `call` on the same device is refused meanwhile. */
  begin(device: number, operation: Operation): void
  /** The answer of what was begun, once it is there; waits for `waitMs` at most, 0 for not at all, Infinity for ever. */
  finish(device: number, waitMs: number): Answer | undefined
  /** Gives up what was begun. */
  cancel(device: number): void
}
