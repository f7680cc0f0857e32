import type { Clock } from '../../shared/clock.ts'
import { type DesiredDeployment, edgeEvents } from '../../shared/documents/desired-list.ts'
import { SamaraError, toSamaraError } from '../../shared/errors.ts'
import type { Backoff } from '../backoff.ts'
import type { Session } from '../hal/hal.ts'

export type EdgeWatchOptions = {
  readonly clock: Clock
  readonly backoff: Backoff
  /** The input cannot be watched for the time being. */
  readonly onLost: (error: SamaraError) => void
}

export type Watched = {
  readonly desired: DesiredDeployment
  readonly session: Session | undefined
  readonly onEdge: () => void
  /** Of the desired form: nothing is told after it. The session's end ends the watch itself. */
  readonly signal: AbortSignal
}

/** The input whose edges start the runs of a deployment: one that is lost is watched again as soon as it is there. [P-7.3] */
export class EdgeWatch {
  readonly #options: EdgeWatchOptions

  constructor(options: EdgeWatchOptions) {
    this.#options = options
  }

  /** Throws where it cannot begin. */
  async begin({ desired, session, onEdge, signal }: Watched): Promise<void> {
    const { deployment, device, edge } = desired
    if (!session || device === undefined || !edge)
      throw new SamaraError('INVALID_ARGUMENT', `deployment ${deployment}: its device, edge or grant is missing`, {
        field: 'device',
      })
    await session.watch({
      device,
      event: edgeEvents[edge],
      onEdge: () => {
        if (signal.aborted) return
        this.#options.backoff.reset()
        onEdge()
      },
      onLost: (error) => this.#lost(error, { desired, session, onEdge, signal }),
    })
  }

  #lost(error: SamaraError, watched: Watched): void {
    const { signal } = watched
    if (signal.aborted) return
    const { clock, backoff, onLost } = this.#options
    onLost(error)
    const stop = clock.after(backoff.next(), () => {
      this.begin(watched).catch((again) => this.#lost(toSamaraError(again), watched))
    })
    signal.addEventListener('abort', stop, { once: true })
  }
}
