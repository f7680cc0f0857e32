import { notFound, SamaraError } from '../../../shared/errors.ts'
import { jsonBody, noContent, type Route, reply, route } from '../route.ts'
import { PageParameters, PropletPath, pageInMemory, pageOf, pageQuery } from '../schemas/common.ts'
import { LabelsBody, NewPropletBody, PropletView, propletView, RegisteredView } from '../schemas/proplets.ts'
import type { Services } from '../services.ts'

const PropletPage = pageOf(PropletView)

export const propletRoutes = ({ proplets, users, disconnect }: Services): readonly Route[] => [
  route('GET /v1/proplets', {
    doc: 'Proplets, by name.',
    access: 'operator',
    query: PageParameters,
    answers: { 200: { doc: 'A page.', body: PropletPage } },
    handle: ({ query }) => {
      const { items, ...rest } = pageInMemory(proplets.all(), pageQuery(query))
      return reply(PropletPage, { items: items.map(propletView), ...rest })
    },
  }),
  route('POST /v1/proplets', {
    doc: 'Registers a proplet, or gives one that is registered a new token, which ends its connection.',
    access: 'operator',
    body: jsonBody(NewPropletBody),
    answers: {
      200: { doc: 'It has a new token.', body: RegisteredView },
      201: { doc: 'It is registered. The token is shown this once.', body: RegisteredView },
    },
    errors: ['ALREADY_EXISTS'],
    handle: async ({ body }) => {
      // MQTT has one user name for both.
      if (users.has(body.id))
        throw new SamaraError('ALREADY_EXISTS', `proplet ${body.id}: a user has this name`, { field: 'id' })
      const known = proplets.get(body.id) !== undefined
      const { token } = await proplets.add(body.id, body.labels)
      if (known) disconnect(body.id)
      return reply(RegisteredView, { id: body.id, token }, known ? 200 : 201, { location: `/v1/proplets/${body.id}` })
    },
  }),
  route('GET /v1/proplets/{proplet}', {
    doc: 'One proplet.',
    access: 'operator',
    params: PropletPath,
    answers: { 200: { doc: 'The proplet.', body: PropletView } },
    errors: ['NOT_FOUND'],
    handle: ({ params }) => {
      const one = proplets.get(params.proplet)
      if (!one) throw notFound('proplet', params.proplet)
      return reply(PropletView, propletView(one))
    },
  }),
  route('PATCH /v1/proplets/{proplet}', {
    doc: 'Sets the labels of a proplet, in place of those that were set before.',
    access: 'operator',
    params: PropletPath,
    body: jsonBody(LabelsBody),
    answers: { 200: { doc: 'The proplet.', body: PropletView } },
    errors: ['NOT_FOUND'],
    handle: async ({ params, body }) =>
      reply(PropletView, propletView(await proplets.relabel(params.proplet, body.labels))),
  }),
  route('DELETE /v1/proplets/{proplet}', {
    doc: 'Forgets a proplet and its token, and ends its connection. Its tasks go elsewhere when their leases end.',
    access: 'operator',
    params: PropletPath,
    answers: { 204: { doc: 'It is gone.' } },
    errors: ['NOT_FOUND'],
    handle: async ({ params }) => {
      await proplets.remove(params.proplet)
      disconnect(params.proplet)
      return noContent()
    },
  }),
]
