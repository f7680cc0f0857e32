import { readFileSync, writeFileSync } from 'node:fs'
import { createCommands } from '../../cli/cli.ts'
import { managerSettings } from '../../manager/config.ts'
import { propletSettings } from '../../proplet/config.ts'
import { labSettings } from '../../proplet/lab/config.ts'

/** Tables of the programs' pages: from the descriptions that the programs themselves read. */

const root = new URL('../../', import.meta.url)
const MACHINE = { hostname: 'host', cores: 2, home: '~' }

const makers: Readonly<Record<string, () => string>> = {
  'manager-settings': () => managerSettings.markdown(),
  'proplet-settings': () => propletSettings(MACHINE).markdown(),
  'lab-settings': () => labSettings.markdown(),
  commands,
}

function commands(): string {
  const io = { out: { write: () => {} }, err: { write: () => {} }, env: {} }
  const host = { io, args: [], exit: 0 } as unknown as Parameters<typeof createCommands>[0]
  const rows = createCommands(host).commands.flatMap((command) =>
    command.commands.length > 0
      ? command.commands.map((inner) => [`${command.name()} ${inner.name()}`, inner.description()])
      : [[command.name(), command.description()]],
  )
  return [
    '| command | |',
    '| --- | --- |',
    ...rows.map(([name, doc]) => `| \`${name}\` | ${doc?.split('\n\n')[0]} |`),
  ].join('\n')
}

/** Pages with their contents made anew. */
export function pages(): Map<URL, string> {
  return new Map(
    ['manager/README.md', 'proplet/README.md', 'cli/README.md', 'examples/lab/README.md'].map((page) => {
      const file = new URL(page, root)
      const filled = readFileSync(file, 'utf8').replace(
        /<!-- derived: ([a-z-]+) -->[\s\S]*?<!-- end -->/g,
        (whole, name: string) => {
          const make = makers[name]
          return make ? `<!-- derived: ${name} -->\n${make()}\n<!-- end -->` : whole
        },
      )
      return [file, filled]
    }),
  )
}

if (import.meta.main) for (const [file, content] of pages()) writeFileSync(file, content)
