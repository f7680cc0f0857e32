import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { onTestFinished } from 'vitest'
import { createManager, type Manager, type ManagerOptions } from '../../manager/app.ts'
import { createInspector } from '../../manager/modules/inspector.ts'
import { openStore } from '../../manager/store/sqlite/open.ts'
import { type Agent, createAgent } from '../../proplet/agent.ts'
import { createHal, type HalOptions } from '../../proplet/hal/hardware.ts'
import { createLink } from '../../proplet/mqtt/link.ts'
import { createJcoRuntime } from '../../proplet/runtime/jco.ts'
import { realClock } from '../../shared/clock.ts'
import { type FunctionName, propletId, type UserId } from '../../shared/ids.ts'
import { type Answer, Answer as AnswerMessage } from '../../shared/messages/index.ts'
import { topics } from '../../shared/topics.ts'
import { interfacesOf } from '../../shared/wit/table.ts'
import { quiet } from './quiet.ts'

/** The whole way through the system in one process, over the real broker, store, inspector and runtime. */
export type System = {
  readonly manager: Manager
  readonly dir: string
  readonly port: number
  /** Registers a proplet and starts its agent. */
  proplet(id: string, options?: PropletOptions): Promise<Agent>
  /** A user's connection, already listening for answers. */
  user(name?: string): Promise<User>
  /** Uploads an example as a function of this name. */
  upload(name: string, file: string): Promise<void>
}

export type PropletOptions = {
  readonly slots?: number
  readonly labels?: Record<string, string>
  readonly aliveMs?: number
  /** Its profile, and whose drivers; no devices where it is left out. */
  readonly hardware?: Partial<HalOptions>
}

export type User = {
  readonly client: MqttClient
  /** Publishes to a topic of the user's own. */
  say(what: string, body: unknown): Promise<void>
  /** Waits for the first answer that matches, among those that came and those that come. */
  answer(match: Partial<Answer> | ((answer: Answer) => boolean)): Promise<Answer>
  readonly answers: Answer[]
}

export const example = (file: string): Promise<Buffer> => readFile(new URL(`../../examples/${file}`, import.meta.url))

export async function tempFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'samara-e2e-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

export async function startSystem(
  options: { dir?: string; port?: number; leaseMs?: number; broker?: ManagerOptions['broker'] } = {},
): Promise<System> {
  const dir = options.dir ?? (await tempFolder())
  const store = await openStore({ dir: join(dir, 'manager'), clock: realClock })
  const inspector = createInspector({ clock: realClock })
  const manager = await createManager({
    store,
    blobs: store.blobs,
    inspector,
    clock: realClock,
    log: quiet,
    leaseMs: options.leaseMs ?? 5_000,
    retention: { jobsMs: 86_400_000, jobs: 100_000, deploymentResults: 1_000 },
    broker: options.broker ?? {
      kind: 'embedded',
      host: '127.0.0.1',
      port: options.port ?? 0,
      maxPacketBytes: 1_200_000,
      maxConnections: 1_000,
    },
  })
  onTestFinished(() => manager.close().catch(() => {}))
  const port = manager.mqttPort ?? 0
  const url = options.broker?.kind === 'external' ? options.broker.url : `mqtt://127.0.0.1:${port}`

  return {
    manager,
    dir,
    port,
    proplet: async (id, settings = {}) => {
      const { token } = await manager.proplets.add(propletId(id), settings.labels)
      const hal = await createHal({
        profile: [],
        virtualTime: false,
        interfaces: interfacesOf('linux'),
        clock: realClock,
        log: quiet,
        guard: false,
        ...settings.hardware,
      })
      const agent = createAgent({
        settings: {
          propletId: propletId(id),
          dataDir: join(dir, id),
          labels: {},
          slots: settings.slots ?? 2,
          queue: 64,
          deploymentSlots: 2,
          aliveMs: settings.aliveMs ?? 1_000,
          memoryPages: 1_024,
          outputBytes: 1 << 20,
          maxImageBytes: 64 << 20,
          cacheBytes: 256 << 20,
          drainMs: 0,
          software: 'samara test',
          arch: process.arch,
        },
        clock: realClock,
        log: quiet,
        runtime: createJcoRuntime({
          clock: realClock,
          cacheDir: join(dir, `${id}-prepared`),
          size: settings.slots ?? 2,
        }),
        hal,
        random: Math.random,
        freeMemory: () => 1 << 30,
        openLink: (identity) =>
          createLink({
            ...identity,
            url,
            token,
            propletId: propletId(id),
            namespace: 'default',
            clock: realClock,
            log: quiet,
            random: Math.random,
          }),
      })
      onTestFinished(() => agent.stop())
      const online = new Promise<void>((resolve) => {
        const stop = manager.events.watch((event) => {
          if (event.type !== 'proplet' || event.proplet !== id || event.liveness !== 'on-time') return
          stop()
          resolve()
        })
      })
      await agent.start()
      await online
      return agent
    },
    user: (name = 'ann') => connectUser(url, name),
    upload: async (name, file) => {
      await manager.functions.add(name as FunctionName, await example(file), { user: 'local' as UserId })
    },
  }
}

/** `token` is what a broker that is not the manager's asks for. */
export async function connectUser(url: string, name: string, token?: string): Promise<User> {
  const client = await mqtt.connectAsync(url, {
    username: name,
    protocolVersion: 4,
    reconnectPeriod: 100,
    ...(token !== undefined && { password: token }),
  })
  client.stream.on('error', () => {})
  onTestFinished(() => client.endAsync(true))
  const answers: Answer[] = []
  const waiting = new Set<() => void>()
  const replies = topics.reply.of('default', { user: name })
  client.on('message', (topic, payload) => {
    if (!topic.startsWith(replies)) return
    answers.push(payload[0] === 0x7b ? (JSON.parse(payload.toString()) as Answer) : AnswerMessage.decode(payload))
    for (const wake of waiting) wake()
  })
  await client.subscribeAsync(`${replies}/#`, { qos: 1 })
  return {
    client,
    answers,
    say: async (what, body) => {
      await client.publishAsync(
        `samara/1/default/u/${name}/${what}`,
        typeof body === 'string' ? body : JSON.stringify(body),
        { qos: 1 },
      )
    },
    answer: (match) =>
      new Promise((resolve) => {
        const fits =
          typeof match === 'function'
            ? match
            : (answer: Answer) =>
                Object.entries(match).every(([key, value]) => (answer as Record<string, unknown>)[key] === value)
        const look = () => {
          const found = answers.find(fits)
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }
}
