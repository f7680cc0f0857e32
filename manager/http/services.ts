import type { Identity } from '../../shared/access.ts'
import type { Clock } from '../../shared/clock.ts'
import type { MosquittoFiles } from '../services/broker-config.ts'
import type { Deployments } from '../services/deployments.ts'
import type { Events } from '../services/events.ts'
import type { Functions } from '../services/functions.ts'
import type { Proplets } from '../services/proplets.ts'
import type { Engine } from '../services/tasks/engine.ts'
import type { Jobs } from '../services/tasks/jobs.ts'
import type { Users } from '../services/users.ts'
import type { BlobStore } from '../store/store.ts'

/** What the HTTP side needs of the manager. */
export type Services = {
  readonly namespace: string
  readonly functions: Functions
  readonly proplets: Proplets
  readonly users: Users
  readonly jobs: Jobs
  readonly engine: Engine
  readonly deployments: Deployments
  readonly events: Events
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly ready: () => Promise<{ broker: boolean; store: boolean; detail?: string }>
  /** Ends the connections of an identity whose token is gone. */
  readonly disconnect: (id: string) => void
  /** Name and version of this release, and what it speaks. */
  readonly release: { readonly version: string; readonly incarnation: number; readonly protocol: number }
  /** Text of the metrics. */
  readonly metrics: () => Promise<string>
  /** Writes a backup into a folder of this name below the data directory. Resolves with its path. */
  readonly backup: (name: string) => Promise<string>
  /** Configuration files of an external broker for what is registered now; it will find them in `dir`. */
  readonly mosquitto: (dir: string) => MosquittoFiles
}

export type User = Identity & { readonly kind: 'user' }
