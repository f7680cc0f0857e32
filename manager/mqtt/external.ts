import { connect, type MqttClient } from 'mqtt'
import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import { SamaraError } from '../../shared/errors.ts'
import type { Transport, TransportEvents } from './transport.ts'

export type ExternalOptions = {
  readonly url: string
  readonly username?: string
  readonly password?: string
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
  readonly filters: readonly string[]
  readonly clock: Clock
  readonly log: Logger
}

const RETRY_MS = 1_000

/** Any MQTT 3.1.1 broker. Ready only when connected and subscribed: connected alone hears nothing. */
export function openExternal(options: ExternalOptions, events: TransportEvents): Transport {
  const { log } = options
  let ready = false
  const client: MqttClient = connect(options.url, {
    protocolVersion: 4,
    clean: true,
    clientId: `samara-manager-${process.pid}-${Math.random().toString(36).slice(2, 10)}`,
    reconnectPeriod: RETRY_MS,
    connectTimeout: 10_000,
    keepalive: 15,
    // Subscribing is ours: it must be known to have worked before work is given out.
    resubscribe: false,
    queueQoSZero: false,
    ...(options.username !== undefined && { username: options.username }),
    ...(options.password !== undefined && { password: options.password }),
    ...(options.ca && { ca: options.ca }),
    ...(options.cert && { cert: options.cert }),
    ...(options.key && { key: options.key }),
  })
  client.on('connect', () => {
    noDelay(client)
    void subscribe()
  })
  client.on('message', (topic, payload) => {
    if (payload.length > 0) events.message(topic, payload)
  })
  client.on('close', () => {
    if (ready) events.down('connection closed')
    ready = false
  })
  client.on('error', (error) => log.warn({ err: error }, 'broker connection'))

  async function subscribe(): Promise<void> {
    try {
      await client.subscribeAsync([...options.filters], { qos: 1 })
      ready = true
      events.up()
    } catch (error) {
      log.error({ err: error }, 'broker refused a subscription; trying again')
      options.clock.after(RETRY_MS, () => client.reconnect())
    }
  }

  return {
    get ready() {
      return ready
    },
    async publish(topic, payload, { qos, retain }) {
      if (!ready) throw new SamaraError('UNAVAILABLE', 'broker: not connected')
      await client.publishAsync(topic, Buffer.from(payload.buffer, payload.byteOffset, payload.length), { qos, retain })
    },
    close: () => client.endAsync(true),
  }
}

/** [P-1.1] */
function noDelay(client: MqttClient): void {
  const stream = client.stream as unknown as { setNoDelay?: (on: boolean) => void }
  stream.setNoDelay?.(true)
}
