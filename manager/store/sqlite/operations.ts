import type { Database } from 'better-sqlite3'
import { deployments } from './deployments.ts'
import { functions } from './functions.ts'
import { jobs } from './jobs.ts'
import type { Operations } from './messages.ts'
import { proplets } from './proplets.ts'
import { steps } from './steps.ts'
import { tasks } from './tasks.ts'
import { upkeep } from './upkeep.ts'
import { users } from './users.ts'

/** Everything that the store does, on one open database. */
export function operations(db: Database): Operations {
  const step = steps(db)
  const ofJobs = jobs(db, step)
  return {
    ...functions(db),
    ...proplets(db),
    ...users(db),
    ...ofJobs,
    ...tasks(db, ofJobs.job),
    ...deployments(db),
    ...upkeep(db),
    step,
  }
}
