import { jsonBody, noContent, type Route, reply, route } from '../route.ts'
import { PageParameters, pageInMemory, pageOf, pageQuery, UserPath } from '../schemas/common.ts'
import { NewUserBody, RegisteredView, UserView, userView } from '../schemas/proplets.ts'
import type { Services } from '../services.ts'

const UserPage = pageOf(UserView)

export const userRoutes = ({ users, disconnect }: Services): readonly Route[] => [
  route('GET /v1/users', {
    doc: 'Users, by name.',
    access: 'operator',
    query: PageParameters,
    answers: { 200: { doc: 'A page.', body: UserPage } },
    handle: ({ query }) => {
      const { items, ...rest } = pageInMemory(users.list(), pageQuery(query))
      return reply(UserPage, { items: items.map(userView), ...rest })
    },
  }),
  route('POST /v1/users', {
    doc: 'Adds a user, or gives one a new token and role, which ends its connections.',
    access: 'operator',
    body: jsonBody(NewUserBody),
    answers: {
      200: { doc: 'It has a new token.', body: RegisteredView },
      201: { doc: 'It is added. The token is shown this once.', body: RegisteredView },
    },
    errors: ['ALREADY_EXISTS'],
    handle: async ({ body }) => {
      const known = users.has(body.id)
      const { token } = await users.add(body.id, body.role ?? 'user')
      if (known) disconnect(body.id)
      return reply(RegisteredView, { id: body.id, token }, known ? 200 : 201)
    },
  }),
  route('DELETE /v1/users/{user}', {
    doc: 'Removes a user and its token, and ends its connections. Its jobs go on.',
    access: 'operator',
    params: UserPath,
    answers: { 204: { doc: 'It is gone.' } },
    errors: ['NOT_FOUND'],
    handle: async ({ params }) => {
      await users.remove(params.user)
      disconnect(params.user)
      return noContent()
    },
  }),
]
