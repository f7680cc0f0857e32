import { readFileSync, writeFileSync } from 'node:fs'
import { cddl } from './cddl.ts'
import { fill } from './tables.ts'

const shared = new URL('../', import.meta.url)

/** Derived files with their contents, for this program and for the guard that compares. */
export function derived(): Map<URL, string> {
  const protocol = new URL('PROTOCOL.md', shared)
  return new Map([
    [new URL('protocol.cddl', shared), cddl()],
    [protocol, fill(readFileSync(protocol, 'utf8'))],
  ])
}

if (import.meta.main) for (const [file, content] of derived()) writeFileSync(file, content)
