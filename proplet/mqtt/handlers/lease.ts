import type { Handler } from './parts.ts'

/** Which attempts go on, and which no longer count. [P-5.2] */
export const lease: Handler<'lease'> = (message, { tasks }) => tasks.onLease(message)
