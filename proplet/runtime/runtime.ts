import type { Item } from '../../shared/cbor.ts'
import type { Call } from '../../shared/documents/call.ts'
import type { Manifest } from '../../shared/documents/manifest.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import type { Format } from '../../shared/fields.ts'
import type { Digest } from '../../shared/ids.ts'
import type { Outcome } from '../../shared/task.ts'
import type { BusLoad } from '../hal/port.ts'

/**
 * Runs functions that nobody vouches for. What stands between one and the machine, from the inside out:
 *
 * 1. WebAssembly itself: a guest reaches its own memory and what it imports. Imports are ours (hosts/): a few streams
 *    in memory, clocks, random numbers, and the devices that were granted. Files and sockets cannot be opened. An import that we lack is refused by name.
 * 2. A module is prepared before it runs: its memory and tables get our maximum, and names that would become JavaScript
 *    in jco's glue are refused. jco runs in a child process that may read its own code and nothing else, until a deadline.
 * 3. Guests run in worker threads without files, environment, processes or workers (Node's permission model), whose
 *    globals are ECMAScript's alone: glue that smuggled code in would find nothing to call.
 * 4. The agent's thread never runs a guest. It keeps the deadline, ends workers that pass it, and checks what they say.
 *
 * The threads share the agent's process: none of this is a defence against a hole in V8. Where guests are hostile by
 * trade, run a proplet per tenant under the service manager's own limits.
 */
export interface Runtime {
  readonly formats: readonly Format[]
  /** Throws SamaraError: UNSUPPORTED for what cannot run here, INVALID_ARGUMENT for bytes that are not what they claim. */
  prepare(image: ImageSource, manifest: Manifest): Promise<Prepared>
  /** Never throws for what a guest did: the outcome says it. */
  run(request: RunRequest): Promise<RunResult>
  /** Ends the instance that `RunRequest.keep` named. */
  release(keepKey: string): void
  close(): Promise<void>
  stats(): RuntimeStats
}

export type ImageSource = {
  readonly digest: Digest
  readonly format: Format
  /** Asked for again when what was prepared got lost or damaged. */
  readonly bytes: () => Promise<Uint8Array> | Uint8Array
}

export type Limits = {
  /** Most pages of 64 KiB that a memory may have. */
  readonly memoryPages: number
  /** From the moment that the function has a worker; instantiation is part of it. */
  readonly timeoutMs: number
  /** Standard output and error together. */
  readonly outputBytes: number
  /** JavaScript heap of the worker: the values of a component's arguments and results. */
  readonly jsHeapMb: number
  /** Most elements of a table. */
  readonly tableElements: number
}

/** A module that is ready to run; nobody's business but the runtime's. */
export type Prepared = {
  readonly digest: Digest
  readonly format: Format
  /** Folder of the cache that holds what was made of it. */
  readonly dir: string
  readonly source: ImageSource
}

export type RunRequest = {
  readonly image: Prepared
  readonly manifest: Manifest
  readonly call: Call
  readonly limits: Limits
  /** Key of an instance that lives from call to call; without it each call has a fresh one. */
  readonly keep?: string | undefined
  /** Its devices; without it every one is refused. A kept instance stays with those of its first call. */
  readonly bus?: BusLoad | undefined
  readonly signal?: AbortSignal | undefined
  /** Hears whole lines soon after they were written, several at a time. */
  readonly onLog?: ((stream: 'stdout' | 'stderr', text: string) => void) | undefined
}

/**
 * How a call ended.
 *
 * - `completed`: it returned (`value`), or a command left with 0
 * - `exited`: a command left with another code
 * - `trapped`: WebAssembly stopped it; the message is the trap's
 * - `out-of-memory`: see `outcome.ts` for when a trap is that
 * - `timed-out`, `cancelled`: its worker was ended
 * - `output-limit`: it wrote more than it may; what fits is delivered
 * - `refused`: it did not start, and would not the next time
 */
export type RunResult = {
  readonly outcome: Outcome
  readonly exitCode?: number
  readonly value?: Item
  readonly stdout?: Uint8Array
  readonly stderr?: Uint8Array
  readonly error?: { readonly code: ErrorCode; readonly message: string }
  /** Until the function had a compiled module and a worker. */
  readonly prepareUs: number
  readonly runUs: number
  /** Pages of its memory at the end. */
  readonly memoryPages?: number
  /** What its worker refused it of devices, before any bus; the session counts the rest. */
  readonly refusals?: { readonly count: number; readonly first: string }
}

export type RuntimeStats = {
  /** Threads, busy and idle. */
  readonly workers: number
  readonly running: number
  readonly waiting: number
  /** Instances that are kept. */
  readonly kept: number
  /** Modules compiled in memory. */
  readonly modules: number
}
