import pino, { type Logger } from 'pino'

/** A log that says nothing. */
export const quiet: Logger = pino({ level: 'silent' })
