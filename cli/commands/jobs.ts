import type { Command } from 'commander'
import { AnswerPage, type AnswerView, anything, JobPage, JobView } from '../api.ts'
import { path } from '../client.ts'
import { act, describe, flag, type Host, noun } from '../command.ts'
import { ago, json, span, when } from '../format.ts'
import { outcomeText } from '../outcome.ts'
import { list } from '../pages.ts'
import type { Column } from '../table.ts'
import { integer } from '../values.ts'

const DEFAULT_LIMIT = 50

const columns = (nowMs: number): readonly Column<JobView>[] => [
  { title: 'JOB', of: ({ id }) => id },
  { title: 'FUNCTION', of: (one) => `${one.function}${one.version === undefined ? '' : `@${one.version}`}` },
  { title: 'TASKS', of: ({ tasks }) => tasks, align: 'right' },
  { title: 'USER', of: ({ user }) => user },
  { title: 'CREATED', of: ({ createdMs }) => ago(nowMs, createdMs) },
]

export const answerColumns: readonly Column<AnswerView>[] = [
  { title: 'CALL', of: ({ index }) => index, align: 'right' },
  { title: 'TASK', of: ({ task }) => task },
  { title: 'OUTCOME', of: (one) => one.outcome ?? one.state },
  { title: 'PROPLET', of: ({ proplet }) => proplet },
  { title: 'TRIES', of: ({ attempt }) => attempt, align: 'right' },
  { title: 'RAN', of: ({ ranUs }) => span(ranUs === undefined ? undefined : ranUs / 1_000), align: 'right' },
  {
    title: 'RESULT',
    of: (one) => (one.type === 'result' ? (outcomeText(one) ?? json(one.value) ?? one.stdout) : undefined),
  },
]

export function jobs(parent: Command, host: Host): void {
  const all = noun(parent, 'jobs', {
    summary: 'submissions, each of one task or many',
    examples: [
      ['samara jobs list', 'the newest'],
      ['samara jobs results JOB', 'what its calls gave'],
    ],
  })
  listed(all, host)
  show(all, host)
  act<[string], object>(
    describe(all, 'cancel <job>', {
      summary: 'stop all tasks of a job',
      examples: [['samara jobs cancel JOB', 'those that have ended stay as they are']],
    }),
    host,
    async (session, _flags, job) => {
      await session.client.post(anything, path`/v1/jobs/${job}/cancel`, {})
      session.show({ cancelling: job }, () => `job ${job} is being stopped\n`)
    },
  )
  results(all, host)
}

function listed(all: Command, host: Host): void {
  const command = describe(all, 'list', {
    summary: 'list jobs, newest first',
    examples: [['samara jobs list --function resize', 'of one function']],
  })
    .option('--function <name>', 'of one function')
    .addOption(flag('--limit <n>', 'most rows', integer(1, 100_000)).default(DEFAULT_LIMIT))
  act<[], { function?: string; limit: number }>(command, host, async (session, { limit, ...query }) => {
    const rows = await list(session.client, JobPage, '/v1/jobs', { query, limit })
    session.show(rows, () => session.table(columns(session.io.clock.now()), rows))
  })
}

function show(all: Command, host: Host): void {
  const command = describe(all, 'show <job>', {
    summary: 'show a job and how many of its tasks stand where',
    examples: [['samara jobs show JOB', 'how far it has come']],
  })
  act<[string], object>(command, host, async (session, _flags, id) => {
    const one = await session.client.get(JobView, path`/v1/jobs/${id}`)
    session.show(one, () =>
      session.details([
        ['job', one.id],
        ['key', one.key],
        ['user', one.user],
        ['function', `${one.function}${one.version === undefined ? '' : `@${one.version}`}`],
        ['export', one.export],
        ['created', when(one.createdMs)],
        ['tasks', one.tasks],
        ...Object.entries(one.counts ?? {}).map(([state, count]) => [`  ${state}`, count] as const),
      ]),
    )
  })
}

function results(all: Command, host: Host): void {
  const command = describe(all, 'results <job>', {
    summary: 'show what the tasks of a job gave',
    examples: [
      ['samara jobs results JOB', 'a row for each call'],
      ['samara jobs results JOB --json', 'whole values and outputs'],
    ],
  })
  act<[string], object>(command, host, async (session, _flags, id) => {
    const rows = await list(session.client, AnswerPage, path`/v1/jobs/${id}/results`)
    session.show(rows, () => session.table(answerColumns, rows))
  })
}
