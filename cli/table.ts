import { cutTo, oneLine, padEnd, padStart, width } from './text.ts'

type Cell = string | number | undefined

/** One column: its title, and what a row has there. */
export type Column<T> = {
  readonly title: string
  readonly of: (row: T) => Cell
  /** Numbers stand to the right. @default 'left' */
  readonly align?: 'left' | 'right'
}

export type TableStyle = {
  /** Columns of the terminal; the widest cells are cut to it. @default not cut */
  readonly columns?: number | undefined
  /** Titles in bold. @default false */
  readonly bold?: boolean
}

const GAP = '  '
/** A cut cell keeps at least so much, however narrow the terminal. */
const LEAST = 4

/** Rows as aligned lines, titles first, each with its line end. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[], style: TableStyle = {}): string {
  const titles = columns.map(({ title }) => title)
  const body = rows.map((row) => columns.map(({ of }) => oneLine(String(of(row) ?? '-'))))
  const widths = shrunk(widest([titles, ...body]), style.columns)
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => aligned(cutTo(cell, widths[at] ?? 0), widths[at] ?? 0, columns[at]?.align))
      .join(GAP)
      .trimEnd()
  const head = line(titles)
  return [style.bold ? `\u001b[1m${head}\u001b[22m` : head, ...body.map(line)].map((text) => `${text}\n`).join('')
}

/** Names and values, one a line. */
export function details(rows: readonly (readonly [string, Cell])[], style: TableStyle = {}): string {
  const shown = rows.filter(([, value]) => value !== undefined)
  const names = Math.max(0, ...shown.map(([name]) => width(name)))
  const room = style.columns === undefined ? undefined : Math.max(LEAST, style.columns - names - GAP.length)
  return shown
    .map(([name, value]) => {
      const text = oneLine(String(value))
      return `${padEnd(name, names)}${GAP}${room === undefined ? text : cutTo(text, room)}\n`
    })
    .join('')
}

const aligned = (text: string, columns: number, align: Column<never>['align']): string =>
  align === 'right' ? padStart(text, columns) : padEnd(text, columns)

const widest = (lines: readonly (readonly string[])[]): number[] =>
  (lines[0] ?? []).map((_, at) => lines.reduce((most, line) => Math.max(most, width(line[at] ?? '')), 0))

/** Takes from the widest column, time and again, until the line fits. */
function shrunk(widths: number[], columns: number | undefined): number[] {
  if (columns === undefined) return widths
  let over = widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1)) - columns
  while (over > 0) {
    const most = Math.max(...widths)
    if (most <= LEAST) break
    const next = Math.max(LEAST, ...widths.filter((one) => one < most))
    const at = widths.indexOf(most)
    const taken = Math.min(over, Math.max(1, most - next))
    widths[at] = most - taken
    over -= taken
  }
  return widths
}
