import { SamaraError } from '../../../shared/errors.ts'
import { jsonBody, type Route, reply, route } from '../route.ts'
import {
  BackupBody,
  BackupView,
  Health,
  MosquittoQuery,
  MosquittoView,
  Readiness,
  VersionInfo,
} from '../schemas/system.ts'
import type { Services } from '../services.ts'

/** Of the official container image. */
const MOSQUITTO_DIR = '/mosquitto/config'
const METRICS = 'text/plain; version=0.0.4; charset=utf-8'

export const systemRoutes = (services: Services, describe: () => Promise<unknown>): readonly Route[] => [
  route('GET /healthz', {
    doc: 'Answers for as long as the process is alive.',
    access: 'anyone',
    answers: { 200: { doc: 'It is.', body: Health } },
    handle: () => reply(Health, { alive: true }),
  }),
  route('GET /readyz', {
    doc: 'Whether work can be taken: the broker is connected and subscribed, and the store can be written.',
    access: 'user',
    answers: { 200: { doc: 'It can.', body: Readiness } },
    errors: ['UNAVAILABLE'],
    handle: async () => {
      const { broker, store, detail } = await services.ready()
      if (!broker || !store) throw new SamaraError('UNAVAILABLE', detail ?? 'not ready')
      return reply(Readiness, { broker, store })
    },
  }),
  route('GET /metrics', {
    doc: 'State and counters for Prometheus.',
    access: 'user',
    answers: { 200: { doc: 'Metrics.', body: METRICS } },
    handle: async () => new Response(await services.metrics(), { headers: { 'content-type': METRICS } }),
  }),
  route('GET /v1/version', {
    doc: 'Release and protocol.',
    access: 'user',
    answers: { 200: { doc: 'The release.', body: VersionInfo } },
    handle: () => reply(VersionInfo, { name: 'samara', ...services.release }),
  }),
  route('GET /v1/openapi.json', {
    doc: 'This description.',
    access: 'user',
    answers: { 200: { doc: 'OpenAPI 3.1.', body: 'application/json' } },
    handle: async () => Response.json(await describe()),
  }),
  route('POST /v1/backup', {
    doc: 'Writes a backup of everything while the manager runs.',
    access: 'operator',
    body: { ...jsonBody(BackupBody), optional: true },
    answers: { 201: { doc: 'It is written.', body: BackupView } },
    errors: ['FAILED_PRECONDITION', 'RESOURCE_EXHAUSTED', 'UNAVAILABLE'],
    handle: async ({ body }) => {
      const name = body.dir ?? new Date(services.clock.now()).toISOString().replaceAll(':', '-')
      return reply(BackupView, { path: await services.backup(name) }, 201)
    },
  }),
  route('GET /v1/broker/mosquitto', {
    doc: 'Files with which Mosquitto lets in who is registered here, each to its own topics.',
    access: 'operator',
    query: MosquittoQuery,
    answers: { 200: { doc: 'The files.', body: MosquittoView } },
    errors: ['FAILED_PRECONDITION'],
    handle: ({ query }) => reply(MosquittoView, services.mosquitto(query.dir ?? MOSQUITTO_DIR)),
  }),
]
