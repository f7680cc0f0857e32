import type { Command } from 'commander'
import { Transcript } from '../../shared/documents/transcript.ts'
import { taskStates } from '../../shared/task.ts'
import { anything, TaskPage, TaskView } from '../api.ts'
import { busText } from '../bus-text.ts'
import { path } from '../client.ts'
import { act, describe, flag, type Host, noun } from '../command.ts'
import { ago, json, size, span, when } from '../format.ts'
import { grantRows } from '../grants.ts'
import { followLogs } from '../log-stream.ts'
import { outcomeText } from '../outcome.ts'
import { list } from '../pages.ts'
import type { Session } from '../session.ts'
import type { Column } from '../table.ts'
import { manyLines } from '../text.ts'
import { readTranscript } from '../transcript.ts'
import { choice, integer } from '../values.ts'

type Attempt = NonNullable<TaskView['attempts']>[number]

const DEFAULT_LIMIT = 50

export const taskColumns = (nowMs: number): readonly Column<TaskView>[] => [
  { title: 'TASK', of: ({ id }) => id },
  { title: 'FUNCTION', of: (one) => one.function },
  { title: 'STATE', of: ({ state }) => state },
  { title: 'PROPLET', of: ({ proplet }) => proplet },
  { title: 'TRIES', of: ({ attempt }) => attempt, align: 'right' },
  { title: 'RAN', of: ({ ranUs }) => span(ranUs === undefined ? undefined : ranUs / 1_000), align: 'right' },
  { title: 'CREATED', of: ({ createdMs }) => ago(nowMs, createdMs) },
  { title: 'REFUSED', of: ({ refusals }) => refusals ?? 0, align: 'right' },
  { title: 'OUTCOME', of: (one) => outcomeText(one) ?? one.outcome },
]

const attemptColumns: readonly Column<Attempt>[] = [
  { title: 'TRY', of: ({ attempt }) => attempt, align: 'right' },
  { title: 'PROPLET', of: ({ proplet }) => proplet },
  { title: 'PLACED', of: ({ placedMs }) => when(placedMs) },
  {
    title: 'LASTED',
    of: ({ startedMs, endedMs }) =>
      span(startedMs === undefined || endedMs === undefined ? undefined : endedMs - startedMs),
    align: 'right',
  },
  { title: 'OUTCOME', of: (one) => (one.outcome ? (outcomeText(one) ?? one.outcome) : undefined) },
]

export function tasks(parent: Command, host: Host): void {
  const all = noun(parent, 'tasks', {
    summary: 'single runs of functions',
    examples: [
      ['samara tasks list --state running', 'what runs now'],
      ['samara tasks logs TASK --follow', 'what one writes'],
    ],
  })
  listed(all, host)
  show(all, host)
  act<[string], object>(
    describe(all, 'cancel <task>', {
      summary: 'stop a task',
      examples: [['samara tasks cancel TASK', 'it ends where it is; its state says how']],
    }),
    host,
    async (session, _flags, task) => {
      await session.client.post(anything, path`/v1/tasks/${task}/cancel`, {})
      session.show({ cancelling: task }, () => `task ${task} is being stopped\n`)
    },
  )
  logs(all, host)
}

type ListFlags = { state?: string; job?: string; function?: string; proplet?: string; limit: number }

function listed(all: Command, host: Host): void {
  const command = describe(all, 'list', {
    summary: 'list tasks, newest first',
    examples: [
      ['samara tasks list', `the newest ${DEFAULT_LIMIT}`],
      ['samara tasks list --state failed --function resize', 'what went wrong with resize'],
    ],
  })
    .addOption(flag('--state <state>', taskStates.join(', '), choice(taskStates)))
    .option('--job <job>', 'of one job')
    .option('--function <name>', 'of one function')
    .option('-p, --proplet <name>', 'on one proplet')
    .addOption(flag('--limit <n>', 'most rows', integer(1, 100_000)).default(DEFAULT_LIMIT))
  act<[], ListFlags>(command, host, async (session, { limit, ...query }) => {
    const rows = await list(session.client, TaskPage, '/v1/tasks', { query, limit })
    session.show(rows, () => session.table(taskColumns(session.io.clock.now()), rows))
  })
}

function show(all: Command, host: Host): void {
  const command = describe(all, 'show <task>', {
    summary: 'show a task, its attempts and its result',
    examples: [
      ['samara tasks show TASK', 'where it ran, how often, and what it gave'],
      ['samara tasks show TASK --bus', 'and what it did on its devices, where that was recorded'],
    ],
  }).option('--bus', 'show every operation on its devices')
  act<[string], { bus?: boolean }>(command, host, async (session, { bus }, task) => {
    const one = await session.client.get(TaskView, path`/v1/tasks/${task}`, { query: { body: 'full' } })
    if (!bus) return session.show(one, () => card(session, one))
    const transcript = await readTranscript(session, task)
    session.show(
      { ...one, transcript: Transcript.toJson(transcript) },
      () => `${card(session, one)}\n${busText(session, transcript)}`,
    )
  })
}

function card(session: Session, one: TaskView): string {
  const head = session.details([
    ['task', one.id],
    ['job', one.job],
    ['function', one.function],
    ['state', one.state],
    ['outcome', outcomeText(one) ?? one.outcome],
    ['proplet', one.proplet],
    ['created', when(one.createdMs)],
    ['ended', when(one.finishedMs)],
    ['waited', span(one.waitedUs === undefined ? undefined : one.waitedUs / 1_000)],
    ['ran', span(one.ranUs === undefined ? undefined : one.ranUs / 1_000)],
    ...(one.grants ? grantRows('might', one.grants) : []),
    ['refused', one.refusals ? `${one.refusals} operations, by its grants` : undefined],
    ['transcript', one.transcriptBytes && `${size(one.transcriptBytes)}; see --bus`],
    ['result', json(one.value)],
  ])
  return one.attempts?.length ? `${head}\n${session.table(attemptColumns, one.attempts)}` : head
}

type LogFlags = { follow?: boolean; stderr?: boolean }

function logs(all: Command, host: Host): void {
  const command = describe(all, 'logs <task>', {
    summary: 'show what a task writes',
    examples: [
      ['samara tasks logs TASK', 'its standard output and error, once it has ended'],
      ['samara tasks logs TASK --follow', 'line by line until it ends'],
      ['samara tasks logs TASK --stderr', 'its standard error alone'],
    ],
  })
    .option('-f, --follow', 'go on until it ends')
    .option('--stderr', 'standard error alone')
  act<[string], LogFlags>(command, host, async (session, flags, task) => {
    if (flags.follow) return followLogs(session, task)
    const streams = flags.stderr ? (['stderr'] as const) : (['stdout', 'stderr'] as const)
    const texts = await Promise.all(streams.map((stream) => session.client.bytes(path`/v1/tasks/${task}/${stream}`)))
    const found = Object.fromEntries(streams.map((stream, at) => [stream, texts[at]?.toString('utf8') ?? '']))
    const { isTTY } = session.io.out
    session.show(found, () =>
      Object.values(found)
        .map((text) => (isTTY ? manyLines(text) : text))
        .join(''),
    )
    return 0
  })
}
