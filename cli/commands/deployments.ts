import type { Command } from 'commander'
import * as v from 'valibot'
import { DeploymentDetails, DeploymentPage, type DeploymentView, ResultPage, ResultView } from '../api.ts'
import { path } from '../client.ts'
import { act, describe, flag, type Host, noun } from '../command.ts'
import { ago, json, span, when } from '../format.ts'
import { grantRows } from '../grants.ts'
import { type EventData, followEvents } from '../log-stream.ts'
import { outcomeText } from '../outcome.ts'
import { list } from '../pages.ts'
import type { Session } from '../session.ts'
import type { Column } from '../table.ts'
import { oneLine } from '../text.ts'
import { integer } from '../values.ts'

type State = DeploymentDetails['states'][number]

const DEFAULT_LIMIT = 50

const trigger = (one: DeploymentView): string => `${occasion(one)}${one.keep ? ', kept' : ''}`

function occasion({ trigger: how, everyMs, device, edge }: DeploymentView): string {
  if (how === 'every') return `every ${span(everyMs)}`
  return how === 'edge' ? `when ${device} ${EDGE_WORDS[edge ?? ''] ?? edge}` : how
}

const EDGE_WORDS: Readonly<Record<string, string>> = { rising: 'rises', falling: 'falls', both: 'changes' }

const columns = (nowMs: number): readonly Column<DeploymentView>[] => [
  { title: 'DEPLOYMENT', of: ({ id }) => id },
  { title: 'FUNCTION', of: (one) => `${one.function}@${one.version ?? '?'}` },
  { title: 'ON', of: ({ selector }) => selector },
  { title: 'RUNS', of: trigger },
  { title: 'REFUSED', of: ({ refusals }) => refusals ?? 0, align: 'right' },
  { title: 'CREATED', of: ({ createdMs }) => ago(nowMs, createdMs) },
]

const stateColumns: readonly Column<State>[] = [
  { title: 'PROPLET', of: ({ proplet }) => proplet },
  { title: 'STATE', of: ({ state }) => state },
  { title: 'RUNS', of: ({ runs }) => runs, align: 'right' },
  { title: 'FAILED', of: ({ failures }) => failures, align: 'right' },
  { title: 'SKIPPED', of: ({ skipped }) => skipped, align: 'right' },
  { title: 'DROPPED', of: ({ dropped }) => dropped, align: 'right' },
  { title: 'REFUSED', of: ({ refusals }) => refusals ?? 0, align: 'right' },
  { title: 'ERROR', of: ({ error }) => error?.message },
]

const resultColumns: readonly Column<ResultView>[] = [
  { title: 'ENDED', of: ({ endedMs }) => when(endedMs) },
  { title: 'PROPLET', of: ({ proplet }) => proplet },
  { title: 'RUN', of: ({ seq }) => seq, align: 'right' },
  { title: 'RAN', of: ({ ranUs }) => span(ranUs === undefined ? undefined : ranUs / 1_000), align: 'right' },
  { title: 'RESULT', of: (one) => resultText(one) },
]

const resultText = (one: ResultView): string => outcomeText(one) ?? json(one.value) ?? one.stdout ?? one.outcome

export function deployments(parent: Command, host: Host): void {
  const all = noun(parent, 'deployments', {
    summary: 'functions that are kept on proplets; `deploy` makes one',
    examples: [
      ['samara deployments list', 'what is kept where'],
      ['samara deployments results DEPLOYMENT --follow', 'what it gives, as it comes'],
    ],
  })
  act(
    describe(all, 'list', { summary: 'list deployments', examples: [['samara deployments list', 'all of them']] }),
    host,
    async (session) => {
      const rows = await list(session.client, DeploymentPage, '/v1/deployments')
      session.show(rows, () => session.table(columns(session.io.clock.now()), rows))
    },
  )
  show(all, host)
  act<[string], object>(
    describe(all, 'rm <deployment>', {
      summary: 'take a function off its proplets',
      examples: [['samara deployments rm DEPLOYMENT', 'a run that is under way is stopped']],
    }),
    host,
    async (session, _flags, id) => {
      await session.client.remove(path`/v1/deployments/${id}`)
      session.show({ removed: id }, () => `deployment ${id} removed\n`)
    },
  )
  results(all, host)
}

function show(all: Command, host: Host): void {
  const command = describe(all, 'show <deployment>', {
    summary: 'show a deployment, and how it stands on each proplet',
    examples: [['samara deployments show DEPLOYMENT', 'counts, last errors, and who refuses it and why']],
  })
  act<[string], object>(command, host, async (session, _flags, id) => {
    const one = await session.client.get(DeploymentDetails, path`/v1/deployments/${id}`)
    session.show(one, () => card(session, one))
  })
}

function card(session: Session, deployment: DeploymentDetails): string {
  const { states, waiting, refused } = deployment
  const head = session.details([
    ['deployment', deployment.id],
    ['function', `${deployment.function}@${deployment.version ?? '?'}`],
    ['on', deployment.selector],
    ['runs', trigger(deployment)],
    ...(deployment.grants ? grantRows('may', deployment.grants) : []),
    ['timeout', span(deployment.timeoutMs)],
    ['throttle', span(deployment.throttleMs)],
    ['buffer', deployment.bufferCount],
    ['created', when(deployment.createdMs)],
    ['waiting', waiting.length > 0 ? waiting.join(', ') : undefined],
  ])
  const reasons = refused.map(({ proplet, reason }) => `not on ${oneLine(`${proplet}: ${reason}`)}\n`)
  return [head, states.length > 0 ? session.table(stateColumns, states) : '', reasons.join('')]
    .filter((part) => part !== '')
    .join('\n')
}

type ResultFlags = { follow?: boolean; limit: number }

function results(all: Command, host: Host): void {
  const command = describe(all, 'results <deployment>', {
    summary: 'show what the runs of a deployment gave, newest first',
    examples: [
      ['samara deployments results DEPLOYMENT', `the newest ${DEFAULT_LIMIT}`],
      ['samara deployments results DEPLOYMENT --follow --json', 'a line of JSON for each as it comes'],
    ],
  })
    .option('-f, --follow', 'show those that come, until stopped')
    .addOption(flag('--limit <n>', 'most rows', integer(1, 100_000)).default(DEFAULT_LIMIT))
  act<[string], ResultFlags>(command, host, async (session, { follow, limit }, id) => {
    const where = path`/v1/deployments/${id}`
    if (follow) {
      await session.client.get(DeploymentDetails, where)
      return followEvents(session, {
        query: { deployment: id, type: 'deployment-result' },
        each: (data) => printResult(session, data),
      })
    }
    const rows = await list(session.client, ResultPage, `${where}/results`, { limit })
    session.show(rows, () => session.table(resultColumns, rows))
    return 0
  })
}

/** A result as it comes. */
function printResult(session: Session, data: EventData): void {
  const found = v.safeParse(ResultView, data)
  if (!found.success) return
  session.line(found.output, (one) => oneLine(`${when(one.endedMs)}  ${one.proplet}  ${one.seq}  ${resultText(one)}`))
}
