import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import type { Clock } from '../shared/clock.ts'
import type { UserId } from '../shared/ids.ts'
import { PROTOCOL } from '../shared/topics.ts'
import { createManager, type Manager, type ManagerOptions, type Tls } from './app.ts'
import { type ManagerConfig, readSetting } from './config.ts'
import { isLoopbackHost } from './http/auth.ts'
import { type HttpServer, openHttp } from './http/server.ts'
import type { Services } from './http/services.ts'
import { metricsText, type Usage } from './metrics.ts'
import { createInspector } from './modules/inspector.ts'
import { mosquittoFiles } from './services/broker-config.ts'
import { backup } from './store/backup.ts'
import { openStore, type SqliteStore } from './store/sqlite/open.ts'

export type StartOptions = {
  readonly config: ManagerConfig
  readonly clock: Clock
  readonly log: Logger
  readonly version: string
  readonly readFile: (path: string) => Buffer
  readonly usage: () => Usage
}

/** A manager that runs, with its HTTP API. */
export type Running = {
  readonly manager: Manager
  readonly http: HttpServer
  close(): Promise<void>
}

const HOUR_MS = 3_600_000
const FIRST_OPERATOR = 'operator' as UserId

/** Opens store, broker and HTTP in this order; what was opened is closed again when a later one fails. */
export async function startManager(options: StartOptions): Promise<Running> {
  const { config, clock, log } = options
  const settings = fileSettings(options)
  const store = await openStore({ dir: config.data, clock, log })
  const inspector = createInspector({ clock })
  const stops: (() => Promise<void>)[] = [() => store.close(), () => inspector.close()]
  const close = async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  }
  try {
    const manager = await createManager({
      ...managerOptions(config, settings),
      store,
      blobs: store.blobs,
      inspector,
      clock,
      log,
    })
    // It closes the store itself.
    stops.splice(0, 1, () => manager.close())
    await firstOperator(manager, options)
    const services = servicesOf({ ...options, manager, store, password: settings.brokerPassword })
    const http = await openHttp({ services, host: config.httpHost, port: config.httpPort, tls: settings.tls, log })
    stops.push(() => http.close())
    return { manager, http, close }
  } catch (error) {
    await close()
    throw error
  }
}

type FileSettings = {
  readonly tls: Tls | undefined
  readonly brokerPassword: string | undefined
  readonly brokerTls: { ca?: Buffer; cert?: Buffer; key?: Buffer }
}

function fileSettings({ config, readFile }: StartOptions): FileSettings {
  const read = (key: string, path: string | undefined) =>
    path === undefined ? undefined : readSetting(key, path, readFile)
  const [cert, key, ca] = [
    read('tls-cert', config.tlsCert),
    read('tls-key', config.tlsKey),
    read('tls-ca', config.tlsCa),
  ]
  const own = {
    ca: read('broker-ca', config.brokerCa),
    cert: read('broker-cert', config.brokerCert),
    key: read('broker-key', config.brokerKey),
  }
  return {
    tls: cert && key ? { cert, key, ...(ca && { ca }) } : undefined,
    brokerPassword:
      config.brokerPassword ?? read('broker-password-file', config.brokerPasswordFile)?.toString('utf8').trim(),
    brokerTls: { ...(own.ca && { ca: own.ca }), ...(own.cert && { cert: own.cert }), ...(own.key && { key: own.key }) },
  }
}

function managerOptions(
  config: ManagerConfig,
  files: FileSettings,
): Pick<ManagerOptions, 'leaseMs' | 'retention' | 'broker'> {
  const { tls, brokerPassword: password, brokerTls } = files
  return {
    leaseMs: config.leaseMs,
    retention: {
      jobsMs: config.retainHours * HOUR_MS,
      jobs: config.retainJobs,
      deploymentResults: config.retainResults,
    },
    broker:
      config.broker === undefined
        ? {
            kind: 'embedded',
            host: config.mqttHost,
            port: config.mqttPort,
            ...(tls && { tls }),
            maxPacketBytes: config.maxPacketBytes,
            maxConnections: config.maxConnections,
          }
        : {
            kind: 'external',
            url: config.broker,
            ...(config.brokerUsername !== undefined && { username: config.brokerUsername }),
            ...(password !== undefined && { password }),
            ...brokerTls,
          },
  }
}

/** A listener for everybody asks for a token, and the first one has to come from somewhere. */
async function firstOperator({ users }: Manager, { config, log }: StartOptions): Promise<void> {
  if (isLoopbackHost(config.httpHost) || users.list().length > 0) return
  const { token } = await users.add(FIRST_OPERATOR, 'operator')
  const file = resolve(config.data, 'operator.token')
  await writeFile(file, `${token}\n`, { mode: 0o600 })
  log.warn({ user: FIRST_OPERATOR, file }, 'there was no user: the token of the first operator is in this file')
}

type Parts = StartOptions & {
  readonly manager: Manager
  readonly store: SqliteStore
  readonly password: string | undefined
}

function servicesOf({ manager, store, config, clock, version, usage, password }: Parts): Services {
  const { namespace, functions, proplets, users, jobs, engine, deployments, events, blobs, link } = manager
  const { disconnect, ready, connections } = manager
  return {
    ...{ namespace, functions, proplets, users, jobs, engine, deployments, events, blobs, clock, disconnect, ready },
    release: { version, protocol: PROTOCOL, incarnation: store.incarnation },
    metrics: () => metricsText({ store, proplets, engine, deployments, link, connections, usage }),
    async backup(name) {
      const folder = join(resolve(config.data), 'backups', name)
      await backup(store, folder)
      return folder
    },
    mosquitto: (dir) =>
      mosquittoFiles({
        ...{ proplets, users, namespace, dir, password },
        maxPacketBytes: config.maxPacketBytes,
        username: config.brokerUsername,
      }),
  }
}
