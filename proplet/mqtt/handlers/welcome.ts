import type { Handler } from './parts.ts'

/** The manager's answer to hello. [P-3.2] */
export const welcome: Handler<'welcome'> = (message, { session }) => session.onWelcome(message)
