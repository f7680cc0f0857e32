import type { Clock } from '../../shared/clock.ts'
import type { Outbound } from '../outbound.ts'
import type { Attempt } from './attempts.ts'

const PIECE_BYTES = 512
/** Pieces per second of the whole agent; the rest is left out, as the result has all of it. [P-5.6] */
const PIECES_PER_S = 100

/** Output of running attempts, for those who watch. */
export class LogStream {
  readonly #outbound: Outbound
  readonly #clock: Clock
  #secondMs = 0
  #sent = 0

  constructor(options: { outbound: Outbound; clock: Clock }) {
    this.#outbound = options.outbound
    this.#clock = options.clock
  }

  of(attempt: Attempt): (stream: 'stdout' | 'stderr', text: string) => void {
    let seq = 0
    return (stream, text) => {
      for (const piece of pieces(text)) {
        const number = seq++
        if (this.#mayPass()) this.#outbound.send('log', { ...attempt.ref, seq: number, stream, text: piece })
      }
    }
  }

  #mayPass(): boolean {
    const nowMs = this.#clock.monotonic()
    if (nowMs - this.#secondMs >= 1_000) {
      this.#secondMs = nowMs
      this.#sent = 0
    }
    return ++this.#sent <= PIECES_PER_S
  }
}

/** A character has at most 4 bytes in UTF-8, so that a quarter of the bound always fits. */
function* pieces(text: string): Generator<string> {
  if (Buffer.byteLength(text) <= PIECE_BYTES) return yield text
  let piece = ''
  for (const character of text) {
    if (piece.length >= PIECE_BYTES / 4) {
      yield piece
      piece = ''
    }
    piece += character
  }
  yield piece
}
