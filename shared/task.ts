/** Where a task stands. The last four are final. [P-5.1] */
export const taskStates = [
  'pending',
  'scheduled',
  'running',
  'cancelling',
  'completed',
  'failed',
  'cancelled',
  'unknown',
] as const
export type TaskState = (typeof taskStates)[number]

/** What can happen to a task. */
export const taskEvents = [
  'placed',
  'started',
  'finished',
  'faulted',
  'lost',
  'retry',
  'cancel',
  'stopped',
  'expired',
] as const
export type TaskEvent = (typeof taskEvents)[number]

/** Life of a task: each row a state, each cell the state an event leads to. [P-5.1] */
export const transitions: Readonly<Record<TaskState, Readonly<Partial<Record<TaskEvent, TaskState>>>>> = {
  pending: { placed: 'scheduled', cancel: 'cancelled', expired: 'failed' },
  // A short task's result may be the first that is heard of it, so `scheduled` ends as `running` does.
  scheduled: {
    started: 'running',
    finished: 'completed',
    faulted: 'failed',
    retry: 'pending',
    lost: 'unknown',
    expired: 'failed',
    cancel: 'cancelling',
  },
  running: {
    finished: 'completed',
    faulted: 'failed',
    retry: 'pending',
    lost: 'unknown',
    expired: 'failed',
    cancel: 'cancelling',
  },
  cancelling: { stopped: 'cancelled', finished: 'completed', faulted: 'failed', lost: 'unknown' },
  completed: {},
  failed: {},
  cancelled: {},
  unknown: {},
}

/** The state `event` leads to, or undefined where the event means nothing. */
export const next = (state: TaskState, event: TaskEvent): TaskState | undefined => transitions[state][event]
export const isFinal = (state: TaskState): boolean => Object.keys(transitions[state]).length === 0
export const finalStates = taskStates.filter(isFinal)

/** How an attempt ended, in the words a user reads. [P-5.4] */
export const outcomes = [
  'completed',
  'exited',
  'trapped',
  'timed-out',
  'out-of-memory',
  'output-limit',
  'cancelled',
  'refused',
  'lost',
  'expired',
] as const
export type Outcome = (typeof outcomes)[number]

/** The event that an attempt's outcome is for its task. A command that exits with 0 has `completed`. */
export function eventOf(outcome: Outcome): TaskEvent {
  if (outcome === 'completed') return 'finished'
  if (outcome === 'cancelled') return 'stopped'
  if (outcome === 'lost') return 'lost'
  if (outcome === 'expired') return 'expired'
  return 'faulted'
}

/** When another attempt is made. [P-5.3] */
export type RetryPolicy = {
  /** Attempts beyond the first. @default 2, or 0 where the function holds output devices */
  readonly retries: number
  /** `lost`: only when a lease was lost. `any`: after a fault too. @default 'lost' */
  readonly retryOn: 'lost' | 'any'
}

/** Outcomes that another attempt would only repeat. */
const DETERMINISTIC: readonly Outcome[] = ['refused', 'cancelled', 'expired', 'completed']

/** Whether an attempt that ended with `outcome` is followed by another; asked before the event is named. */
export function retries(policy: RetryPolicy, attempt: number, outcome: Outcome): boolean {
  if (attempt > policy.retries || DETERMINISTIC.includes(outcome)) return false
  return outcome === 'lost' || policy.retryOn === 'any'
}
