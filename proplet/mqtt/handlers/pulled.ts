import type { Handler } from './parts.ts'

/** A chunk of a blob that was asked for; one that nobody waits for means nothing. [P-4.4] */
export const pulled: Handler<'pulled'> = (message, { pulls }) => pulls.onChunk(message)
