import type { Handler } from './parts.ts'

/** Results that are durable at the manager. [P-5.4] */
export const ack: Handler<'ack'> = (message, { tasks }) => tasks.onAck(message)
