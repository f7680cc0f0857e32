import { readFileSync } from 'node:fs'

/** The value table of shared/values.ts, whose comment is its one place. [P-8.3] */
export function valueTable(): string {
  const source = readFileSync(new URL('../values.ts', import.meta.url), 'utf8')
  const rows = source
    .split('\n')
    .filter((line) => line.startsWith(' * |'))
    .map((line) => line.slice(3))
  if (rows.length === 0) throw new Error('shared/values.ts has no table')
  return rows.join('\n')
}
