import mqtt, { type MqttClient } from 'mqtt'
import type { Answer } from '../../shared/messages/index.ts'

/** Connects as everything here does: MQTT 3.1.1, and no waiting for full packets. */
export async function connect(port: number, username: string): Promise<MqttClient> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username, protocolVersion: 4, keepalive: 0 })
  const stream = client.stream as unknown as { setNoDelay(on: boolean): void }
  stream.setNoDelay(true)
  return client
}

/** What a job asks for, its key left out. */
export type Wanted = { readonly function: string; readonly export: string; readonly args: readonly unknown[] }

export type User = {
  readonly client: MqttClient
  /** Submits a job of one task. Resolves with the time from its publication to its result, in ms. */
  call(wanted: Wanted): Promise<number>
  close(): Promise<void>
}

const USER = 'bench'
const LATE_MS = 60_000
const own = (what: string): string => `samara/1/default/u/${USER}/${what}`

/** A user who submits jobs over MQTT and waits for their results. */
export async function connectUser(port: number): Promise<User> {
  const client = await connect(port, USER)
  const waiting = new Map<string, { resolve: () => void; reject: (error: Error) => void }>()
  const prefix = `${process.pid}-${Date.now().toString(36)}`
  let count = 0
  client.on('message', (_topic, payload) => {
    const answer = JSON.parse(payload.toString()) as Answer
    const one = waiting.get(answer.key ?? '')
    if (!one || (answer.type !== 'result' && answer.type !== 'error')) return
    waiting.delete(answer.key ?? '')
    if (answer.outcome === 'completed') one.resolve()
    else one.reject(new Error(`a call failed: ${payload.toString()}`))
  })
  await client.subscribeAsync(`${own('reply')}/#`, { qos: 1 })
  return {
    client,
    async call(wanted) {
      const key = `${prefix}-${count++}`
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.set(key, { resolve, reject })
      const late = setTimeout(() => reject(new Error(`no result of ${key} within ${LATE_MS} ms`)), LATE_MS)
      const beganMs = performance.now()
      client.publish(own('submit'), JSON.stringify({ key, ...wanted }), { qos: 1 })
      await promise.finally(() => clearTimeout(late))
      return performance.now() - beganMs
    },
    close: () => client.endAsync(true),
  }
}
