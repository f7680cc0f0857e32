import { randomBytes, randomInt } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Clock } from '../shared/clock.ts'
import type { Call } from '../shared/documents/call.ts'
import { basicTriggers, triggers } from '../shared/documents/desired-list.ts'
import { digestToBytes, type PropletId } from '../shared/ids.ts'
import { Pulls } from './blobs/pull.ts'
import { Pushes } from './blobs/push.ts'
import { type BlobStore, createBlobStore } from './blobs/store.ts'
import type { ConnectionState } from './connection.ts'
import { Deployments } from './deployments/deployments.ts'
import { KeptListFile } from './deployments/kept-list.ts'
import { Functions } from './functions/functions.ts'
import type { Hal, HalStats } from './hal/hal.ts'
import { dispatch } from './mqtt/handlers/index.ts'
import type { Link, LinkStats } from './mqtt/link.ts'
import type { Limits, Runtime } from './runtime/runtime.ts'
import { Session } from './session.ts'
import { Slots } from './slots.ts'
import { createJournal } from './tasks/journal.ts'
import { Outbox } from './tasks/outbox.ts'
import { TaskDevices } from './tasks/task-devices.ts'
import { type TaskStats, Tasks } from './tasks/tasks.ts'

export type AgentSettings = {
  readonly propletId: PropletId
  readonly dataDir: string
  readonly labels: Readonly<Record<string, string>>
  readonly slots: number
  readonly queue: number
  readonly deploymentSlots: number
  readonly aliveMs: number
  /** Pages of 64 KiB that one instance may have. */
  readonly memoryPages: number
  /** Standard output and error of one run. */
  readonly outputBytes: number
  readonly maxImageBytes: number
  readonly cacheBytes: number
  /** How long running attempts may go on when the agent stops. */
  readonly drainMs: number
  /** Name and version of this program. */
  readonly software: string
  readonly arch: string
}

export type AgentDeps = {
  readonly settings: AgentSettings
  readonly clock: Clock
  readonly log: Logger
  readonly runtime: Runtime
  /** Closed with the agent. */
  readonly hal: Hal
  /** The link wants to know who is connecting. */
  readonly openLink: (identity: LinkIdentity) => Link
  readonly random: () => number
  /** Bytes that are free for linear memory. */
  readonly freeMemory: () => number
}

export type LinkIdentity = { readonly boot: string; readonly newEpoch: () => number; readonly maxPacket: number }

export type AgentStats = {
  readonly connection: ConnectionState
  readonly link: LinkStats
  readonly tasks: TaskStats
  readonly deployments: number
  readonly runningDeployments: number
  readonly hardware: HalStats
}

export interface Agent {
  readonly boot: string
  /** Resolves when what is on disk runs and the connection is being made: it does not wait for the broker. */
  start(): Promise<void>
  /** Drains, says goodbye, and stops the parts in reverse order. */
  stop(): Promise<void>
  stats(): AgentStats
}

/** Largest packet that is received whole: a chunk of the size that the agent asks for, with room to spare. [P-1.6] */
export const MAX_PACKET_BYTES = 64 * 1024
/** How long the end of the program waits for the manager to acknowledge, and for the broker to take the goodbye. */
const LAST_ACKS_MS = 2_000
const GOODBYE_MS = 1_000
const PAGE_BYTES = 65_536
/** JavaScript heap and tables of one instance; functions that need more are none for this agent. */
const JS_HEAP_MB = 64
const TABLE_ELEMENTS = 65_536
/** Images that a hello names, so that a manager can prefer a proplet that has them. */
const CACHED_NAMED = 16

export function createAgent(deps: AgentDeps): Agent {
  const boot = randomBytes(8).toString('hex')
  const parts = build(deps, boot)
  return {
    boot,
    start: () => start(deps, parts),
    stop: () => stop(deps, parts),
    stats: () => ({
      connection: parts.session.state,
      link: parts.link.stats(),
      tasks: parts.tasks.stats(),
      deployments: parts.deployments.states().length,
      runningDeployments: parts.deployments.running,
      hardware: deps.hal.stats(),
    }),
  }
}

type Built = ReturnType<typeof build>

function build(deps: AgentDeps, boot: string) {
  const { settings, clock, log, runtime, hal, random } = deps
  const store = createBlobStore({ dir: join(settings.dataDir, 'blobs'), maxBytes: settings.cacheBytes, log })
  const link = deps.openLink({ boot, newEpoch: epochs(), maxPacket: MAX_PACKET_BYTES })
  // Asked when the first hello is said, by when every part is there.
  const load = () => ({
    running: tasks.stats().running + deployments.running,
    queued: tasks.stats().waiting,
    freeMemory: deps.freeMemory(),
  })
  const describe = () => description(deps, store)
  const session = new Session({ link, clock, log, boot, aliveMs: settings.aliveMs, describe, load })
  const outbound = session
  const pulls = new Pulls({ outbound, store, clock, log })
  const pushes = new Pushes({ outbound, store, log })
  const functions = new Functions({ runtime, store, pulls, maxImageBytes: settings.maxImageBytes })
  const journal = createJournal({ path: join(settings.dataDir, 'results.journal'), clock, log })
  const outbox = new Outbox({ outbound, clock, log, journal, bodies: pushes })
  const limitsOf = limits(settings)
  const epoch = () => session.epoch
  const devices = new TaskDevices({ pulls, hal, log })
  const runner = { runtime, functions, pulls, devices, slots: new Slots(settings.slots), clock, limitsOf }
  const tasks = new Tasks({ outbound, outbox, runner, clock, log, slots: settings.slots, queue: settings.queue, epoch })
  const file = new KeptListFile({ path: join(settings.dataDir, 'deployments.cbor'), log })
  const share = new Slots(settings.deploymentSlots)
  const shared = { runtime, functions, hal, outbound, clock, log, random, boot, limitsOf }
  const deployments = new Deployments({ ...shared, file, pulls, share, store })
  return { store, link, session, pulls, pushes, journal, outbox, tasks, deployments }
}

async function start({ log, settings }: AgentDeps, parts: Built): Promise<void> {
  const { store, outbox, deployments, session, link, tasks, pulls } = parts
  await store.open()
  await outbox.open()
  await deployments.open()
  session.open({
    connected: () => tasks.connected(),
    welcomed: () => {
      tasks.welcomed()
      pulls.online()
      deployments.welcomed()
    },
    disconnected: () => deployments.disconnected(),
  })
  link.open({
    connected: (epoch) => session.onConnected(epoch),
    closed: () => session.onClosed(),
    message: (delivery) => dispatch(delivery, parts),
  })
  log.info({ proplet: settings.propletId, slots: settings.slots, results: outbox.size }, 'started')
}

async function stop({ clock, log, settings, runtime, hal }: AgentDeps, parts: Built): Promise<void> {
  const { deployments, tasks, outbox, journal, session, link } = parts
  const online = session.drain()
  log.info({ online, ...tasks.stats() }, 'stopping')
  await deployments.close()
  await tasks.drain(online ? settings.drainMs : 0)
  // Before the network is waited for: outputs are safe as soon as nothing runs.
  await hal.close()
  if (online) {
    await within(clock, LAST_ACKS_MS, () => outbox.empty())
    await within(clock, GOODBYE_MS, () => goodbye(parts))
  }
  session.close()
  await link.close()
  outbox.close()
  await journal.close()
  await runtime.close()
  log.info('stopped')
}

/** After the attempts are drained or given back. [P-3.5] */
function goodbye({ session }: Built): Promise<void> {
  return new Promise((resolve) => {
    const gone = { boot: session.boot, epoch: session.epoch, reason: 'leaving' as const }
    if (!session.send('gone', gone, { onAcked: () => resolve() })) resolve()
  })
}

async function within(clock: Clock, ms: number, work: () => Promise<void>): Promise<void> {
  let stopWaiting = () => {}
  const late = new Promise<void>((resolve) => {
    stopWaiting = clock.after(ms, resolve)
  })
  await Promise.race([work(), late])
  stopWaiting()
}

/** Random per connection, and never twice in a row. [P-3.3] */
function epochs(): () => number {
  let last = 0
  return () => {
    const next = randomInt(1, 0xffff_ffff)
    last = next === last ? (next % 0xffff_fffe) + 1 : next
    return last
  }
}

function description({ settings, runtime, hal }: AgentDeps, store: BlobStore) {
  const cached = store.recent(CACHED_NAMED).map((digest) => digestToBytes(digest).subarray(0, 8))
  return {
    software: settings.software,
    arch: settings.arch,
    formats: runtime.formats,
    slots: settings.slots,
    queue: settings.queue,
    maxPacket: MAX_PACKET_BYTES,
    maxImage: settings.maxImageBytes,
    memory: settings.memoryPages * PAGE_BYTES,
    ...(Object.keys(settings.labels).length > 0 && { labels: settings.labels }),
    ...(cached.length > 0 && { cached }),
    ...(hal.interfaces.length > 0 && { interfaces: hal.interfaces }),
    ...(hal.devices.length > 0 && { devices: hal.devices }),
    triggers: triggers.filter((trigger) => !basicTriggers.includes(trigger)),
  }
}

/** A call may ask for less than the proplet gives, never for more. */
const limits =
  (settings: AgentSettings) =>
  (call: Call, timeoutMs: number): Limits => ({
    memoryPages: Math.min(call.memoryPages ?? settings.memoryPages, settings.memoryPages),
    timeoutMs,
    outputBytes: Math.min(call.outputBytes ?? settings.outputBytes, settings.outputBytes),
    jsHeapMb: JS_HEAP_MB,
    tableElements: TABLE_ELEMENTS,
  })
