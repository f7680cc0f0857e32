import pino, { type Logger } from 'pino'

export type LogLine = { readonly level: string; readonly msg: string; readonly [key: string]: unknown }

/** A log that a test looks into. */
export function collectingLog(): { readonly log: Logger; readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = []
  const formatters = { level: (level: string) => ({ level }) }
  const log = pino({ level: 'info', base: null, formatters }, { write: (line) => void lines.push(JSON.parse(line)) })
  return { log, lines }
}
