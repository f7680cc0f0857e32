import { Transcript } from '../../../shared/documents/transcript.ts'
import { SamaraError } from '../../../shared/errors.ts'
import { MAX_BODY_BYTES } from '../../../shared/fields.ts'
import type { TaskId, UserId } from '../../../shared/ids.ts'
import { isFinal } from '../../../shared/task.ts'
import { object } from '../described.ts'
import { type Route, reply, route } from '../route.ts'
import { pageOf, pageQuery, TaskPath } from '../schemas/common.ts'
import { attemptView, CancelledView, TaskDetail, TaskQuery, TasksQuery, TaskView, taskView } from '../schemas/jobs.ts'
import type { Services } from '../services.ts'

const TaskPage = pageOf(TaskView)
const BYTES = 'application/octet-stream'
const CBOR = 'application/cbor'
const TranscriptView = object(Transcript.name, Transcript.doc, Transcript.fields)

export const taskRoutes = (services: Services): readonly Route[] => [
  route('GET /v1/tasks', {
    doc: 'Tasks, newest first; of oneself, or of all for an operator.',
    access: 'user',
    query: TasksQuery,
    answers: { 200: { doc: 'A page.', body: TaskPage } },
    handle: async ({ query, viewer }) => {
      const { limit, cursor, ...filter } = query
      const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
      const { items, ...rest } = await services.jobs.tasks(
        { ...given, ...(viewer && { user: viewer }) },
        pageQuery({ limit, cursor }),
      )
      return reply(TaskPage, { items: items.map(taskView), ...rest })
    },
  }),
  route('GET /v1/tasks/{task}', {
    doc: 'A task with its attempts and what it gave back.',
    access: 'user',
    params: TaskPath,
    query: TaskQuery,
    answers: { 200: { doc: 'The task.', body: TaskDetail } },
    errors: ['NOT_FOUND', 'DATA_LOSS'],
    handle: ({ params, query, viewer }) => detail(services, params.task, { viewer, full: query.body === 'full' }),
  }),
  route('POST /v1/tasks/{task}/cancel', {
    doc: 'Asks a task to stop; its state says when it has.',
    access: 'user',
    params: TaskPath,
    answers: { 202: { doc: 'It was asked.', body: CancelledView } },
    errors: ['NOT_FOUND', 'FAILED_PRECONDITION', 'UNAVAILABLE'],
    handle: async ({ params, viewer }) =>
      reply(CancelledView, { tasks: await services.jobs.cancel({ task: params.task }, viewer) }, 202),
  }),
  outputRoute(services, 'stdout'),
  outputRoute(services, 'stderr'),
  transcriptRoute(services),
]

async function detail(
  { jobs, functions }: Services,
  id: TaskId,
  { viewer, full }: { viewer: UserId | undefined; full: boolean },
): Promise<Response> {
  const { task, job } = await jobs.task(id, viewer)
  const answer = await jobs.answer(task, full ? { ...job, inlineBytes: MAX_BODY_BYTES } : job, 'json')
  const { value, stdout, stderr, bodyDigest, bodyBytes } = answer
  const attempts = (await jobs.attempts(id)).map(attemptView)
  const { grants } = (await functions.grantsOf(task.grantsDigest && { grants: task.grantsDigest })) ?? {}
  return reply(TaskDetail, { ...taskView(task), attempts, value, stdout, stderr, bodyDigest, bodyBytes, grants })
}

const outputRoute = ({ jobs }: Services, stream: 'stdout' | 'stderr'): Route =>
  route(`GET /v1/tasks/{task}/${stream}`, {
    doc: `What a task wrote to ${stream}, byte for byte.`,
    access: 'user',
    params: TaskPath,
    answers: { 200: { doc: 'The bytes; none where it wrote none.', body: BYTES } },
    errors: ['NOT_FOUND', 'FAILED_PRECONDITION', 'DATA_LOSS'],
    handle: async ({ params, viewer }) => {
      const { task } = await jobs.task(params.task, viewer)
      if (!isFinal(task.state))
        throw new SamaraError('FAILED_PRECONDITION', `task ${task.id}: is ${task.state} and has no output yet`)
      const body = await jobs.body(task)
      const bytes = (body?.[stream] ?? new Uint8Array()) as Uint8Array<ArrayBuffer>
      // What a function wrote shall never be taken for a page.
      return new Response(bytes, { headers: { 'content-type': BYTES, 'x-content-type-options': 'nosniff' } })
    },
  })

const transcriptRoute = ({ jobs }: Services): Route =>
  route('GET /v1/tasks/{task}/transcript', {
    doc: `What a task did on its devices, where its job has \`record\`. Accept ${CBOR} gives the document itself.`,
    access: 'user',
    params: TaskPath,
    answers: { 200: { doc: 'The transcript; bytes are base64 in JSON.', body: TranscriptView, other: CBOR } },
    errors: ['NOT_FOUND', 'DATA_LOSS'],
    handle: async ({ params, viewer, request }) => {
      const { bytes, transcript } = await jobs.transcript(params.task, viewer)
      if (!request.headers.get('accept')?.includes(CBOR)) return reply(TranscriptView, transcript)
      return new Response(bytes as Uint8Array<ArrayBuffer>, {
        headers: { 'content-type': CBOR, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
      })
    },
  })
