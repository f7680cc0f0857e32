import type { Command } from 'commander'
import { InspectionView } from '../api.ts'
import { act, describe, type Host } from '../command.ts'
import { askingFor } from '../devices-file.ts'
import { manifestText } from '../manifest-text.ts'
import type { Session } from '../session.ts'
import { progressOf, readModule } from '../upload.ts'

type Place = InspectionView['proplets'][number]

export function inspect(parent: Command, host: Host): void {
  const command = describe(parent, 'inspect <file>', {
    summary: 'say what a module is, where it runs, and why not elsewhere',
    more: 'The manager looks at it and keeps nothing.',
    examples: [
      ['samara inspect line-stats.wasm', 'exports, imports, memory, and each proplet'],
      ['samara inspect thermostat.wasm --devices devices.yaml', 'and what it would be allowed'],
      ['samara inspect line-stats.wasm --json', 'for a program'],
    ],
  }).option('--devices <file>', 'devices that it asks for (YAML or JSON), in place of those in the module')
  act<[string], { devices?: string }>(command, host, async (session, flags, file) => {
    const bytes = await askingFor(readModule(file), flags.devices)
    const options = { sent: progressOf(session, file, bytes.length), signal: session.io.signal }
    const found = await session.client
      .upload(InspectionView, '/v1/inspect', bytes, options)
      .finally(() => session.progressEnd())
    session.show(found, () => text(session, found))
  })
}

function text(session: Session, { manifest, words, notes, proplets }: InspectionView): string {
  const lines = notes.flatMap(({ format, runs, refused }) => [
    ...runs.map((where) => ({ format, says: 'runs on', where })),
    ...refused.map((where) => ({ format, says: 'not on', where })),
  ])
  const parts = [manifestText(session, manifest, words)]
  if (lines.length > 0)
    parts.push(
      session.table(
        [
          { title: 'FORMAT', of: ({ format }) => format },
          { title: '', of: ({ says }) => says },
          { title: 'WHERE', of: ({ where }) => where },
        ],
        lines,
      ),
    )
  if (proplets.length > 0) parts.push(placeTable(session, proplets))
  return parts.join('\n')
}

const placeTable = (session: Session, places: readonly Place[]): string =>
  session.table<Place>(
    [
      { title: 'PROPLET', of: ({ proplet }) => proplet },
      { title: 'RUNS', of: ({ fits }) => (fits ? 'yes' : 'no') },
      { title: 'WHY', of: ({ fits, format, reason }) => (fits ? `as ${format ?? 'it is'}` : reason) },
    ],
    places,
  )
