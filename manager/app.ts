import type { Logger } from 'pino'
import type { Clock } from '../shared/clock.ts'
import { userId } from '../shared/ids.ts'
import { DEFAULT_NAMESPACE, type Topic, topics } from '../shared/topics.ts'
import { type Broker, openBroker } from './mqtt/broker.ts'
import { openExternal } from './mqtt/external.ts'
import { createCommands, handleProplets } from './mqtt/handlers/proplets.ts'
import { handleUsers } from './mqtt/handlers/users.ts'
import { createLink } from './mqtt/link.ts'
import type { Transport, TransportEvents } from './mqtt/transport.ts'
import { createBlobFetch } from './services/blobs/fetch.ts'
import { createBlobServer } from './services/blobs/serve.ts'
import { createDeployments } from './services/deployments.ts'
import { createEvents } from './services/events.ts'
import { createFunctions, type Inspector } from './services/functions.ts'
import { createProplets } from './services/proplets.ts'
import { createEngine } from './services/tasks/engine.ts'
import { createJobs, type Jobs } from './services/tasks/jobs.ts'
import { createReplies } from './services/tasks/replies.ts'
import { createSubmit } from './services/tasks/submit.ts'
import { createUsers } from './services/users.ts'
import type { BlobStore, Retention, Store } from './store/store.ts'

export type Tls = { readonly cert: Buffer; readonly key: Buffer; readonly ca?: Buffer }

export type ManagerOptions = {
  readonly store: Store
  readonly blobs: BlobStore
  readonly inspector: Inspector
  readonly clock: Clock
  readonly log: Logger
  readonly leaseMs: number
  readonly retention: Retention
  readonly broker:
    | {
        readonly kind: 'embedded'
        readonly host: string
        readonly port: number
        readonly tls?: Tls
        readonly maxPacketBytes: number
        readonly maxConnections: number
      }
    | {
        readonly kind: 'external'
        readonly url: string
        readonly username?: string
        readonly password?: string
        readonly ca?: Buffer
        readonly cert?: Buffer
        readonly key?: Buffer
      }
}

export type Manager = Awaited<ReturnType<typeof createManager>>

const SWEEP_MS = 500
const PRUNE_MS = 60_000
/** A blob that no row names yet may belong to an upload under way. */
const BLOB_REST_MS = 60 * 60 * 1000

/** Builds, starts and stops the parts of the manager in order. Rejects when a part cannot start. */
export async function createManager(options: ManagerOptions) {
  const { store, blobs, clock, log, leaseMs } = options
  const namespace = DEFAULT_NAMESPACE
  const link = createLink(namespace, log)
  const events = createEvents()
  const fetch = createBlobFetch({ blobs, clock })
  const serve = createBlobServer(blobs)
  const functions = createFunctions({
    ...{ store, blobs, clock, events, log },
    inspector: options.inspector,
    regranted: (...what) => engine.regranted(...what),
  })
  const proplets = createProplets({ store, clock, events, log, leaseMs, changed: (one) => deployments.changed(one) })
  const users = createUsers({ store, clock, proplets })
  const replies = createReplies({
    store,
    clock,
    log,
    publish: (topic, payload) => link.publishRaw(topic, payload),
    jobs: () => jobs,
  })
  const engine = createEngine({
    store,
    proplets,
    commands: createCommands(link, fetch),
    listener: replies,
    events,
    clock,
    log,
    leaseMs,
  })
  const submit = createSubmit({ store, blobs, functions, proplets, engine, clock })
  const jobs: Jobs = createJobs({ store, blobs, functions, engine, events, clock, submit })
  const deployments = createDeployments({
    store,
    blobs,
    functions,
    proplets,
    events,
    clock,
    log,
    publish: (proplet, desired) => link.send(topics.desired, { proplet }, desired),
  })
  handleProplets({ link, proplets, engine, deployments, serve, fetch, log })
  handleUsers({ link, jobs, functions, blobs, serve, fetch, log, namespace })

  await proplets.load()
  await users.load()
  await deployments.load()
  const resumed = await jobs.load(proplets)
  await replies.loadUnconfirmed()
  if (resumed > 0) log.info({ tasks: resumed }, 'tasks of an earlier run go on')

  const transportEvents: TransportEvents = {
    message: link.events.message,
    up() {
      log.info('broker connected and subscribed')
      engine.up()
      deployments.up().catch((error: unknown) => log.error({ err: error }, 'desired state not published'))
      if (options.broker.kind === 'external') void replies.resend(undefined)
    },
    down(reason) {
      log.warn({ reason }, 'broker lost')
      proplets.away()
      engine.down()
    },
    listening: (user) => void replies.resend(userId(user)),
  }
  const transport = await open(transportEvents)
  link.use(transport)

  async function open(to: TransportEvents): Promise<Transport> {
    const filters = (Object.values(topics) as readonly Topic[])
      .filter((topic) => topic.from === 'proplet' || topic.from === 'user')
      .map((topic) => topic.filter(namespace))
    const { broker } = options
    if (broker.kind === 'external') return openExternal({ ...broker, filters, clock, log }, to)
    return openBroker(
      {
        ...broker,
        filters,
        log,
        authenticate: async (name, token, loopback) => users.authenticate(name, token, loopback),
      },
      to,
    )
  }

  async function prune(): Promise<void> {
    try {
      const removed = await store.prune(clock.now(), options.retention)
      if (removed > 0) await sweepBlobs()
    } catch (error) {
      log.error({ err: error }, 'retention')
    }
  }

  /** Images are named by manifests alone; a manifest that cannot be read keeps everything. */
  async function sweepBlobs(): Promise<void> {
    const { blobs: named, manifests } = await store.usedBlobs()
    const used = new Set(named)
    for (const digest of manifests)
      for (const image of (await functions.manifest(digest)).images) used.add(image.digest)
    const swept = await blobs.sweep(used, clock.now() - BLOB_REST_MS)
    if (swept > 0) log.info({ blobs: swept }, 'blobs that nothing names removed')
  }

  let sweptMs = clock.monotonic()
  let excused = false

  /** Where it comes late this manager was the silent one: once, what waits to be heard goes first. */
  function sweep(): void {
    const sinceMs = clock.monotonic() - sweptMs
    sweptMs = clock.monotonic()
    excused = !excused && sinceMs > 2 * SWEEP_MS
    if (excused) return
    proplets.sweep()
    engine.sweep()
  }

  const stops = [clock.every(SWEEP_MS, sweep), clock.every(PRUNE_MS, () => void prune())]

  return {
    namespace,
    store,
    blobs,
    events,
    functions,
    proplets,
    users,
    jobs,
    engine,
    deployments,
    link,
    /** Of the embedded broker. */
    mqttPort: (transport as Partial<Broker>).port,
    connections: () => (transport as Partial<Broker>).connections?.(),
    /** Ends the connection of a proplet or user that was removed. */
    disconnect: (id: string) => (transport as Partial<Broker>).disconnect?.(id),

    /** Whether work can be taken: connected, subscribed, and a commit reaches the disk. */
    async ready(): Promise<{ broker: boolean; store: boolean; detail?: string }> {
      try {
        await store.probe()
        return {
          broker: transport.ready,
          store: true,
          ...(!transport.ready && { detail: 'broker: not connected and subscribed' }),
        }
      } catch (error) {
        return { broker: transport.ready, store: false, detail: error instanceof Error ? error.message : String(error) }
      }
    },

    /** Stops taking messages, then lets what is being committed end. Running attempts keep their leases. */
    async close(): Promise<void> {
      for (const stop of stops) stop()
      engine.down()
      await transport.close()
      fetch.close()
      await store.close()
    },
  }
}
