import type { BusLoad } from '../hal/port.ts'
import type { OutputBuffers } from './hosts/output.ts'
import type { WasmModule } from './webassembly.ts'

/** What the agent and a worker say to each other. The worker believes the agent; the agent believes no worker. */

/** A module as a worker keeps it: sent once, named by `id` afterwards. */
export type ImageLoad = {
  readonly id: number
  readonly modules: readonly (readonly [name: string, module: WasmModule])[]
  /** Whether instantiating it runs none of its code. */
  readonly inert: boolean
  /** Memories that its modules define: one instance never has more. */
  readonly memories: number
  /** jco's JavaScript, for components. */
  readonly glue?: { readonly source: string; readonly cached?: Uint8Array | undefined } | undefined
}

export type Target =
  | { readonly kind: 'start' }
  | { readonly kind: 'core'; readonly name: string }
  | {
      readonly kind: 'function'
      readonly interface?: string | undefined
      readonly name: string
      /** Arguments that name a device, and the resource that the function takes in its place. */
      readonly handles?: readonly Handle[] | undefined
    }
/** `lent` is taken back at the end of the call. */
export type Handle = { readonly param: number; readonly resource: string; readonly lent: boolean }

export type Job = {
  readonly image: number
  readonly load?: ImageLoad | undefined
  readonly forget: readonly number[]
  /** Whether the instance outlives the call. */
  readonly keep: boolean
  readonly target: Target
  readonly args: readonly unknown[]
  readonly bus?: BusLoad | undefined
  readonly argv: readonly string[]
  readonly env: readonly (readonly [string, string])[]
  readonly stdin?: Uint8Array | undefined
  readonly outputBytes: number
  readonly output?: OutputBuffers | undefined
  readonly resultBytes: number
  /** Bytes of values that the guest may hand over at once, as they are reckoned in the glue. */
  readonly valueBytes: number
  /** Whether the worker says so when there is new output to read. */
  readonly follow: boolean
  /** Whether V8's code cache of the glue is wanted back. */
  readonly wantCache: boolean
}

/** How the guest ended, before anybody judges it. */
export type End =
  | { readonly how: 'value'; readonly value: unknown }
  /** A component's `result` that is an error. */
  | { readonly how: 'error-value'; readonly value: unknown }
  | { readonly how: 'exit'; readonly code: number }
  | { readonly how: 'trap'; readonly message: string }
  /** V8 had no memory for the instance. */
  | { readonly how: 'no-memory'; readonly message: string }
  | { readonly how: 'output-limit' }
  | { readonly how: 'result-limit' }
  /** The caller named a device that it may not have. */
  | { readonly how: 'denied'; readonly message: string }
  /** It could not be instantiated as its imports are. */
  | { readonly how: 'link'; readonly message: string }

export type Done = {
  readonly kind: 'done'
  readonly end: End
  readonly runUs: number
  /** Pages of its largest memory at the end. */
  readonly pages?: number | undefined
  readonly cache?: Uint8Array | undefined
  readonly refusals?: { readonly count: number; readonly first: string } | undefined
}

export type FromWorker = { readonly kind: 'ready' } | { readonly kind: 'output' } | Done
