import type { Answer, Operation, Segment } from '../shared/bus.ts'
import { describeOperation } from '../shared/chips.ts'
import type { Transcript, TranscriptRow } from '../shared/documents/transcript.ts'
import type { Session } from './session.ts'

/** A transcript as people read it: time, device, and one line for each operation. [P-10.5] */
export function busText(session: Session, { devices, rows, dropped = 0 }: Transcript): string {
  const table = session.table<TranscriptRow>(
    [
      { title: 'AT', of: ({ atUs }) => `${(atUs / 1_000).toFixed(3)}ms`, align: 'right' },
      { title: 'TOOK', of: ({ tookUs }) => `${tookUs}us`, align: 'right' },
      { title: 'DEVICE', of: (row) => devices[row.device]?.device },
      { title: 'OPERATION', of: (row) => lineOf(row, devices[row.device]) },
    ],
    rows,
  )
  const rest = dropped > 0 ? `and ${dropped} more that were not kept\n` : ''
  return rows.length === 0 ? `no operations\n${rest}` : `${table}${rest}`
}

function lineOf(row: TranscriptRow, device: Transcript['devices'][number] | undefined): string {
  const { op, target, level, timeoutMs, segments, data, answerLevel, error, detail } = row
  const operation: Operation = { op, target, level, timeoutMs, segments: segments?.map(segmentOf) }
  const answer: Answer = { data, level: answerLevel, error, detail }
  return describeOperation(device?.kind ?? 'i2c', device?.chip, operation, answer)
}

const segmentOf = ({ kind, bytes, length }: NonNullable<TranscriptRow['segments']>[number]): Segment =>
  kind === 'write' || kind === 'transfer' ? { kind, bytes: bytes ?? new Uint8Array() } : { kind, length: length ?? 0 }
