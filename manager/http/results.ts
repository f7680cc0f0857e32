import { invalid } from '../../shared/errors.ts'
import { Answer } from '../../shared/messages/index.ts'
import type { Jobs } from '../services/tasks/jobs.ts'
import type { JobRecord, PageQuery } from '../store/store.ts'

/** A page of results ends when it has so much: a job may ask for very long values inside its answers. */
const MAX_RESULTS_BYTES = 8 * 1024 * 1024

export type Results = { readonly items: readonly Answer[]; readonly next?: string }

/** Answers of a job's tasks in their order; the cursor is the number of the first. */
export async function resultsOf(jobs: Jobs, job: JobRecord, { limit, cursor }: PageQuery): Promise<Results> {
  const first = cursor === undefined ? 0 : Number(/^r(\d{1,6})$/.exec(cursor)?.[1])
  if (!(first >= 0 && first < Math.max(1, job.tasks)))
    throw invalid('cursor', cursor, 'the `next` of a page of this list')
  const items: Answer[] = []
  let sizeBytes = 0
  let index = -1
  for await (const answer of jobs.answers({ job: job.id }, job.user, 'json')) {
    // The end of a batch is told by its counts.
    if (answer.type === 'summary') continue
    if (++index < first) continue
    if (items.length >= limit || sizeBytes > MAX_RESULTS_BYTES) return { items, next: `r${index}` }
    const { repeated: _, ...own } = answer
    items.push(own)
    sizeBytes += answer.bodyDigest ? 0 : JSON.stringify(Answer.toJson(own)).length
  }
  return { items }
}
