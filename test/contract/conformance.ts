import { readFileSync } from 'node:fs'
import type { PropertyValue } from '../../proplet/lab/part.ts'
import { type Operation, pinEvents, type Segment } from '../../shared/bus.ts'
import type { Grant } from '../../shared/capabilities.ts'
import type { Transcript, TranscriptRow } from '../../shared/documents/transcript.ts'
import type { FaultKind } from '../../shared/lab/index.ts'

/** The table of conformance.json; README.md beside it says what its rows mean. */

export type ConformanceRow = {
  readonly name: string
  readonly source?: string
  readonly guest: string
  readonly export: string
  readonly args: readonly unknown[]
  readonly set?: Readonly<Record<string, PropertyValue>>
  readonly faults?: readonly { readonly on: string; readonly kind: FaultKind; readonly count?: number }[]
  readonly grants?: Readonly<Record<string, Partial<Grant> | null>>
  readonly only?: 'linux'
  readonly time?: 'real'
  readonly bus: readonly string[]
  readonly refusals?: number
  readonly value?: unknown
  readonly fails?: string
}

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')

export const conformanceRows: readonly ConformanceRow[] = JSON.parse(read('conformance.json'))
export const labFile: string = new URL('conformance.lab.yaml', import.meta.url).pathname

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const hexNumber = (value: number): string => value.toString(16).padStart(2, '0')
const bit = (level: boolean | undefined): string => (level ? '1' : '0')

type Line = { readonly device: string; readonly operation: Operation; readonly row: TranscriptRow }

/** Time that passes is not on a bus, and what a usb device says of itself the system knows by heart. */
const silent: readonly string[] = ['delay', 'describe']

/** A transcript as the table writes it: what reached a bus, a line each. */
export function linesOf({ devices, rows }: Transcript): string[] {
  return rows
    .filter(({ op, error }) => !silent.includes(op) && error !== 'not-granted' && error !== 'invalid')
    .map((row) => lineOf({ device: devices[row.device]?.device ?? '', operation: operationOf(row), row }))
}

const operationOf = ({ op, target, segments = [], level }: TranscriptRow): Operation => ({
  op,
  target,
  level,
  segments: segments.map(({ kind, bytes = new Uint8Array(), length = 0 }): Segment => {
    return kind === 'write' || kind === 'transfer' ? { kind, bytes } : { kind, length }
  }),
})

function lineOf({ device, operation, row }: Line): string {
  const failed = row.error && `!${row.error}`
  return [device, ...wordsOf(operation, row), failed].filter((word) => word !== undefined && word !== '').join(' ')
}

function wordsOf(operation: Operation, row: TranscriptRow): (string | undefined)[] {
  const { op, target, segments = [], level } = operation
  const came = row.answerLevel === undefined ? undefined : `=${bit(row.answerLevel)}`
  const parts = segmentWords(segments, row)
  if (op === 'transfer') return [target === undefined ? undefined : hexNumber(target), ...parts]
  if (op === 'set') return [op, bit(level)]
  if (op === 'get') return [op, came]
  if (op === 'wait') return [op, pinEvents[target ?? -1], came]
  if (op === 'control') return [op, parts[0]?.slice(1), ...parts.slice(1)]
  return [op, target === undefined ? undefined : hexNumber(target), ...parts]
}

/** `w0102`, `r2=0304` or, where it failed, `r2`; `x01=02`; `d1000`. */
function segmentWords(segments: readonly Segment[], { data = [] }: TranscriptRow): string[] {
  let next = 0
  const back = (): string => {
    const bytes = data[next++]
    return bytes ? `=${hex(bytes)}` : ''
  }
  return segments.map((segment) => {
    if (segment.kind === 'delay') return `d${segment.length}`
    if (segment.kind === 'read') return `r${segment.length}${back()}`
    return segment.kind === 'write' ? `w${hex(segment.bytes)}` : `x${hex(segment.bytes)}${back()}`
  })
}

/**
 * What of `lines` is not as the table says, in words; undefined where all is. A line that begins with `* ` stands for any
 * number of its kind, none too: how often a chip is asked before it is done is not the table's business.
 */
export function difference(expected: readonly string[], lines: readonly string[]): string | undefined {
  let at = 0
  for (const line of expected) {
    if (line.startsWith('* ')) {
      while (lines[at] === line.slice(2)) at++
      continue
    }
    if (lines[at] !== line) return `line ${at + 1} is ${lines[at] ?? 'missing'}, expected ${line}`
    at++
  }
  return at < lines.length ? `line ${at + 1} is ${lines[at]}, expected nothing more` : undefined
}
