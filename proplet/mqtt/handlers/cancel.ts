import type { Handler } from './parts.ts'

/** Stop an attempt. [P-5.5] */
export const cancel: Handler<'cancel'> = (message, { session, tasks }) => {
  if (session.state !== 'refused') tasks.onCancel(message)
}
