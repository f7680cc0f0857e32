import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import { SamaraError } from '../../shared/errors.ts'
import type { Digest } from '../../shared/ids.ts'
import type { BlobChunk } from '../../shared/messages/index.ts'
import type { Outbound } from '../outbound.ts'
import { SingleFlight } from '../single-flight.ts'
import { Slots } from '../slots.ts'
import type { BlobStore } from './store.ts'
import { Transfer } from './transfer.ts'

export type PullOptions = {
  readonly outbound: Outbound
  readonly store: BlobStore
  readonly clock: Clock
  readonly log: Logger
}

export type PullRequest = {
  readonly digest: Digest
  readonly sizeBytes: number
  /** `store`: on disk too, for the next use and the next start. `once`: in memory for the caller alone. */
  readonly keep: 'store' | 'once'
  readonly signal: AbortSignal
}

/** Transfers at a time; more of them wait, or a proplet's windows would fill its manager's queue. */
const MAX_TRANSFERS = 4
/** A blob whose bytes differ from its digest is asked for once more before anybody hears of it. */
const TRIES = 2

/** Blobs of the manager, each pulled once however many ask for it. [P-4.4] */
export class Pulls {
  readonly #options: PullOptions
  readonly #slots = new Slots(MAX_TRANSFERS)
  readonly #transfers = new Map<Digest, Transfer>()
  readonly #flights = new SingleFlight<Digest, Buffer>()

  constructor(options: PullOptions) {
    this.#options = options
  }

  /** The bytes, equal to their digest. UNAVAILABLE, DATA_LOSS, or what the manager answered. */
  async pull(request: PullRequest): Promise<Buffer> {
    return this.#flights.join(request.digest, request.signal, (signal) => this.#run(request, signal))
  }

  onChunk(chunk: BlobChunk): void {
    this.#transfers.get(chunk.digest)?.onChunk(chunk)
  }

  /** The connection is there: what waits asks from the first byte that is missing. */
  online(): void {
    for (const transfer of this.#transfers.values()) transfer.ask()
  }

  async #run(request: PullRequest, signal: AbortSignal): Promise<Buffer> {
    if (!(await this.#slots.take(signal))) throw cancelled(request.digest)
    try {
      for (let tries = 1; ; tries++) {
        const bytes = await this.#transfer(request, signal)
        if (bytes) return bytes
        if (tries >= TRIES)
          throw new SamaraError('DATA_LOSS', `blob ${request.digest}: the pulled bytes differ from it`)
      }
    } finally {
      this.#slots.give()
    }
  }

  async #transfer(request: PullRequest, signal: AbortSignal): Promise<Buffer | undefined> {
    const transfer = new Transfer(this.#options, request, signal)
    this.#transfers.set(request.digest, transfer)
    try {
      return await transfer.run()
    } finally {
      this.#transfers.delete(request.digest)
    }
  }
}

const cancelled = (digest: Digest): SamaraError =>
  new SamaraError('CANCELLED', `blob ${digest}: nobody waits for it any more`)
