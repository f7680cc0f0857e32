import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Clock } from '../shared/clock.ts'
import { SamaraError } from '../shared/errors.ts'
import { interfacesOf } from '../shared/wit/table.ts'
import { createAgent } from './agent.ts'
import type { PropletConfig } from './config.ts'
import type { Hal } from './hal/hal.ts'
import { createHal } from './hal/hardware.ts'
import { loadProfile } from './hal/load-profile.ts'
import { whenThere } from './hal/when-there.ts'
import { createLink } from './mqtt/link.ts'
import type { TlsFiles } from './mqtt/sockets.ts'
import { createJcoRuntime } from './runtime/jco.ts'

export type StartOptions = {
  readonly config: PropletConfig
  readonly clock: Clock
  readonly log: Logger
  readonly software: string
  readonly arch: string
  readonly random: () => number
  readonly freeMemory: () => number
  readonly readFile: (path: string) => Buffer
  /** Ends a wait for what is not there yet. */
  readonly signal?: AbortSignal
}

const MIB = 1024 * 1024
const PAGES_PER_MIB = 16

/** A proplet from its configuration; the answer stops it again. */
export async function startProplet(options: StartOptions): Promise<() => Promise<void>> {
  const { config, clock, log, random } = options
  const token = tokenOf(options)
  const tls = tlsOf(options)
  if (token !== undefined && isRemotePlain(config.broker))
    log.warn({ broker: config.broker }, 'the token travels unencrypted: use mqtts:// beyond this machine')
  const hal = await halOf(options)
  if (!hal) return async () => undefined
  const runtime = createJcoRuntime({
    clock,
    cacheDir: join(config.data, 'prepared'),
    size: config.slots + config.deploymentSlots,
    // What the slots of tasks and deployments let through finds a worker.
    queue: config.slots + config.deploymentSlots,
    kept: config.deploymentSlots + KEPT,
  })
  const agent = createAgent({
    clock,
    log,
    runtime,
    hal,
    random,
    freeMemory: options.freeMemory,
    settings: agentSettings(options),
    openLink: (identity) =>
      createLink({
        ...identity,
        url: config.broker,
        propletId: config.id,
        namespace: config.namespace,
        token,
        tls,
        clock,
        log,
        random,
      }),
  })
  await agent.start()
  return () => agent.stop()
}

/** Undefined where it was stopped before its lab was there. */
async function halOf({ config, clock, log, random, readFile, signal }: StartOptions): Promise<Hal | undefined> {
  const load = () => loadProfile({ ...config, propletId: config.id }, readFile)
  const loaded = await whenThere(load, { clock, log, random, ...(signal && { signal }) })
  if (!loaded) return undefined
  const { profile, virtualTime } = loaded
  if (profile.length > 0) log.info({ devices: profile.map(({ name }) => name) }, 'hardware')
  return await createHal({ profile, virtualTime, interfaces: interfacesOf('linux'), clock, log })
}

/** Kept instances that do not run hold a worker each, and no slot. */
const KEPT = 8

function agentSettings({ config, software, arch }: StartOptions) {
  return {
    propletId: config.id,
    dataDir: config.data,
    labels: config.labels,
    slots: config.slots,
    queue: config.queue,
    deploymentSlots: config.deploymentSlots,
    aliveMs: config.aliveMs,
    memoryPages: config.memoryMib * PAGES_PER_MIB,
    outputBytes: config.outputKib * 1024,
    maxImageBytes: config.maxImageMib * MIB,
    cacheBytes: config.cacheMib * MIB,
    drainMs: config.drainMs,
    software,
    arch,
  }
}

function tokenOf(options: StartOptions): string | undefined {
  const { token, tokenFile } = options.config
  if (token !== undefined && tokenFile !== undefined)
    throw new SamaraError('INVALID_ARGUMENT', 'token-file: token is set too, and only one of them counts', {
      field: 'token-file',
    })
  return token ?? readSetting(options, 'token-file', tokenFile)?.toString('utf8').trim()
}

function tlsOf(options: StartOptions): TlsFiles {
  const { ca, cert, key } = options.config
  if ((cert === undefined) !== (key === undefined))
    throw new SamaraError('INVALID_ARGUMENT', 'cert and key: both or neither are expected', {
      field: cert === undefined ? 'cert' : 'key',
    })
  const files = {
    ca: readSetting(options, 'ca', ca),
    cert: readSetting(options, 'cert', cert),
    key: readSetting(options, 'key', key),
  }
  return {
    ...(files.ca && { ca: files.ca }),
    ...(files.cert && { cert: files.cert }),
    ...(files.key && { key: files.key }),
  }
}

function readSetting(options: StartOptions, setting: string, path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined
  try {
    return options.readFile(path)
  } catch (cause) {
    throw new SamaraError('INVALID_ARGUMENT', `${setting}: ${path} cannot be read: ${(cause as Error).message}`, {
      field: setting,
      cause,
    })
  }
}

const isRemotePlain = (broker: string): boolean => {
  const { protocol, hostname } = new URL(broker)
  return protocol === 'mqtt:' && hostname !== 'localhost' && hostname !== '[::1]' && !hostname.startsWith('127.')
}
