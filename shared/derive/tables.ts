import { documents } from '../documents/index.ts'
import { errors } from '../errors.ts'
import { instanceTransitions } from '../proplet.ts'
import type { AnyMessage, Field, Fields } from '../schema.ts'
import { transitions } from '../task.ts'
import { topics } from '../topics.ts'
import { valueTable } from './values.ts'

/** Markdown tables of PROTOCOL.md, by the name in their `derived` mark. */
export const tables: Readonly<Record<string, () => string>> = {
  topics: () =>
    table(
      ['topic', 'from', 'QoS', 'retained', 'carries', ''],
      Object.values(topics).map((one) => [
        `\`${one.template}\``,
        one.from,
        `${one.qos}`,
        one.retain ? 'yes' : '',
        one.carries.name,
        one.doc,
      ]),
    ),
  'task-states': () => machine(transitions),
  'instance-states': () => machine(instanceTransitions),
  errors: () =>
    table(
      ['number', 'code', 'HTTP', 'errno', 'again?', ''],
      Object.entries(errors).map(([code, row]) => [
        `${row.wire}`,
        code,
        `${row.http}`,
        row.errno,
        row.retriable ? 'yes' : '',
        row.doc,
      ]),
    ),
  values: valueTable,
  messages: () => [...allMessages()].map(section).join('\n\n'),
}

/** Every message of a topic, then every document, each once. */
export function* allMessages(): Generator<AnyMessage> {
  const seen = new Set<string>()
  for (const one of [...Object.values(topics).map((topic) => topic.carries), ...documents]) {
    if (seen.has(one.name)) continue
    seen.add(one.name)
    yield one
  }
}

function section(message: AnyMessage): string {
  const parts = [`### ${message.name}`, message.doc, fieldTable(message.fields)]
  for (const [name, fields] of structsOf(message.fields)) parts.push(`\`${name}\`:`, fieldTable(fields))
  return parts.join('\n\n')
}

function fieldTable(fields: Fields): string {
  const rows = byKey(fields).map(([name, row]) => [
    `${row.key}`,
    name,
    row.type.words,
    row.optional ? '' : 'yes',
    row.doc,
  ])
  return table(['key', 'field', 'type', 'required', ''], rows)
}

export const byKey = (fields: Fields): [string, Field<unknown>][] =>
  Object.entries(fields).sort(([, a], [, b]) => a.key - b.key)

/** Structs that fields refer to, by name, inner ones first. */
export function structsOf(fields: Fields, found = new Map<string, Fields>()): Map<string, Fields> {
  for (const [, row] of byKey(fields)) {
    const inner = structIn(row.type)
    if (!inner || found.has(inner.name)) continue
    structsOf(inner.fields, found)
    found.set(inner.name, inner.fields)
  }
  return found
}

type Typed = { words: string; cddl: string; fields?: Fields; element?: Typed }

function structIn(type: Typed): { name: string; fields: Fields } | undefined {
  if (type.fields) return { name: type.words, fields: type.fields }
  return type.element ? structIn(type.element) : undefined
}

function machine(rows: Readonly<Record<string, Readonly<Partial<Record<string, string>>>>>): string {
  return table(
    ['state', 'event → state'],
    Object.entries(rows).map(([state, cells]) => [
      `**${state}**`,
      Object.entries(cells)
        .map(([event, to]) => `${event} → ${to}`)
        .join(', ') || 'final',
    ]),
  )
}

const escaped = (cell: string): string => cell.replaceAll('|', '\\|')

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** `markdown` with every part between derived marks made anew. */
export function fill(markdown: string): string {
  return markdown.replace(/<!-- derived: ([a-z-]+) -->[\s\S]*?<!-- end -->/g, (whole, name: string) => {
    const make = tables[name]
    return make ? `<!-- derived: ${name} -->\n${make()}\n<!-- end -->` : whole
  })
}
