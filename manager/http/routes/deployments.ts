import type { DeploymentId, UserId } from '../../../shared/ids.ts'
import type { PageQuery } from '../../store/store.ts'
import { resultView, signatureOf } from '../deployment-results.ts'
import type { ValueOf } from '../described.ts'
import { jsonBody, noContent, type Route, reply, route } from '../route.ts'
import { DeploymentPath, PageParameters, pageInMemory, pageOf, pageQuery } from '../schemas/common.ts'
import {
  DeploymentDetail,
  DeploymentResult,
  DeploymentView,
  deploymentView,
  NewDeploymentBody,
  stateView,
} from '../schemas/deployments.ts'
import type { Services } from '../services.ts'

const DeploymentPage = pageOf(DeploymentView)
const ResultPage = pageOf(DeploymentResult)

export const deploymentRoutes = (services: Services): readonly Route[] => [
  route('GET /v1/deployments', {
    doc: 'Deployments, oldest first.',
    access: 'operator',
    query: PageParameters,
    answers: { 200: { doc: 'A page.', body: DeploymentPage } },
    handle: ({ query }) => {
      const { items, ...rest } = pageInMemory(services.deployments.list(), pageQuery(query))
      return reply(DeploymentPage, {
        items: items.map((one) => deploymentView(one, services.deployments.refusalsOf(one.id))),
        ...rest,
      })
    },
  }),
  route('POST /v1/deployments', {
    doc: 'Keeps a function on every proplet that a selector matches, now and later. The version is pinned.',
    access: 'operator',
    body: jsonBody(NewDeploymentBody),
    answers: { 201: { doc: 'It is kept; Location names it.', body: DeploymentView } },
    errors: ['NOT_FOUND', 'FAILED_PRECONDITION', 'RESOURCE_EXHAUSTED', 'TOO_LARGE'],
    handle: async ({ body, user }) => {
      const record = await services.deployments.add(body, user.id as UserId)
      return reply(DeploymentView, deploymentView(record), 201, { location: `/v1/deployments/${record.id}` })
    },
  }),
  route('GET /v1/deployments/{deployment}', {
    doc: 'A deployment, proplet by proplet.',
    access: 'operator',
    params: DeploymentPath,
    answers: { 200: { doc: 'The deployment.', body: DeploymentDetail } },
    errors: ['NOT_FOUND'],
    handle: async ({ params }) => {
      const { deployment, states, waiting, refused } = await services.deployments.show(params.deployment)
      return reply(DeploymentDetail, {
        ...deploymentView(deployment, services.deployments.refusalsOf(deployment.id)),
        states: states.map(stateView),
        waiting,
        refused: Object.entries(refused).map(([proplet, reason]) => ({ proplet: proplet as never, reason })),
      })
    },
  }),
  route('DELETE /v1/deployments/{deployment}', {
    doc: 'Ends a deployment everywhere.',
    access: 'operator',
    params: DeploymentPath,
    answers: { 204: { doc: 'It is gone.' } },
    errors: ['NOT_FOUND'],
    handle: async ({ params }) => {
      await services.deployments.remove(params.deployment)
      return noContent()
    },
  }),
  route('GET /v1/deployments/{deployment}/results', {
    doc: 'Results of a deployment, newest first.',
    access: 'operator',
    params: DeploymentPath,
    query: PageParameters,
    answers: { 200: { doc: 'A page.', body: ResultPage } },
    errors: ['NOT_FOUND', 'DATA_LOSS'],
    handle: async ({ params, query }) => {
      const page = await results(services, params.deployment, pageQuery(query))
      return reply(ResultPage, page)
    },
  }),
]

async function results(
  { deployments, functions }: Services,
  id: DeploymentId,
  query: PageQuery,
): Promise<ValueOf<typeof ResultPage>> {
  const signature = await signatureOf(functions, deployments.get(id))
  const { items, ...rest } = await deployments.results(id, query)
  return { items: items.map((one) => resultView(one, signature)), ...rest }
}
