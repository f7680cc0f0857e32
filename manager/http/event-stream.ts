import type { Clock } from '../../shared/clock.ts'
import { isSamaraError, SamaraError } from '../../shared/errors.ts'
import type { DeploymentId, JobId, PropletId, TaskId, UserId } from '../../shared/ids.ts'
import type { ManagerEvent } from '../services/events.ts'
import { resultView, signatureOf } from './deployment-results.ts'
import { stateView } from './schemas/deployments.ts'
import type { Services } from './services.ts'

/** Events as server-sent events. Each has a number, which a client that comes again names to miss nothing. */

export const HEARTBEAT_MS = 15_000
/** Events that may wait for a client; one that reads slower is dropped, and comes again if it likes. */
const MAX_WAITING = 1_024
/** Events that are kept for clients that come again. */
const KEPT = 1_024
const MAX_CLIENTS = 256
/** Numbers of one run of the manager never reach those of a later one. */
const NUMBERS_PER_MS = 1_000

export type EventFilter = {
  readonly types?: readonly string[] | undefined
  readonly task?: TaskId | undefined
  readonly job?: JobId | undefined
  readonly proplet?: PropletId | undefined
  readonly deployment?: DeploymentId | undefined
  /** Sees own tasks only. */
  readonly viewer?: UserId | undefined
}

type Numbered = { readonly id: number; readonly event: ManagerEvent }
type Client = {
  readonly wants: (event: ManagerEvent) => boolean
  readonly waiting: Numbered[]
  wake: () => void
  gone: boolean
}

export type EventStream = {
  /** Events that `filter` lets through, after the one numbered `after`. */
  open(filter: EventFilter, after: number | undefined): ReadableStream<Uint8Array>
  readonly clients: number
  close(): void
}

const encoder = new TextEncoder()

export function createEventStream(
  services: Pick<Services, 'events' | 'clock' | 'functions' | 'deployments'>,
): EventStream {
  const { clock } = services
  const clients = new Set<Client>()
  const kept: Numbered[] = []
  let id = clock.now() * NUMBERS_PER_MS

  const stop = services.events.watch((event) => {
    const one = { id: ++id, event }
    kept.push(one)
    if (kept.length > KEPT) kept.shift()
    for (const client of clients) if (client.wants(event)) give(client, one)
  })

  function give(client: Client, one: Numbered): void {
    if (client.waiting.length >= MAX_WAITING) client.gone = true
    else client.waiting.push(one)
    client.wake()
  }

  function open(filter: EventFilter, after: number | undefined): ReadableStream<Uint8Array> {
    if (clients.size >= MAX_CLIENTS)
      throw new SamaraError('RESOURCE_EXHAUSTED', `events: ${MAX_CLIENTS} clients are watching, the most there may be`)
    const wants = (event: ManagerEvent) => passes(filter, event)
    const missed = after === undefined ? [] : kept.filter((one) => one.id > after && wants(one.event))
    const client: Client = { wants, waiting: missed, wake: () => {}, gone: false }
    clients.add(client)
    return streamOf(client)
  }

  function streamOf(client: Client): ReadableStream<Uint8Array> {
    const end = () => {
      client.gone = true
      clients.delete(client)
      client.wake()
    }
    return new ReadableStream<Uint8Array>(
      {
        // The head goes out now, so that a watcher knows that it watches.
        start: (controller) => controller.enqueue(encoder.encode(': watching\n\n')),
        async pull(controller) {
          const text = await next(client)
          if (text !== undefined) return controller.enqueue(encoder.encode(text))
          end()
          controller.close()
        },
        cancel: end,
      },
      { highWaterMark: 1 },
    )
  }

  /** The next event as text, a comment when there was none for long, or undefined at the end. */
  async function next(client: Client): Promise<string | undefined> {
    if (client.gone) return undefined
    if (client.waiting.length === 0) await somethingOr(client, clock)
    if (client.gone) return undefined
    const one = client.waiting.shift()
    if (!one) return ': alive\n\n'
    const data = await dataOf(one.event, services)
    return `id: ${one.id}\nevent: ${one.event.type}\ndata: ${JSON.stringify(data)}\n\n`
  }

  return {
    open,
    get clients() {
      return clients.size
    },
    close() {
      stop()
      for (const client of clients) {
        client.gone = true
        client.wake()
      }
    },
  }
}

function somethingOr(client: Client, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = clock.after(HEARTBEAT_MS, resolve)
  client.wake = () => {
    stop()
    resolve()
  }
  return promise
}

function passes({ types, viewer, ...wanted }: EventFilter, event: ManagerEvent): boolean {
  if (types && !types.includes(event.type)) return false
  if (viewer !== undefined && !('user' in event && event.user === viewer)) return false
  const names = namesOf(event)
  return Object.entries(wanted).every(([key, value]) => value === undefined || names[key] === value)
}

function namesOf(event: ManagerEvent): Readonly<Record<string, unknown>> {
  if (event.type === 'deployment-state') return event.state
  if (event.type === 'deployment-result') return event.result
  return event
}

async function dataOf(
  event: ManagerEvent,
  { functions, deployments }: Pick<Services, 'functions' | 'deployments'>,
): Promise<unknown> {
  const { type } = event
  if (type === 'deployment-state') return { type, deployment: event.state.deployment, ...stateView(event.state) }
  if (type !== 'deployment-result') return event
  const { deployment, ...head } = event.result
  try {
    return { type, deployment, ...resultView(event.result, await signatureOf(functions, deployments.get(deployment))) }
  } catch (error) {
    // The deployment was removed while its last results were on their way.
    if (!isSamaraError(error)) throw error
    const { body: _, ...rest } = head
    return { type, deployment, ...rest }
  }
}
