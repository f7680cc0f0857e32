import { randomUUID } from 'node:crypto'
import { SamaraError } from '../../shared/errors.ts'
import { isFinal, type TaskState } from '../../shared/task.ts'
import { SubmittedView, TaskPage, TaskView } from '../api.ts'
import { path } from '../client.ts'
import { delay, type Io } from '../io.ts'
import { until } from '../until.ts'
import type { Stage } from './stage.ts'

const CALLS = 8
/** About a second each on a machine of today. */
const STEPS = 800_000_000
/** What it works before it is killed. */
const WORK_MS = 300
const PATIENCE_MS = 40_000

/** Gives both proplets work, kills one in the middle of it, and waits until the other has done it all. */
export async function failover(
  io: Io,
  stage: Stage,
  say: (text: string) => void,
): Promise<{ killed: string; tasks: readonly string[] }> {
  const batch = Array.from({ length: CALLS }, (_, index) => [STEPS + index])
  const { job } = await stage.client.post(SubmittedView, '/v1/jobs', {
    key: randomUUID(),
    function: 'add',
    export: 'spin',
    batch,
    retries: 3,
  })
  const tasksNow = async () => (await stage.client.get(TaskPage, '/v1/tasks', { query: { job: job.id } })).items
  const killed = await until(io, { what: 'both proplets at work' }, async () => busiest(stage, await tasksNow()))
  await delay(io.clock, WORK_MS, io.signal)
  stage.proplets.get(killed)?.kill('SIGKILL')
  say(`killed proplet ${killed} (SIGKILL) while it had work`)
  const tasks = await until(io, { what: `the work of ${killed} done elsewhere`, patienceMs: PATIENCE_MS }, async () => {
    const all = await tasksNow()
    return all.every(({ state }) => isFinal(state as TaskState)) ? all : undefined
  })
  const ids = tasks.toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0)).map(({ id }) => id)
  await check(stage, killed, ids)
  return { killed, tasks: ids }
}

/** A proplet with running work, once every proplet has some. */
function busiest(stage: Stage, tasks: readonly TaskView[]): string | undefined {
  const running = tasks.filter(({ state }) => state === 'running')
  const counts = [...stage.proplets.keys()].map((name) => ({
    name,
    count: running.filter(({ proplet }) => proplet === name).length,
  }))
  if (counts.some(({ count }) => count === 0)) {
    if (tasks.every(({ state }) => isFinal(state as TaskState)))
      throw new SamaraError('FAILED_PRECONDITION', 'the work was done before both proplets had some')
    return undefined
  }
  return counts.toSorted((a, b) => b.count - a.count)[0]?.name
}

/** All completed, and at least one began on the proplet that is gone. */
async function check(stage: Stage, killed: string, ids: readonly string[]): Promise<void> {
  const tasks = await Promise.all(ids.map((id) => stage.client.get(TaskView, path`/v1/tasks/${id}`)))
  const failed = tasks.find(({ state }) => state !== 'completed')
  if (failed)
    throw new SamaraError(
      'FAILED_PRECONDITION',
      `task ${failed.id}: ${failed.outcome ?? failed.state}: ${failed.error?.message}`,
    )
  const moved = tasks.filter(
    ({ proplet, attempts = [] }) => proplet !== killed && attempts.some((one) => one.proplet === killed),
  )
  if (moved.length === 0) throw new SamaraError('FAILED_PRECONDITION', `no task moved away from ${killed}`)
}
