import type { Logger } from 'pino'
import { Grants } from '../../shared/documents/grants.ts'
import { Transcript } from '../../shared/documents/transcript.ts'
import { SamaraError } from '../../shared/errors.ts'
import type { Digest } from '../../shared/ids.ts'
import type { Pulls } from '../blobs/pull.ts'
import type { Hal, RunReport, Session } from '../hal/hal.ts'
import type { RunResult } from '../runtime/runtime.ts'
import type { Attempt } from './attempts.ts'

export type TaskDevicesOptions = {
  readonly pulls: Pick<Pulls, 'pull'>
  readonly hal: Pick<Hal, 'open'>
  readonly log: Logger
}

/** Grants that stay decoded: those of one function version are the same for all of its tasks. */
const CACHED = 64

/** Opens for an attempt what its start grants, or the record that answers in place of it. [P-10.2] [P-10.6] */
export class TaskDevices {
  readonly #options: TaskDevicesOptions
  readonly #grants = new Map<Digest, Grants>()

  constructor(options: TaskDevicesOptions) {
    this.#options = options
  }

  /** Undefined where it was granted nothing. `fetching` is called when the network is needed. */
  async open(attempt: Attempt, fetching: () => void): Promise<Session | undefined> {
    const { start, ref } = attempt
    if (!start.grants && !start.replay) return undefined
    const grants = start.grants ? await this.#grantsOf(attempt, start.grants, fetching) : { grants: [] }
    const replay = start.replay && (await this.#replayOf(attempt, start.replay, fetching))
    const holder = `task ${ref.task}`
    return await this.#options.hal.open({ holder, grants: grants.grants, replay, record: start.record })
  }

  /** Operations that the grants refused. What never came to an I/O worker is logged here. */
  refusals({ ref }: Attempt, { refusals }: RunResult, report: RunReport | undefined): number {
    if (refusals)
      this.#options.log.warn({ holder: `task ${ref.task}`, refusals: refusals.count }, `not granted: ${refusals.first}`)
    return (report?.refusals ?? 0) + (refusals?.count ?? 0)
  }

  async #grantsOf(attempt: Attempt, digest: Digest, fetching: () => void): Promise<Grants> {
    const known = this.#grants.get(digest)
    if (known) return known
    fetching()
    const { grantsBytes = 0 } = attempt.start
    const grants = Grants.decode(await this.#pull(attempt, { digest, sizeBytes: grantsBytes, max: Grants.maxBytes }))
    this.#grants.set(digest, grants)
    for (const oldest of this.#grants.keys()) {
      if (this.#grants.size <= CACHED) break
      this.#grants.delete(oldest)
    }
    return grants
  }

  async #replayOf(attempt: Attempt, digest: Digest, fetching: () => void): Promise<Transcript> {
    fetching()
    const { replayBytes = 0 } = attempt.start
    return Transcript.decode(await this.#pull(attempt, { digest, sizeBytes: replayBytes, max: Transcript.maxBytes }))
  }

  #pull(attempt: Attempt, { digest, sizeBytes, max }: { digest: Digest; sizeBytes: number; max: number }) {
    if (sizeBytes > max)
      throw new SamaraError(
        'TOO_LARGE',
        `task ${attempt.ref.task}: blob ${digest} has ${sizeBytes} bytes, at most ${max} are taken`,
      )
    return this.#options.pulls.pull({ digest, sizeBytes, keep: 'once', signal: attempt.abort.signal })
  }
}

/** What a stop from outside cut off differs from no record by that. */
const ENDED_BY_ITSELF: readonly RunResult['outcome'][] = ['completed', 'exited', 'trapped']

/** A replay that differs did not do what it was asked to show, however it ended. [P-10.6] */
export function withDifference(result: RunResult, report: RunReport | undefined): RunResult {
  if (report?.difference === undefined || !ENDED_BY_ITSELF.includes(result.outcome)) return result
  const { value: _, exitCode: __, ...rest } = result
  return { ...rest, outcome: 'trapped', error: { code: 'FAILED_PRECONDITION', message: report.difference } }
}
