import pino, { type Logger } from 'pino'

/** A log that says nothing, unless SAMARA_TEST_LOG asks for a level. */
export const quiet: Logger = pino({ level: process.env.SAMARA_TEST_LOG ?? 'silent' })
