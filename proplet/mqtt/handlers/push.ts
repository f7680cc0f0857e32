import type { Handler } from './parts.ts'

/** The manager asks for a window of a body. It is answered while other messages come; failures are told in a chunk. [P-4.4] */
export const push: Handler<'push'> = (message, { pushes }) => {
  void pushes.onGet(message)
}
