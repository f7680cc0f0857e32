import type { Logger } from 'pino'
import type { Clock, Stop } from '../../shared/clock.ts'
import { DesiredList } from '../../shared/documents/desired-list.ts'
import { SamaraError, toSamaraError } from '../../shared/errors.ts'
import { errorBody } from '../../shared/fields.ts'
import type { Desired } from '../../shared/messages/index.ts'
import { type Backoff, createBackoff } from '../backoff.ts'
import type { Pulls } from '../blobs/pull.ts'
import type { Outbound } from '../outbound.ts'
import { checkList, type KeptList, type KeptListFile } from './kept-list.ts'
import { isNewer } from './reconcile.ts'

export type FollowerOptions = {
  readonly file: KeptListFile
  readonly pulls: Pick<Pulls, 'pull'>
  readonly outbound: Outbound
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly boot: string
  /** The list to keep from here on; it is on disk already. */
  readonly apply: (list: DesiredList) => void
}

const RETRY_MIN_MS = 1_000
const RETRY_MAX_MS = 60_000

/** Follows the desired index: the newest one wins, its body is pulled, kept on disk and applied, then reported. [P-7.1] */
export class Follower {
  readonly #options: FollowerOptions
  readonly #backoff: Backoff
  #kept: KeptList | undefined
  #wanted: Desired | undefined
  #error: SamaraError | undefined
  #attempt = new AbortController()
  #retry: Stop | undefined
  #work: Promise<void> = Promise.resolve()

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#backoff = createBackoff({ minMs: RETRY_MIN_MS, maxMs: RETRY_MAX_MS, random: options.random })
  }

  /** From the own disk, before any connection. */
  async open(): Promise<void> {
    this.#kept = await this.#options.file.load()
    if (this.#kept) this.#options.apply(this.#kept.list)
  }

  onDesired(index: Desired): void {
    if (!isNewer(index, this.#kept?.index) || !isNewer(index, this.#wanted)) return
    this.#wanted = index
    this.#backoff.reset()
    this.#begin(index)
  }

  report(): void {
    const { index, list } = this.#kept ?? {}
    this.#options.outbound.send('reported', {
      boot: this.#options.boot,
      incarnation: index?.incarnation ?? 0,
      revision: index?.revision ?? 0,
      deployments: list?.deployments.length ?? 0,
      ...(this.#error && { error: errorBody(this.#error) }),
    })
  }

  async close(): Promise<void> {
    this.#attempt.abort()
    this.#retry?.()
    await this.#work
  }

  /** One at a time: the file must hold the list that was applied last. */
  #begin(index: Desired): void {
    this.#attempt.abort()
    this.#retry?.()
    this.#attempt = new AbortController()
    const { signal } = this.#attempt
    this.#work = this.#work.then(() => this.#takeOver(index, signal))
  }

  async #takeOver(index: Desired, signal: AbortSignal): Promise<void> {
    try {
      signal.throwIfAborted()
      const kept = checkList(index, await this.#body(index, signal))
      await this.#options.file.save(kept)
      this.#kept = kept
      this.#error = undefined
      this.#options.apply(kept.list)
    } catch (error) {
      if (signal.aborted) return
      this.#error = toSamaraError(error)
      const retryMs = this.#backoff.next()
      this.#options.log.warn({ err: error, revision: index.revision, retryMs }, 'desired index cannot be taken over')
      this.#retry = this.#options.clock.after(retryMs, () => this.#begin(index))
    }
    this.report()
  }

  async #body(index: Desired, signal: AbortSignal): Promise<Buffer> {
    if (index.digest === this.#kept?.index.digest) return this.#kept.body
    const { digest, sizeBytes } = index
    if (sizeBytes > DesiredList.maxBytes)
      throw new SamaraError(
        'TOO_LARGE',
        `desired list has ${sizeBytes} bytes, at most ${DesiredList.maxBytes} are taken`,
      )
    return this.#options.pulls.pull({ digest, sizeBytes, keep: 'once', signal })
  }
}
