import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { onTestFinished } from 'vitest'
import { type Carried, type Topic, topics } from '../../shared/topics.ts'
import { noMosquitto } from '../support/mosquitto.ts'
import {
  type BrokerKind,
  createFleet,
  FLEET_USER,
  type Fleet,
  type FleetOptions,
  type Program,
} from '../support/processes.ts'
import { connectUser, tempFolder, type User } from '../support/system.ts'
import { type AgentOptions, agentProgram } from './agent.ts'

/** The C agent in a fleet of its own: a manager and its broker, a user who calls, somebody who hears every message. */

export const AGENT = 'gateway-1'
export const brokers: readonly BrokerKind[] = noMosquitto ? ['embedded'] : ['embedded', 'mosquitto']

export type AgentFleetOptions = Omit<FleetOptions, 'proplets'> &
  Pick<AgentOptions, 'aliveMs' | 'lab' | 'more' | 'under'> & {
    /** Proplets for Linux that the fleet has too; they are not started. */
    readonly beside?: readonly string[]
    /** Where the agent finds the broker, of its port. @default there */
    readonly through?: (port: number) => Promise<number>
    /** Makes the agent. @default the program for Linux */
    readonly make?: (options: AgentOptions) => Promise<Program>
  }

// biome-ignore lint/suspicious/noExplicitAny: tests look where they like
export type Call = (job: object) => Promise<any>

// biome-ignore lint/suspicious/noExplicitAny: tests look where they like
export type Api = (method: string, path: string, body?: object) => Promise<any>

export type AgentFleet = {
  readonly fleet: Fleet
  readonly agent: Program
  /** Its flash. */
  readonly data: string
  readonly user: User
  /** Submits to the agent, and waits for the result or the error. */
  readonly call: Call
  readonly ear: Ear
  /** The manager's HTTP API, and where it is. */
  readonly api: Api
  readonly http: () => string
  /** Resolves when the agent is online on a connection that it does not have now. */
  onlineAgain(): Promise<unknown>
}

export async function startAgentFleet(options: AgentFleetOptions): Promise<AgentFleet> {
  const { beside = [], through, make = agentProgram, aliveMs, lab, more, under, ...rest } = options
  const dir = await tempFolder()
  const fleet = await createFleet({
    ...rest,
    proplets: [AGENT, ...beside],
    users: { [WATCHER]: 'operator', ...rest.users },
  })
  await fleet.broker?.start()
  await fleet.manager.start()
  const tokenFile = join(dir, 'token')
  writeFileSync(tokenFile, fleet.tokens.get(AGENT) ?? '')
  const { port } = new URL(fleet.url)
  const broker = through ? `mqtt://127.0.0.1:${await through(Number(port))}` : fleet.url
  const ear = await listen(fleet)
  const data = join(dir, 'data')
  const given = Object.entries({ aliveMs, lab, more, under }).filter(([, value]) => value !== undefined)
  const agent = await make({ id: AGENT, broker, tokenFile, data, ...Object.fromEntries(given) })
  await agent.start()
  const user = await connectUser(fleet.url, FLEET_USER, fleet.tokens.get(FLEET_USER))
  let jobs = 0
  const call: Call = async (job) => {
    const key = `job-${jobs++}`
    await user.say('submit', { key, proplet: AGENT, ...job })
    return user.answer((one) => one.key === key && (one.type === 'result' || one.type === 'error'))
  }
  const onlineAgain = () => {
    const known = agent.lines().flatMap((line) => /link: (online, epoch \d+)/.exec(line)?.[1] ?? [])
    return agent.says(new RegExp(`link: (?!(?:${known.join('|')})$)online, epoch`))
  }
  const http = () => httpOf(fleet.manager)
  return { fleet, agent, data, user, call, ear, api: (...asked) => api(http(), ...asked), http, onlineAgain }
}

/** It has another port each time that it starts. */
function httpOf(manager: Program): string {
  const ready = manager.lines().findLast((line) => line.includes('"msg":"ready"')) ?? '{}'
  return `${JSON.parse(ready).http}`
}

async function api(http: string, ...[method, path, body]: Parameters<Api>): Promise<unknown> {
  const answer = await fetch(`${http}${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

type Name = keyof typeof topics
type MessageOf<K extends Name> = Carried<(typeof topics)[K]>

/** Every message of the agent's and to it, in the order of the broker. */
export type Ear = {
  all<K extends Name>(name: K): readonly MessageOf<K>[]
  /** The first of this name that is so, of those that came and those that come. */
  heard<K extends Name>(name: K, accept?: (message: MessageOf<K>) => boolean): Promise<MessageOf<K>>
}

const WATCHER = 'watcher'

/** Undefined for what is no message: some tests say such things. */
function decoded({ carries }: Topic, payload: Buffer): unknown {
  try {
    return carries.decode(payload)
  } catch {
    return undefined
  }
}

async function listen(fleet: Fleet): Promise<Ear> {
  const password = fleet.tokens.get(WATCHER) ?? ''
  const client = await mqtt.connectAsync(fleet.url, {
    username: WATCHER,
    password,
    protocolVersion: 4,
    reconnectPeriod: 100,
  })
  client.on('error', () => {})
  onTestFinished(() => client.endAsync(true))
  const messages: { name: Name; message: unknown }[] = []
  const waiting = new Set<() => void>()
  client.on('message', (topic, payload) => {
    for (const [name, one] of Object.entries(topics) as [Name, (typeof topics)[Name]][]) {
      const message = one.match(topic) && decoded(one, payload)
      if (message) messages.push({ name, message })
    }
    for (const look of waiting) look()
  })
  await client.subscribeAsync(`samara/1/default/p/${AGENT}/#`, { qos: 1 })
  const all = <K extends Name>(name: K) =>
    messages.filter((one) => one.name === name).map(({ message }) => message as MessageOf<K>)
  return {
    all,
    heard: (name, accept = () => true) =>
      new Promise((resolve) => {
        const look = () => {
          const found = all(name).find(accept)
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }
}
