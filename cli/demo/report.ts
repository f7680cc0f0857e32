import { DeploymentDetails, FunctionVersionView, ResultPage, TaskView } from '../api.ts'
import { path } from '../client.ts'
import { json, span } from '../format.ts'
import { list } from '../pages.ts'
import type { Session } from '../session.ts'
import type { Stage } from './stage.ts'

/** A task, and how it was submitted. */
export type Played = { readonly task: string; readonly over: string }

export type Row = {
  readonly task: string
  readonly function: string
  readonly kind: string
  readonly over: string
  /** One for each attempt, in order. */
  readonly proplets: readonly string[]
  readonly attempts: number
  readonly result: string
  readonly latencyMs: number
}

export type DeploymentCount = { readonly proplet: string; readonly results: number; readonly last: string }

export async function rowsOf(stage: Stage, played: readonly Played[]): Promise<readonly Row[]> {
  const kinds = new Map<string, string>()
  const kindOf = async (name: string): Promise<string> => {
    const known = kinds.get(name)
    if (known !== undefined) return known
    const { kind } = await stage.client.get(FunctionVersionView, path`/v1/functions/${name}/versions/latest`)
    kinds.set(name, kind)
    return kind
  }
  const rows: Row[] = []
  for (const { task, over } of played) {
    const one = await stage.client.get(TaskView, path`/v1/tasks/${task}`)
    rows.push({
      task,
      function: one.function,
      kind: await kindOf(one.function),
      over,
      proplets: (one.attempts ?? []).map(({ proplet }) => proplet),
      attempts: one.attempts?.length ?? 0,
      result: one.stdout?.trimEnd() ?? json(one.value) ?? '',
      latencyMs: (one.finishedMs ?? 0) - (one.createdMs ?? 0),
    })
  }
  return rows
}

/** How many results each proplet has sent. */
export async function countsOf(stage: Stage, deployment: string): Promise<readonly DeploymentCount[]> {
  const results = await list(stage.client, ResultPage, path`/v1/deployments/${deployment}/results`)
  const { states } = await stage.client.get(DeploymentDetails, path`/v1/deployments/${deployment}`)
  return states.map(({ proplet }) => {
    const own = results.filter((one) => one.proplet === proplet)
    return { proplet, results: own.length, last: json(own[0]?.value) ?? '-' }
  })
}

export const rowsText = (session: Session, rows: readonly Row[]): string =>
  session.table<Row>(
    [
      { title: 'TASK', of: ({ task }) => `…${task.slice(-6)}` },
      { title: 'FUNCTION', of: (row) => row.function },
      { title: 'KIND', of: ({ kind }) => kind },
      { title: 'OVER', of: ({ over }) => over },
      { title: 'PROPLETS', of: ({ proplets }) => proplets.join(' → ') },
      { title: 'TRIES', of: ({ attempts }) => attempts, align: 'right' },
      { title: 'LATENCY', of: ({ latencyMs }) => span(latencyMs), align: 'right' },
      { title: 'RESULT', of: ({ result }) => result },
    ],
    rows,
  )

export const countsText = (session: Session, counts: readonly DeploymentCount[]): string =>
  session.table<DeploymentCount>(
    [
      { title: 'TICKER ON', of: ({ proplet }) => proplet },
      { title: 'RESULTS', of: ({ results }) => results, align: 'right' },
      { title: 'LAST COUNT', of: ({ last }) => last, align: 'right' },
    ],
    counts,
  )
