import type { AnyMessage, Fields } from '../schema.ts'
import { UNKNOWN_KEYS } from '../schema.ts'
import { allMessages, byKey, structsOf } from './tables.ts'

/** The whole protocol as CDDL (RFC 8610), in the form that zcbor makes C of. */
export function cddl(
  messages: Iterable<AnyMessage> = allMessages(),
  source = 'shared/messages and shared/documents',
): string {
  const rules = new Map<string, string>()
  for (const message of messages) {
    for (const [name, fields] of structsOf(message.fields)) rules.set(name, rule(name, fields, undefined))
    rules.set(message.name, rule(message.name, message.fields, message.doc))
  }
  return `; Derived from ${source} by \`npm run derive\`. Do not edit.\n\n${[...rules.values()].join('\n\n')}\n`
}

function rule(name: string, fields: Fields, doc: string | undefined): string {
  const rows = byKey(fields).map(
    ([label, row]) => `  ${row.optional ? '? ' : ''}${row.key} => ${row.type.cddl}, ; ${label}`,
  )
  // zcbor skips unknown keys only through a bounded wildcard at the end. [P-1.5]
  rows.push(`  0*${UNKNOWN_KEYS} uint => any,`)
  return [...(doc ? [`; ${doc}`] : []), `${name} = {`, ...rows, '}'].join('\n')
}
