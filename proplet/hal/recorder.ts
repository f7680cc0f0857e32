import type { Answer, Operation, Segment } from '../../shared/bus.ts'
import type { TranscriptRow } from '../../shared/documents/transcript.ts'

/** Told by the agent: an I/O worker loads no documents, and is the smaller for it. */
export type RecordLimits = { readonly rows: number; readonly bytes: number }

/** Rows that one I/O worker has of one run, each with its place among those of all workers. */
export type RecordedRows = {
  readonly rows: readonly SequencedRow[]
  /** First operation that was not kept; those after it would leave a gap. */
  readonly droppedFrom?: number | undefined
}
export type SequencedRow = { readonly sequence: number; readonly row: TranscriptRow }

export type RunRow = {
  readonly sequence: number
  /** Index of the device in its session. */
  readonly device: number
  readonly operation: Operation
  readonly answer: Answer
  readonly atUs: number
  readonly tookUs: number
}

export const uint32 = (value: number): number => Math.min(0xffff_ffff, Math.max(0, Math.round(value)))
/** Of a row in CBOR beside its bytes, rounded up: keys, lengths, numbers. */
const ROW_BYTES = 48
const PART_BYTES = 20
/** Keeps the operations of one run on one controller, as many as fit. */
export class Recorder {
  readonly #limits: RecordLimits
  #rows: SequencedRow[] = []
  #sizeBytes = 0
  #droppedFrom: number | undefined

  constructor(limits: RecordLimits) {
    this.#limits = limits
  }

  add(run: RunRow): void {
    const row = rowOf(run)
    const sizeBytes = sizeOf(row)
    if (this.#rows.length >= this.#limits.rows || this.#sizeBytes + sizeBytes > this.#limits.bytes) {
      this.#droppedFrom = Math.min(this.#droppedFrom ?? run.sequence, run.sequence)
      return
    }
    this.#sizeBytes += sizeBytes
    this.#rows.push({ sequence: run.sequence, row })
  }

  take(): RecordedRows {
    const taken = { rows: this.#rows, ...(this.#droppedFrom !== undefined && { droppedFrom: this.#droppedFrom }) }
    this.#rows = []
    this.#sizeBytes = 0
    this.#droppedFrom = undefined
    return taken
  }
}

const rowOf = ({ device, operation, answer, atUs, tookUs }: RunRow): TranscriptRow => ({
  device,
  op: operation.op,
  ...(operation.target !== undefined && { target: operation.target }),
  ...(operation.segments && { segments: operation.segments.map(segmentOf) }),
  ...(operation.level !== undefined && { level: operation.level }),
  ...(answer.data && { data: [...answer.data] }),
  ...(answer.level !== undefined && { answerLevel: answer.level }),
  ...(answer.error && { error: answer.error }),
  ...(answer.detail !== undefined && { detail: answer.detail.slice(0, 120) }),
  atUs: uint32(atUs),
  tookUs: uint32(tookUs),
  ...(operation.timeoutMs !== undefined && { timeoutMs: operation.timeoutMs }),
})

const segmentOf = (segment: Segment) =>
  'bytes' in segment
    ? { kind: segment.kind, bytes: segment.bytes }
    : { kind: segment.kind, length: uint32(segment.length) }

/** Bytes of a row in a transcript, or more. */
export function sizeOf({ segments = [], data = [], detail = '' }: TranscriptRow): number {
  const parts = segments.reduce((sum, { bytes }) => sum + PART_BYTES + (bytes?.length ?? 0), 0)
  return ROW_BYTES + parts + data.reduce((sum, bytes) => sum + PART_BYTES + bytes.length, 0) + detail.length * 4
}
