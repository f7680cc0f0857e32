import {
  MAX_TRANSCRIPT_BYTES,
  MAX_TRANSCRIPT_ROWS,
  type Transcript,
  type TranscriptRow,
} from '../../shared/documents/transcript.ts'
import { type RecordedRows, type RecordLimits, sizeOf, uint32 } from './recorder.ts'

/** For the devices and what is around the rows. */
const FRAME_BYTES = 4096
export const transcriptLimits: RecordLimits = { rows: MAX_TRANSCRIPT_ROWS, bytes: MAX_TRANSCRIPT_BYTES - FRAME_BYTES }

/** One transcript of what each worker kept: from the first operation on, without a gap, as much as it holds. */
export function mergeRows(
  devices: Transcript['devices'],
  parts: readonly RecordedRows[],
  operations: number,
): Transcript {
  const limit = Math.min(...parts.map(({ droppedFrom }) => droppedFrom ?? Number.POSITIVE_INFINITY))
  const all = parts
    .flatMap(({ rows }) => rows)
    .filter(({ sequence }) => sequence < limit)
    .sort((a, b) => a.sequence - b.sequence)
  const rows: TranscriptRow[] = []
  let sizeBytes = 0
  for (const { row } of all.slice(0, transcriptLimits.rows)) {
    sizeBytes += sizeOf(row)
    if (sizeBytes > transcriptLimits.bytes) break
    rows.push(row)
  }
  const dropped = uint32(operations - rows.length)
  return { devices, rows, ...(dropped > 0 && { dropped }) }
}
