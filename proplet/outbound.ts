import type { Carried, topics } from '../shared/topics.ts'

/** What a proplet publishes; a test holds it against the table. [P-2.3] */
export const outgoing = [
  'hello',
  'alive',
  'gone',
  'reported',
  'started',
  'renew',
  'result',
  'log',
  'pull',
  'pushed',
  'deploymentState',
  'deploymentResult',
] as const
export type OutgoingName = (typeof outgoing)[number]

/** What a proplet subscribes to. [P-2.4] */
export const incoming = ['welcome', 'desired', 'start', 'lease', 'cancel', 'ack', 'push', 'pulled'] as const
export type IncomingName = (typeof incoming)[number]

export type MessageOf<K extends OutgoingName | IncomingName> = Carried<(typeof topics)[K]>

export type SendOptions = {
  /** The deployment in the topic, where it has one. */
  readonly deployment?: string
  /** Called once: when the broker has the message, or with an error when the connection went before it said so. */
  readonly onAcked?: (error?: Error) => void
}

/** How the parts below the link speak. False: it was not sent, and `onAcked` will not be called. */
export interface Outbound {
  send<K extends OutgoingName>(topic: K, message: MessageOf<K>, options?: SendOptions): boolean
  /** A message that is encoded already: what is sent again must be the same bytes. [P-5.4] */
  sendEncoded(topic: OutgoingName, payload: Buffer, options?: SendOptions): boolean
}
