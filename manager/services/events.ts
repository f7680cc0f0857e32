import type { Grant } from '../../shared/capabilities.ts'
import type { DeploymentId, FunctionName, JobId, PropletId, TaskId, UserId } from '../../shared/ids.ts'
import type { Liveness } from '../../shared/proplet.ts'
import type { Outcome, TaskState } from '../../shared/task.ts'
import type { DeploymentResultRecord, DeploymentStateRecord } from '../store/store.ts'

/** What happened, for those who watch. Nothing inside depends on an event being seen. */
export type ManagerEvent =
  | {
      readonly type: 'task'
      readonly task: TaskId
      readonly job: JobId
      /** Whose job it is: others do not see it. */
      readonly user: UserId
      readonly state: TaskState
      readonly attempt: number
      readonly proplet?: PropletId
      readonly outcome?: Outcome
      readonly message?: string
      readonly refusals?: number
    }
  | {
      readonly type: 'log'
      readonly task: TaskId
      readonly job: JobId
      readonly user: UserId
      readonly attempt: number
      readonly stream: string
      readonly text: string
    }
  | { readonly type: 'proplet'; readonly proplet: PropletId; readonly liveness: Liveness; readonly message?: string }
  | {
      readonly type: 'deployment'
      readonly deployment: DeploymentId
      readonly change: 'added' | 'removed'
      /** Who added it, and what it was granted, in words. */
      readonly by?: UserId
      readonly words?: string
    }
  /** A version was granted something, in place of what it had. */
  | {
      readonly type: 'grants'
      readonly function: FunctionName
      readonly version: number
      readonly by: UserId
      readonly grants: readonly Grant[]
      readonly words: string
    }
  | { readonly type: 'deployment-state'; readonly state: DeploymentStateRecord }
  | { readonly type: 'deployment-result'; readonly result: DeploymentResultRecord }

export type Events = {
  emit(event: ManagerEvent): void
  /** Calls `watcher` with every event from now on. Returns what ends it. */
  watch(watcher: (event: ManagerEvent) => void): () => void
}

export function createEvents(): Events {
  const watchers = new Set<(event: ManagerEvent) => void>()
  return {
    emit(event) {
      for (const watcher of watchers) watcher(event)
    },
    watch(watcher) {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
  }
}
