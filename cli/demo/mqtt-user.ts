import { randomUUID } from 'node:crypto'
import mqtt from 'mqtt'
import { SamaraError } from '../../shared/errors.ts'
import type { Answer, Submit } from '../../shared/messages/job.ts'
import { DEFAULT_NAMESPACE, topics } from '../../shared/topics.ts'
import type { Io } from '../io.ts'

/** Who one is on a loopback connection that says no name. */
const USER = { user: 'local' }
const PATIENCE_MS = 20_000

/** Submits one job as any MQTT program can: one JSON message to publish, one topic to read. */
export async function overMqtt(io: Io, broker: string, job: Omit<Submit, 'key'>): Promise<Answer> {
  const client = await mqtt.connectAsync(broker, {
    protocolVersion: 4,
    reconnectPeriod: 0,
    connectTimeout: PATIENCE_MS,
  })
  client.stream.on('error', () => undefined)
  const key = randomUUID()
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const late = io.clock.after(PATIENCE_MS, () =>
    reject(new SamaraError('DEADLINE_EXCEEDED', `no answer over MQTT within ${PATIENCE_MS / 1_000} s`)),
  )
  const stop = () => reject(new SamaraError('CANCELLED', 'stopped'))
  io.signal.addEventListener('abort', stop, { once: true })
  client.on('message', (_topic, payload) => {
    const answer = JSON.parse(payload.toString('utf8')) as Answer
    if (answer.key !== key) return
    if (answer.type === 'result') resolve(answer)
    else if (answer.type === 'error')
      reject(new SamaraError(answer.error?.code ?? 'INTERNAL', `${answer.error?.message}`))
  })
  try {
    await client.subscribeAsync(topics.reply.of(DEFAULT_NAMESPACE, USER), { qos: 1 })
    await client.publishAsync(topics.submit.of(DEFAULT_NAMESPACE, USER), JSON.stringify({ key, ...job }), { qos: 1 })
    return await promise
  } finally {
    late()
    io.signal.removeEventListener('abort', stop)
    await client.endAsync(true)
  }
}
