import { readFileSync } from 'node:fs'
import { SamaraError } from '../../shared/errors.ts'
import { DeploymentView, UploadedView } from '../api.ts'
import { path } from '../client.ts'
import { size, span } from '../format.ts'
import type { Session } from '../session.ts'
import { until } from '../until.ts'
import { startCell } from './cell.ts'
import { type Example, exampleFile, examples } from './examples.ts'
import { failover } from './failover.ts'
import { countsOf, countsText, type Played, rowsOf, rowsText } from './report.ts'
import { onStage, type Stage } from './stage.ts'
import { play, submissions } from './submissions.ts'
import { warmAndCool } from './thermostat.ts'

const PROPLETS = ['edge-1', 'edge-2'] as const
/** Results that every proplet must have sent before one is killed. */
const TICKS = 2

/** The whole demo; 0 when everything came out right. */
export async function runDemo(session: Session): Promise<number> {
  const { io } = session
  const startedMs = io.clock.monotonic()
  const say = (text: string) =>
    session.note(`[${((io.clock.monotonic() - startedMs) / 1_000).toFixed(1).padStart(4)} s] ${text}`)
  say('starting a manager with its broker, and two proplets, each a process of its own')
  const told = await onStage(
    io,
    PROPLETS,
    (stage) => show(session, stage, say),
    (lines) => {
      for (const line of lines) session.note(line)
    },
  )
  session.show(told, () => `\n${rowsText(session, told.rows)}\n${countsText(session, told.deployment)}\n`)
  say(`all came out right, in ${span(io.clock.monotonic() - startedMs)}`)
  return 0
}

async function show(session: Session, stage: Stage, say: (text: string) => void) {
  const { io } = session
  for (const name of Object.keys(examples) as Example[]) say(await uploaded(stage, name))
  const { id } = await stage.client.post(DeploymentView, '/v1/deployments', {
    function: 'ticker',
    selector: '*',
    trigger: 'every',
    everyMs: 1_000,
    keep: true,
  })
  say('deployed ticker on both: every second, in one instance that is kept')
  const played: Played[] = []
  for (const submission of submissions) {
    played.push({ task: await play(io, stage, submission), over: submission.over })
    say(`ran ${submission.function} over ${submission.over}`)
  }
  await until(io, { what: 'results of ticker from both proplets' }, async () => {
    const counts = await countsOf(stage, id)
    return (counts.length === PROPLETS.length && counts.every(({ results }) => results >= TICKS)) || undefined
  })
  const cell = await startCell(io, stage, say)
  await warmAndCool(cell.follows, say)
  const before = await countsOf(stage, id)
  const { killed, tasks } = await failover(io, stage, say)
  for (const task of tasks) played.push({ task, over: 'HTTP' })
  say(`all ${tasks.length} calls completed; the work of ${killed} moved`)
  const told = {
    killed,
    rows: await rowsOf(stage, played),
    deployment: await stillTicking(session, stage, id, { killed, before }),
  }
  stage.manager.kill('SIGKILL')
  say('killed the manager, and the broker with it')
  await warmAndCool(cell.follows, say)
  return told
}

async function uploaded(stage: Stage, name: Example): Promise<string> {
  const { kind, sizeBytes, version } = await stage.client.upload(
    UploadedView,
    path`/v1/functions/${name}`,
    readFileSync(exampleFile(name)),
  )
  return `uploaded ${name}: ${kind}, ${size(sizeBytes)}, version ${version}`
}

type Before = { readonly killed: string; readonly before: Awaited<ReturnType<typeof countsOf>> }

/** The proplet that is left has gone on meanwhile. */
async function stillTicking(session: Session, stage: Stage, id: string, { killed, before }: Before) {
  const then = before.find(({ proplet }) => proplet !== killed)
  if (!then) throw new SamaraError('FAILED_PRECONDITION', `ticker has no results but those of ${killed}`)
  return until(session.io, { what: `ticker going on at ${then.proplet}` }, async () => {
    const counts = await countsOf(stage, id)
    const now = counts.find(({ proplet }) => proplet === then.proplet)
    return now && now.results > then.results ? counts : undefined
  })
}
