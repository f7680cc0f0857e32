import type { Handler } from './parts.ts'

/** An attempt to run. A manager that refused this connection has no business to send one. [P-5.2] */
export const start: Handler<'start'> = (message, { session, tasks }) => {
  if (session.state !== 'refused') tasks.onStart(message)
}
