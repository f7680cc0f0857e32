import { invalid } from '../../../shared/errors.ts'
import { deploymentLabel, jobLabel, propletName, taskLabel } from '../../../shared/fields.ts'
import { text } from '../../../shared/schema.ts'
import { may, object } from '../described.ts'
import type { EventStream } from '../event-stream.ts'
import { type Route, route } from '../route.ts'

const STREAM = 'text/event-stream'
const types = ['task', 'log', 'proplet', 'deployment', 'deployment-state', 'deployment-result', 'grants'] as const

const EventsQuery = object('query', 'Which events.', {
  type: may(text({ min: 1, max: 128 }), `One or more of ${types.join(', ')}, joined by commas.`),
  task: may(taskLabel, 'Of this task.'),
  job: may(jobLabel, 'Of this job.'),
  proplet: may(propletName, 'Of this proplet.'),
  deployment: may(deploymentLabel, 'Of this deployment.'),
})

export const eventRoutes = (stream: EventStream): readonly Route[] => [
  route('GET /v1/events', {
    doc: 'What happens, as server-sent events with JSON data. Users who are no operators see their own tasks.',
    access: 'user',
    query: EventsQuery,
    headers: {
      'last-event-id':
        'Number of the last event that was seen; what came after it comes first, where it is still known.',
    },
    answers: { 200: { doc: 'The events, until one of both ends it.', body: STREAM } },
    errors: ['RESOURCE_EXHAUSTED'],
    handle: ({ query, viewer, request }) => {
      const { type, ...names } = query
      const filter = { ...names, types: typesOf(type), viewer }
      const headers = { 'content-type': STREAM, 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
      // HEAD has no body that would ever be cancelled.
      if (request.method === 'HEAD') return new Response(null, { headers })
      return new Response(stream.open(filter, lastSeen(request)), { headers })
    },
  }),
]

function typesOf(joined: string | undefined): readonly string[] | undefined {
  const wanted = joined?.split(',')
  const unknown = wanted?.find((one) => !(types as readonly string[]).includes(one))
  if (unknown !== undefined) throw invalid('type', unknown, `one of ${types.join(', ')}`)
  return wanted
}

function lastSeen(request: Request): number | undefined {
  const header = request.headers.get('last-event-id')
  if (header === null || header === '') return undefined
  if (!/^\d{1,16}$/.test(header)) throw invalid('last-event-id', header, 'the id of an event')
  return Number(header)
}
