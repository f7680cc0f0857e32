import type { Handler } from './parts.ts'

/** A retained index: it comes with every connection, and means something only when it is newer. [P-7.1] */
export const desired: Handler<'desired'> = (message, { deployments }) => deployments.onDesired(message)
