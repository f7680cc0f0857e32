import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../shared/clock.ts'
import { invalid, SamaraError } from '../../../shared/errors.ts'
import type { JobId, UserId } from '../../../shared/ids.ts'
import type { Submit } from '../../../shared/messages/index.ts'
import { replyTopic } from '../../../shared/topics.ts'
import type { ValueOf } from '../described.ts'
import { resultsOf } from '../results.ts'
import { jsonBody, type Route, reply, route } from '../route.ts'
import { JobPath, MAX_PAGE, PageParameters, pageOf, pageQuery } from '../schemas/common.ts'
import {
  CancelledView,
  JobsQuery,
  JobView,
  jobView,
  MAX_WAIT_MS,
  ResultsPage,
  SubmitBody,
  SubmitQuery,
  SubmittedView,
  taskView,
} from '../schemas/jobs.ts'
import type { Services, User } from '../services.ts'

const JobPage = pageOf(JobView)

export const jobRoutes = (services: Services): readonly Route[] => [
  submitRoute(services),
  route('GET /v1/jobs', {
    doc: 'Jobs, newest first; of oneself, or of all for an operator.',
    access: 'user',
    query: JobsQuery,
    answers: { 200: { doc: 'A page.', body: JobPage } },
    handle: async ({ query, viewer }) => {
      const { function: name, user, ...page } = query
      const whose = viewer ?? user
      if (viewer && user && user !== viewer)
        throw new SamaraError('PERMISSION_DENIED', `user: ${viewer} sees own jobs only`, {
          field: 'user',
          expected: viewer,
        })
      const filter = { ...(whose && { user: whose }), ...(name && { function: name }) }
      const { items, ...rest } = await services.jobs.jobs(filter, pageQuery(page))
      return reply(JobPage, { items: items.map((one) => jobView(one)), ...rest })
    },
  }),
  route('GET /v1/jobs/{job}', {
    doc: 'A job, with its tasks counted by state.',
    access: 'user',
    params: JobPath,
    answers: { 200: { doc: 'The job.', body: JobView } },
    errors: ['NOT_FOUND'],
    handle: async ({ params, viewer }) => {
      const { job, counts } = await services.jobs.job(params.job, viewer)
      return reply(JobView, jobView(job, counts))
    },
  }),
  route('GET /v1/jobs/{job}/results', {
    doc: 'Answers of all tasks of a job, in order. A page ends early where the values are long.',
    access: 'user',
    params: JobPath,
    query: PageParameters,
    answers: { 200: { doc: 'A page.', body: ResultsPage } },
    errors: ['NOT_FOUND', 'DATA_LOSS'],
    handle: async ({ params, query, viewer }) => {
      const { job } = await services.jobs.job(params.job, viewer)
      return reply(ResultsPage, await resultsOf(services.jobs, job, pageQuery({ limit: MAX_PAGE, ...query })))
    },
  }),
  route('POST /v1/jobs/{job}/cancel', {
    doc: 'Asks all tasks of a job to stop; their states say when they have.',
    access: 'user',
    params: JobPath,
    answers: { 202: { doc: 'They were asked.', body: CancelledView } },
    errors: ['NOT_FOUND', 'UNAVAILABLE'],
    handle: async ({ params, viewer }) =>
      reply(CancelledView, { tasks: await services.jobs.cancel({ job: params.job }, viewer) }, 202),
  }),
]

const submitRoute = (services: Services): Route =>
  route('POST /v1/jobs', {
    doc: 'Submits a job. Accepted means durable; the same user and key is the same job.',
    access: 'user',
    query: SubmitQuery,
    headers: { 'idempotency-key': 'The key of the job, in place of the field.' },
    body: jsonBody(SubmitBody),
    answers: {
      200: { doc: 'There was such a job already, or it has ended within the wait.', body: SubmittedView },
      202: { doc: 'It is accepted.', body: SubmittedView },
    },
    errors: ['NOT_FOUND', 'ALREADY_EXISTS', 'FAILED_PRECONDITION', 'UNPLACEABLE', 'RESOURCE_EXHAUSTED', 'UNAVAILABLE'],
    handle: async ({ body, query, user, request, signal }) => {
      if (query.wait !== undefined && query.wait > MAX_WAIT_MS)
        throw invalid('wait', query.wait, `an integer from 0 to ${MAX_WAIT_MS}`)
      const submit = { ...body, key: keyOf(request, body.key) }
      const { job, added } = await services.jobs.submit(submit, origin(services, submit, user))
      const ended = query.wait
        ? await waited(services, job.id, query.wait, AbortSignal.any([signal, request.signal]))
        : false
      const { job: row, counts } = await services.jobs.job(job.id, undefined)
      const tasks = await tasksOf(services, job.id)
      const results = ended ? await resultsOf(services.jobs, job, { limit: MAX_PAGE }) : undefined
      const { items, ...rest } = results ?? {}
      const view = { job: jobView(row, counts), tasks, ...(items && { results: items }), ...rest }
      return reply(SubmittedView, view, ended || !added ? 200 : 202, { location: `/v1/jobs/${job.id}` })
    },
  })

/** RFC drafts quote the header as a string; people do not. */
function keyOf(request: Request, field: string | undefined): string {
  const header = request.headers.get('idempotency-key')?.replace(/^"(.*)"$/, '$1')
  if (header !== undefined && (header === '' || Buffer.byteLength(header) > 64))
    throw invalid('idempotency-key', header, 'a text of 1 to 64 bytes')
  if (header !== undefined && field !== undefined && header !== field)
    throw new SamaraError('INVALID_ARGUMENT', 'submit.key: differs from the header Idempotency-Key', {
      field: 'key',
      expected: 'one of the two, or both the same',
    })
  return header ?? field ?? randomUUID()
}

/** Answers of a job that came by HTTP are asked for, unless it names a topic. */
const origin = ({ namespace }: Services, submit: Submit, { id, role }: User) => ({
  user: id as UserId,
  form: 'json' as const,
  isOperator: role === 'operator',
  ...(submit.reply !== undefined && { reply: replyTopic(namespace, id as UserId, submit.reply) }),
})

async function waited({ jobs, clock }: Services, job: JobId, ms: number, signal: AbortSignal): Promise<boolean> {
  const late = abortAfter(clock, ms)
  try {
    return await jobs.wait(job, AbortSignal.any([signal, late.signal]))
  } finally {
    late.stop()
  }
}

function abortAfter(clock: Clock, ms: number): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, stop: clock.after(ms, () => controller.abort()) }
}

async function tasksOf({ jobs }: Services, job: JobId): Promise<ValueOf<typeof SubmittedView>['tasks']> {
  const { items } = await jobs.tasks({ job }, { limit: 1_000 })
  return [...items].sort((a, b) => a.index - b.index).map(taskView)
}
