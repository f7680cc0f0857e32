import type { Command } from 'commander'
import { PropletPage, PropletView, Registered } from '../api.ts'
import { path } from '../client.ts'
import { act, describe, flag, type Host, noun } from '../command.ts'
import { ago, pairs, size } from '../format.ts'
import { list } from '../pages.ts'
import type { Session } from '../session.ts'
import type { Column } from '../table.ts'
import { labels } from '../values.ts'
import { provisionBoard } from './proplets-provision.ts'

const columns = (nowMs: number): readonly Column<PropletView>[] => [
  { title: 'PROPLET', of: ({ id }) => id },
  { title: 'HEARD', of: ({ liveness }) => liveness },
  { title: 'SEEN', of: ({ lastSeenMs }) => ago(nowMs, lastSeenMs) },
  { title: 'RUNS', of: ({ running, slots }) => `${running ?? 0}/${slots ?? 0}`, align: 'right' },
  { title: 'WAIT', of: ({ queued }) => queued ?? 0, align: 'right' },
  { title: 'SOFTWARE', of: ({ software }) => software },
  { title: 'ARCH', of: ({ arch }) => arch },
  { title: 'LABELS', of: (one) => pairs(one.labels) },
]

export function proplets(parent: Command, host: Host): void {
  const all = noun(parent, 'proplets', {
    summary: 'the machines that run functions',
    examples: [
      ['samara proplets list', 'shows the fleet'],
      ['samara proplets add press-4 --label line=1', 'registers one; prints its token once'],
    ],
  })
  act(
    describe(all, 'list', {
      summary: 'list proplets',
      examples: [
        ['samara proplets list', 'who is heard, and what each runs'],
        ['samara proplets list --json', 'for a program'],
      ],
    }),
    host,
    async (session) => {
      const rows = await list(session.client, PropletPage, '/v1/proplets')
      session.show(rows, () => session.table(columns(session.io.clock.now()), rows))
    },
  )
  showOne(all, host)
  add(all, host)
  provisionBoard(all, host)
  label(all, host)
  act<[string], object>(
    describe(all, 'rm <name>', {
      summary: 'forget a proplet and its token',
      examples: [['samara proplets rm press-4', 'its tasks go elsewhere']],
    }),
    host,
    async (session, _flags, id) => {
      await session.client.remove(path`/v1/proplets/${id}`)
      session.show({ removed: id }, () => `proplet ${id} removed\n`)
    },
  )
}

function showOne(all: Command, host: Host): void {
  const command = describe(all, 'show <name>', {
    summary: 'show one proplet',
    examples: [['samara proplets show press-4', 'formats, memory, slots, labels and devices']],
  })
  act<[string], object>(command, host, async (session, _flags, id) => {
    const one = await session.client.get(PropletView, path`/v1/proplets/${id}`)
    session.show(one, () => card(session, one))
  })
}

type Device = NonNullable<PropletView['devices']>[number]

const deviceColumns: readonly Column<Device>[] = [
  { title: 'DEVICE', of: ({ name }) => name },
  { title: 'KIND', of: ({ kind, direction }) => (direction ? `${kind} ${direction}` : kind) },
  { title: 'CHIP', of: ({ chip }) => chip },
  { title: 'SIMULATED', of: ({ simulated }) => (simulated ? 'yes' : 'no') },
  { title: 'PLACES', of: ({ places }) => places?.join(', ') },
]

function card(session: Session, one: PropletView): string {
  const devices = one.devices?.length ? `\n${session.table(deviceColumns, one.devices)}` : ''
  return `${facts(session, one)}${devices}`
}

const facts = (session: Session, one: PropletView): string =>
  session.details([
    ['proplet', one.id],
    ['heard', one.liveness],
    ['last seen', ago(session.io.clock.now(), one.lastSeenMs)],
    ['software', one.software],
    ['arch', one.arch],
    ['formats', one.formats?.join(', ') || undefined],
    ['slots', one.slots],
    ['running', one.running],
    ['waiting', one.queued],
    ['memory', size(one.memoryBytes)],
    ['labels', pairs(one.labels)],
    ['interfaces', one.interfaces?.join(', ') || undefined],
  ])

function add(all: Command, host: Host): void {
  const command = describe(all, 'add <name>', {
    summary: 'register a proplet, or give one a new token',
    examples: [
      ['samara proplets add press-4', 'prints its token, once'],
      ['samara proplets add press-4 --label line=1,site=hall-3', 'with labels that selectors can ask for'],
    ],
  }).addOption(flag('-l, --label <k=v>', 'label; several times or joined by commas', labels))
  act<[string], { label?: Record<string, string> }>(command, host, async (session, flags, id) => {
    const body = { id, ...(flags.label && { labels: flags.label }) }
    const added = await session.client.post(Registered, '/v1/proplets', body)
    session.show(added, ({ token }) => `${token}\n`)
    if (!session.isJson) session.note(`proplet ${id}: this is its token, and it is not shown again`)
  })
}

function label(all: Command, host: Host): void {
  const command = describe(all, 'label <name> [labels...]', {
    summary: 'set the labels of a proplet, in place of those that were set before',
    more: 'What its own configuration says stays; a label that is set here goes before it.',
    examples: [
      ['samara proplets label press-4 line=2 site=hall-3', 'these two, and no others'],
      ['samara proplets label press-4', 'none'],
    ],
  })
  act<[string, string[]], object>(command, host, async (session, _flags, id, given) => {
    const wanted = given.reduce((before, one) => labels(one, before), {})
    const one = await session.client.patch(PropletView, path`/v1/proplets/${id}`, { labels: wanted })
    session.show(one, () => card(session, one))
  })
}
