import type { OutgoingName } from './outbound.ts'

/** Where the connection to the manager stands. `refused` is a broker that takes us and a manager that does not. [P-3.2] */
export const connectionStates = ['offline', 'connecting', 'online', 'refused', 'draining'] as const
export type ConnectionState = (typeof connectionStates)[number]

export const connectionEvents = ['connected', 'welcomed', 'refused', 'closed', 'drain'] as const
export type ConnectionEvent = (typeof connectionEvents)[number]

/** Life of a connection: each row a state, each cell the state an event leads to. [P-3] */
export const transitions: Readonly<
  Record<ConnectionState, Readonly<Partial<Record<ConnectionEvent, ConnectionState>>>>
> = {
  offline: { connected: 'connecting' },
  connecting: { welcomed: 'online', refused: 'refused', closed: 'offline' },
  // A welcome that comes twice means nothing; a refusal after it does. [P-3.6]
  online: { refused: 'refused', closed: 'offline', drain: 'draining' },
  refused: { welcomed: 'online', closed: 'offline' },
  draining: { closed: 'offline' },
}

export const nextConnection = (state: ConnectionState, event: ConnectionEvent): ConnectionState | undefined =>
  transitions[state][event]

/** What may be said in which state. Results go before hello, everything else after welcome. [P-3.1] [P-3.2] */
const speech: Readonly<Record<ConnectionState, readonly OutgoingName[] | 'all'>> = {
  offline: [],
  connecting: ['result', 'hello'],
  online: 'all',
  refused: ['hello'],
  draining: 'all',
}

export function maySay(state: ConnectionState, topic: OutgoingName): boolean {
  const allowed = speech[state]
  return allowed === 'all' || allowed.includes(topic)
}
