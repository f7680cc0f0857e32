import type { Client } from 'aedes'
import { SamaraError } from '../../shared/errors.ts'

/** What aedes 1.x parses with, as far as a limit needs it. */
type Parser = { packet?: { length?: number }; _parseLength?: () => boolean }

/**
 * Ends a connection whose next packet is longer than `maxBytes`, before a byte of it is kept: aedes itself would
 * buffer up to 256 MiB. It stands on an inner method of aedes' parser, so a version without it refuses to start.
 */
export function limitPackets(client: Client, maxBytes: number, refused: (lengthBytes: number) => void): void {
  const parser = (client as unknown as { _parser?: Parser })._parser
  const parseLength = parser?._parseLength
  if (!parser || !parseLength)
    throw new SamaraError('INTERNAL', 'broker: this version of aedes has no place for a packet limit')
  parser._parseLength = function (this: Parser) {
    const complete = parseLength.call(this)
    const length = this.packet?.length ?? 0
    if (complete && length > maxBytes) {
      refused(length)
      ;(client as unknown as { conn: { destroy(): void } }).conn.destroy()
      return false
    }
    return complete
  }
}
