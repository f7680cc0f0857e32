import type { Pulls } from '../../blobs/pull.ts'
import type { Pushes } from '../../blobs/push.ts'
import type { Deployments } from '../../deployments/deployments.ts'
import type { IncomingName, MessageOf } from '../../outbound.ts'
import type { Session } from '../../session.ts'
import type { Tasks } from '../../tasks/tasks.ts'

/** The parts that messages are for. */
export type Parts = {
  readonly session: Pick<Session, 'onWelcome' | 'state'>
  readonly tasks: Pick<Tasks, 'onStart' | 'onCancel' | 'onLease' | 'onAck'>
  readonly pulls: Pick<Pulls, 'onChunk'>
  readonly pushes: Pick<Pushes, 'onGet'>
  readonly deployments: Pick<Deployments, 'onDesired'>
}

export type Handler<K extends IncomingName> = (message: MessageOf<K>, parts: Parts) => void
