import type { EventStream } from '../event-stream.ts'
import type { Route } from '../route.ts'
import type { Services } from '../services.ts'
import { deploymentRoutes } from './deployments.ts'
import { eventRoutes } from './events.ts'
import { functionRoutes } from './functions.ts'
import { jobRoutes } from './jobs.ts'
import { propletRoutes } from './proplets.ts'
import { systemRoutes } from './system.ts'
import { taskRoutes } from './tasks.ts'
import { userRoutes } from './users.ts'

/** Every route of the API. */
export function allRoutes(services: Services, events: EventStream): readonly Route[] {
  const routes: readonly Route[] = [
    ...systemRoutes(services, describe),
    ...functionRoutes(services),
    ...jobRoutes(services),
    ...taskRoutes(services),
    ...propletRoutes(services),
    ...userRoutes(services),
    ...deploymentRoutes(services),
    ...eventRoutes(events),
  ]
  // Few ask for it, and a start shall be fast.
  async function describe(): Promise<unknown> {
    const { openApi } = await import('../openapi.ts')
    return openApi(routes, services.release.version)
  }
  return routes
}
