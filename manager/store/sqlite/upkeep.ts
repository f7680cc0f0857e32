import type { Database } from 'better-sqlite3'
import type { Digest } from '../../../shared/ids.ts'
import { isFinal, type TaskState, taskStates } from '../../../shared/task.ts'
import type { Operations } from './messages.ts'

type Upkeep = Pick<Operations, 'pruneJobs' | 'trimResults' | 'usedBlobs' | 'counts' | 'probe'>
type OldJob = { readonly seq: number; readonly createdMs: number; readonly tasks: number }
type Ended = { readonly open: number; readonly endedMs: number | null }

/** Jobs looked at, and rows removed, in one step: a few ms, so that commits do not wait for long. */
const STEP_JOBS = 200
const STEP_ROWS = 2000

const ACTIVE = taskStates.filter((state) => !isFinal(state)).map((state) => `'${state}'`)

function pruneStatements(db: Database) {
  return {
    oldest: db.prepare<[number, number], OldJob>(
      'SELECT seq, created_ms AS createdMs, tasks FROM jobs WHERE seq > ? ORDER BY seq LIMIT ?',
    ),
    ended: db.prepare<[number], Ended>(`SELECT count(*) - count(finished_ms) AS open, max(finished_ms) AS endedMs
      FROM tasks WHERE job = ?`),
    remove: db.prepare('DELETE FROM jobs WHERE seq = ?'),
    endedJobs: db
      .prepare<[], number>(`SELECT (SELECT count(*) FROM jobs) - count(DISTINCT job) FROM tasks
        WHERE state <> 'completed' AND state IN (${ACTIVE})`)
      .pluck(),
  }
}

/** Walks the jobs, oldest first, until neither age nor number asks for more. */
function pruneJobs(db: Database): Upkeep['pruneJobs'] {
  const sql = pruneStatements(db)
  return (nowMs, retention, after) => {
    const horizonMs = nowMs - retention.jobsMs
    let excess = (sql.endedJobs.get() ?? 0) - retention.jobs
    let rows = 0
    let removed = 0
    let last = after
    const candidates = sql.oldest.all(after, STEP_JOBS)
    for (const job of candidates) {
      if (rows >= STEP_ROWS) break
      last = job.seq
      const ended = sql.ended.get(job.seq)
      if (!ended || ended.open > 0) continue
      if (excess <= 0 && (ended.endedMs ?? 0) >= horizonMs) continue
      sql.remove.run(job.seq)
      rows += job.tasks
      removed++
      excess--
    }
    const looked = candidates.filter(({ seq }) => seq <= last)
    // A job from the future was made before the clock was set back; it says nothing of those behind it.
    const young = looked.every(({ createdMs }) => createdMs >= horizonMs && createdMs <= nowMs)
    const done = looked.length === 0 || (removed === 0 && young && excess <= 0)
    return done ? { removed } : { removed, after: last }
  }
}

function trimResults(db: Database): Upkeep['trimResults'] {
  const all = db.prepare<[], number>('SELECT seq FROM deployments').pluck()
  const newestToGo = db
    .prepare<[number, number], number>(
      'SELECT seq FROM deployment_results WHERE deployment = ? ORDER BY seq DESC LIMIT 1 OFFSET ?',
    )
    .pluck()
  const remove = db.prepare(`DELETE FROM deployment_results WHERE seq IN
    (SELECT seq FROM deployment_results WHERE deployment = ? AND seq <= ? ORDER BY seq LIMIT ?)`)
  return (keep) => {
    let removed = 0
    for (const deployment of all.all()) {
      const upTo = newestToGo.get(deployment, keep)
      if (upTo !== undefined) removed += remove.run(deployment, upTo, STEP_ROWS - removed).changes
      if (removed >= STEP_ROWS) break
    }
    return removed
  }
}

const MANIFESTS = `SELECT manifest FROM versions UNION SELECT manifest FROM jobs
  UNION SELECT manifest FROM deployments UNION SELECT manifest FROM deployment_states`
const BODIES = `SELECT artefact FROM versions
  UNION SELECT call_digest FROM tasks WHERE call_digest IS NOT NULL
  UNION SELECT body_digest FROM tasks WHERE body_digest IS NOT NULL
  UNION SELECT transcript_digest FROM tasks WHERE transcript_digest IS NOT NULL
  UNION SELECT grants_digest FROM tasks WHERE grants_digest IS NOT NULL
  UNION SELECT replay_digest FROM jobs WHERE replay_digest IS NOT NULL
  UNION SELECT grants FROM jobs WHERE grants IS NOT NULL
  UNION SELECT grants FROM versions WHERE grants IS NOT NULL
  UNION SELECT digest FROM desired`

/** Counted over small indexes, never over the table: completed are those that no index of the others has. */
function counts(db: Database): Upkeep['counts'] {
  const others = db.prepare<[], { state: TaskState; tasks: number }>(
    `SELECT state, count(*) AS tasks FROM tasks WHERE state <> 'completed' GROUP BY state`,
  )
  const total = db.prepare<[], number>('SELECT count(*) FROM tasks').pluck()
  const bytes = db.prepare<[], number>('SELECT page_count * page_size FROM pragma_page_count, pragma_page_size').pluck()
  return () => {
    const tasks = Object.fromEntries(others.all().map((row) => [row.state, row.tasks])) as Partial<
      Record<TaskState, number>
    >
    const completed = (total.get() ?? 0) - Object.values(tasks).reduce((sum, one) => sum + one, 0)
    return { tasks: completed > 0 ? { ...tasks, completed } : tasks, bytes: bytes.get() ?? 0 }
  }
}

export function upkeep(db: Database): Upkeep {
  const manifests = db.prepare<[], Digest>(MANIFESTS).pluck()
  const bodies = db.prepare<[], Digest>(BODIES).pluck()
  const probe = db.prepare('UPDATE meta SET probes = probes + 1')
  return {
    pruneJobs: pruneJobs(db),
    trimResults: trimResults(db),
    usedBlobs() {
      const named = manifests.all()
      return { blobs: new Set([...named, ...bodies.all()]), manifests: named }
    },
    counts: counts(db),
    probe() {
      probe.run()
    },
  }
}
