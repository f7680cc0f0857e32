/** How a proplet is heard, judged against the interval that it promised itself. [P-3.4] */
export const livenessStates = ['unknown', 'on-time', 'late', 'overdue', 'lost', 'gone'] as const
export type Liveness = (typeof livenessStates)[number]

/**
 * Liveness of a proplet last heard `silentMs` ago that promised to be heard every `aliveMs`. [P-3.4]
 * A quarter of the interval is allowed for jitter before it is late: a limit equal to the
 * interval makes healthy devices flap.
 */
export function livenessOf(silentMs: number, aliveMs: number): Liveness {
  if (silentMs <= aliveMs * 1.25) return 'on-time'
  if (silentMs < aliveMs * 2) return 'late'
  return silentMs < aliveMs * 3 ? 'overdue' : 'lost'
}

/** May new work go to a proplet in this state? Late is jitter; overdue is a warning. */
export const takesWork = (liveness: Liveness): boolean => liveness === 'on-time' || liveness === 'late'

/** Life of a deployment on one proplet. [P-7.3] */
export const instanceStates = ['pending', 'fetching', 'ready', 'running', 'backoff', 'refused', 'stopped'] as const
export type InstanceState = (typeof instanceStates)[number]

export const instanceEvents = [
  'desired',
  'fetched',
  'run',
  'ended',
  'faulted',
  'refuse',
  'fetch-failed',
  'elapsed',
  'removed',
] as const
export type InstanceEvent = (typeof instanceEvents)[number]

export const instanceTransitions: Readonly<
  Record<InstanceState, Readonly<Partial<Record<InstanceEvent, InstanceState>>>>
> = {
  pending: { desired: 'fetching', refuse: 'refused', removed: 'stopped' },
  fetching: { fetched: 'ready', 'fetch-failed': 'backoff', refuse: 'refused', removed: 'stopped' },
  ready: { run: 'running', desired: 'fetching', removed: 'stopped' },
  running: { ended: 'ready', faulted: 'backoff', refuse: 'refused', desired: 'fetching', removed: 'stopped' },
  backoff: { elapsed: 'ready', desired: 'fetching', removed: 'stopped' },
  refused: { desired: 'fetching', removed: 'stopped' },
  stopped: {},
}
export const nextInstance = (state: InstanceState, event: InstanceEvent): InstanceState | undefined =>
  instanceTransitions[state][event]
