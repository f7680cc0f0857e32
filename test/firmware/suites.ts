import { readdirSync, readFileSync } from 'node:fs'

/** Unit tests of the C agent's core, as their sources name them. */

const tests = new URL('../../firmware/tests/', import.meta.url)
/** What the programs of tests.cmake are named after: `hal/bus_test.c` is `hal_bus`, `store/store_test.c` is `store`. */
const SOURCE = /^(\w+)_test\.c$/
const NAMED = /\b(?:TEST|cmocka_unit_test\w*)\(\s*(\w+)/g
/** Parts of the core; other folders hold ports, and what tests share. */
const PARTS = ['agent', 'codec', 'hal', 'health', 'link', 'runtime', 'store', 'task']

function casesOf(file: URL): string[] {
  const text = readFileSync(file, 'utf8')
  const main = text.slice(text.indexOf('int main(void)')).replace(/^#define.*$/gm, '')
  const cases = [...main.matchAll(NAMED)].flatMap(([, name]) => name ?? [])
  if (cases.length === 0) throw new Error(`${file.pathname} names no case`)
  return cases
}

/** Programs with their cases, in the order in which they run. */
export const corePrograms: ReadonlyMap<string, readonly string[]> = new Map(
  PARTS.flatMap((part) =>
    readdirSync(new URL(`${part}/`, tests)).flatMap((file) => {
      const what = SOURCE.exec(file)?.[1]
      if (what === undefined) return []
      return [[what === part ? part : `${part}_${what}`, casesOf(new URL(`${part}/${file}`, tests))] as const]
    }),
  ),
)
