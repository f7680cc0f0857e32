import { type LabTraceRow, MAX_TRACE_PAGE, MAX_WIRE_BYTES } from '../../shared/lab/index.ts'
import type { LabTime } from './time.ts'

const MAX_ROWS = 4096
const MAX_CHARACTERS = 8 * 1024 * 1024
/** Of one answer, which has to fit a frame. */
const MAX_PAGE_CHARACTERS = 512 * 1024

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
export const hexByte = (byte: number): string => hex[byte & 0xff] as string
export const hexBytes = (bytes: Uint8Array): string => Array.from(bytes, hexByte).join(' ')

/** One row as it is being written. */
export class Wire {
  readonly atUs: number
  #words: string[] = []
  #length = 0
  #isCut = false

  constructor(atUs: number) {
    this.atUs = atUs
  }

  put(word: string): void {
    if (this.#isCut) return
    this.#isCut = this.#length + word.length + 1 > MAX_WIRE_BYTES
    this.#words.push(this.#isCut ? '…' : word)
    this.#length += word.length + 1
  }

  text(): string {
    return this.#words.join(' ')
  }
}

export type TraceQuery = { readonly bus?: string | undefined; readonly after?: number | undefined }

/** What went over the buses, as an analyser on the wires would write it. The oldest rows go first. */
export interface Trace {
  begin(): Wire
  end(bus: string, wire: Wire): void
  rows(query?: TraceQuery): LabTraceRow[]
  /** What happened on one bus, for tests that compare. */
  wires(bus?: string): string[]
  clear(): void
}

export const nowUs = (time: LabTime): number => Number(time.now() / 1000n)

export function createTrace(time: LabTime): Trace {
  const rows: LabTraceRow[] = []
  let seq = 0
  let characters = 0

  function drop(): void {
    // Many in one go: a shift for each row would move all others each time.
    const least = rows.length > MAX_ROWS ? MAX_ROWS / 8 : 0
    let count = 0
    while (count < rows.length && (count < least || characters > MAX_CHARACTERS))
      characters -= (rows[count++] as LabTraceRow).wire.length
    rows.splice(0, count)
  }

  function* wanted({ bus, after = 0 }: TraceQuery): Generator<LabTraceRow> {
    for (const row of rows) if (row.seq > after && (bus === undefined || row.bus === bus)) yield row
  }

  /** As many as an answer holds; the number of the last one asks for more. */
  function page(query: TraceQuery): LabTraceRow[] {
    const taken: LabTraceRow[] = []
    let size = 0
    for (const row of wanted(query)) {
      size += row.wire.length
      if (taken.length > 0 && (size > MAX_PAGE_CHARACTERS || taken.length === MAX_TRACE_PAGE)) break
      taken.push(row)
    }
    return taken
  }

  return {
    begin: () => new Wire(nowUs(time)),
    end(bus, wire) {
      const text = wire.text()
      rows.push({ seq: ++seq, atUs: wire.atUs, bus, wire: text })
      characters += text.length
      if (rows.length > MAX_ROWS || characters > MAX_CHARACTERS) drop()
    },
    rows: (query = {}) => page(query),
    wires: (bus) => [...wanted({ bus })].map((row) => row.wire),
    clear() {
      rows.length = 0
      characters = 0
    },
  }
}
