import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { expect, onTestFinished } from 'vitest'
import { createInspector } from '../../manager/modules/inspector.ts'
import { realClock } from '../../shared/clock.ts'
import { Manifest } from '../../shared/documents/manifest.ts'
import type { Result, Start } from '../../shared/messages/index.ts'
import { type TopicName, topics } from '../../shared/topics.ts'
import { MockManager } from '../support/mock-manager.ts'
import type { Program } from '../support/processes.ts'
import { example, tempFolder } from '../support/system.ts'
import { type AgentOptions, agentProgram } from './agent.ts'

/** The C agent at a manager that a test plays. */

export const PROPLET = 'p-1'

/** Publishes on topics of a proplet as its manager would. */
export async function mouth(url: string, proplet: string, login: object = { username: 'evil' }) {
  const client: MqttClient = await mqtt.connectAsync(url, { ...login, protocolVersion: 4, reconnectPeriod: 0 })
  onTestFinished(() => client.endAsync(true))
  return (name: TopicName, payload: Buffer) => {
    const topic = (topics[name] as (typeof topics)['welcome']).of('default', { proplet })
    return client.publishAsync(topic, payload, { qos: 1 })
  }
}

export type Mocked = {
  readonly manager: MockManager
  readonly agent: Program
  readonly say: (name: TopicName, payload: Buffer) => Promise<unknown>
  /** A start of a function that adds. */
  startOf(more?: Partial<Start>): Start
  /** Sends it, and waits for its result. */
  ask(start: Start): Promise<Result>
  acknowledge(start: Start): void
  /** Asks and acknowledges. */
  run(start: Start): Promise<Result>
  /** Fails unless the agent, on the connection that it had from the beginning, does what it should. */
  isWell(): Promise<void>
}

export type MockedOptions = Pick<AgentOptions, 'aliveMs' | 'lab' | 'more' | 'under' | 'variant'> & {
  /** Makes the agent. @default the program for Linux */
  readonly make?: (options: AgentOptions) => Promise<Program>
}

export async function mocked({ make = agentProgram, ...options }: MockedOptions = {}): Promise<Mocked> {
  const manager = await MockManager.open(PROPLET)
  onTestFinished(() => manager.close())
  const data = join(await tempFolder(), 'data')
  const agent = await make({ id: PROPLET, broker: manager.url, data, ...options })
  await agent.start()
  const add = await published(manager, await example('add/add.wasm'))
  const say = await mouth(manager.url, PROPLET)
  const startOf = (more: Partial<Start> = {}): Start => ({ ...manager.start({ args: [2, 3] }), ...add, ...more })
  const ask = async (start: Start) => {
    manager.send('start', start)
    return (await manager.next('result', ({ task }) => task === start.task)).message
  }
  const acknowledge = ({ task, attempt }: Start) => manager.send('ack', { attempts: [{ task, attempt }] })
  const run = async (start: Start) => {
    const result = await ask(start)
    acknowledge(start)
    return result
  }
  return {
    ...{ manager, agent, say, startOf, ask, acknowledge, run },
    async isWell() {
      expect(await run(startOf())).toMatchObject({ outcome: 'completed' })
      expect(manager.all('hello')).toHaveLength(1)
    },
  }
}

/** A function version as the manager would describe it, ready to be pulled; with another image, if need be. */
export async function published(manager: MockManager, module: Uint8Array, image?: Uint8Array) {
  const inspector = createInspector({ clock: realClock })
  onTestFinished(() => inspector.close())
  const { manifest, images } = await inspector.inspect(module)
  const small = manifest.images.find(({ format }) => format === 'lowered-core')
  const served = manager.serve(Buffer.from(image ?? (small && images.get(small.digest)) ?? ''))
  const named = manifest.images.map((one) => (one === small ? { ...one, ...served } : one))
  const described = manager.serve(Manifest.encode({ ...manifest, images: named }))
  return {
    ...{ manifest: described.digest, manifestBytes: described.sizeBytes },
    ...{ image: served.digest, imageBytes: served.sizeBytes },
  }
}
