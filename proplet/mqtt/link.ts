import { MqttClient } from 'mqtt'
import type { Logger } from 'pino'
import type { Clock, Stop } from '../../shared/clock.ts'
import { isSamaraError } from '../../shared/errors.ts'
import type { PropletId } from '../../shared/ids.ts'
import { Gone } from '../../shared/messages/index.ts'
import { topics } from '../../shared/topics.ts'
import { createBackoff } from '../backoff.ts'
import {
  type IncomingName,
  incoming,
  type MessageOf,
  type Outbound,
  type OutgoingName,
  type SendOptions,
} from '../outbound.ts'
import { PacketGuard } from './packet-guard.ts'
import { type BrokerAddress, openSocket, parseBroker, type TlsFiles } from './sockets.ts'

const RECONNECT_MIN_MS = 200
const RECONNECT_MAX_MS = 10_000
/** A connection that held this long has shown that the broker is well; a shorter one keeps the back-off growing. */
const PROVEN_MS = 5_000
const CONNECT_TIMEOUT_MS = 10_000
/** Seconds after which a dead connection is noticed, by both ends, whatever the promised heartbeat. */
const KEEPALIVE_S = 15
/** Wrong messages are counted one by one and logged at most this often: a flood of them is no flood of lines. */
const LOG_EVERY_MS = 1_000

export type LinkOptions = {
  readonly url: string
  readonly propletId: PropletId
  readonly namespace: string
  readonly boot: string
  readonly token?: string | undefined
  readonly tls?: TlsFiles
  /** Largest packet that is received whole. [P-1.6] */
  readonly maxPacket: number
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly newEpoch: () => number
}

export type LinkEvents = {
  /** Connected and subscribed: the session may begin. */
  readonly connected: (epoch: number) => void
  readonly closed: () => void
  readonly message: (delivery: Delivery) => void
}

/** One message of the manager, decoded. */
export type Delivery = { [K in IncomingName]: { readonly name: K; readonly message: MessageOf<K> } }[IncomingName]

export type LinkStats = { readonly connections: number; readonly dropped: number; readonly oversize: number }

export interface Link extends Outbound {
  open(events: LinkEvents): void
  /** Ends the connection politely, so that the broker does not send the will. */
  close(): Promise<void>
  stats(): LinkStats
}

/** A connection to the broker that comes back for ever; each time it has another epoch, in its will too. [P-3.1] */
export function createLink(options: LinkOptions): Link {
  return new MqttLink(options)
}

class MqttLink implements Link {
  readonly #options: LinkOptions
  readonly #address: BrokerAddress
  readonly #byTopic: ReadonlyMap<string, IncomingName>
  readonly #backoff
  #events: LinkEvents | undefined
  #client: MqttClient | undefined
  #up = false
  #stopRetry: Stop | undefined
  #lastLogMs = Number.NEGATIVE_INFINITY
  #connections = 0
  #dropped = 0
  #oversize = 0

  constructor(options: LinkOptions) {
    this.#options = options
    this.#address = parseBroker(options.url)
    this.#backoff = createBackoff({ minMs: RECONNECT_MIN_MS, maxMs: RECONNECT_MAX_MS, random: options.random })
    const names = { proplet: options.propletId }
    this.#byTopic = new Map(incoming.map((name) => [topics[name].of(options.namespace, names), name]))
  }

  open(events: LinkEvents): void {
    this.#events = events
    this.#connect()
  }

  async close(): Promise<void> {
    this.#stopRetry?.()
    this.#events = undefined
    const client = this.#client
    this.#client = undefined
    if (!client) return
    if (this.#up) await new Promise<void>((resolve) => this.#endPolitely(client, resolve))
    else client.end(true)
    this.#up = false
  }

  /** A broker that does not answer must not hold the end of the program. */
  #endPolitely(client: MqttClient, done: () => void): void {
    const stop = this.#options.clock.after(1_000, () => client.stream.destroy())
    client.once('close', () => {
      stop()
      done()
    })
    client.end()
  }

  stats(): LinkStats {
    return { connections: this.#connections, dropped: this.#dropped, oversize: this.#oversize }
  }

  send<K extends OutgoingName>(topic: K, message: MessageOf<K>, options?: SendOptions): boolean {
    return this.sendEncoded(topic, topics[topic].carries.encode(message as never), options)
  }

  sendEncoded(topic: OutgoingName, payload: Buffer, options: SendOptions = {}): boolean {
    const client = this.#client
    if (!client || !this.#up) return false
    const { qos, retain } = topics[topic]
    const done = options.onAcked
    client.publish(
      this.#topic(topic, options),
      payload,
      { qos, retain },
      done ? (error) => done(error ?? undefined) : undefined,
    )
    return true
  }

  #topic(topic: OutgoingName, options: SendOptions): string {
    const names = { proplet: this.#options.propletId, deployment: options.deployment ?? '' }
    return topics[topic].of(this.#options.namespace, names)
  }

  #connect(): void {
    const epoch = this.#options.newEpoch()
    const client = this.#newClient(epoch)
    this.#client = client
    const beganMs = this.#options.clock.monotonic()
    client.on('connect', () => this.#subscribe(client, epoch))
    client.on('message', (topic, payload) => this.#receive(client, topic, payload))
    let reason: string | undefined
    client.on('error', (error) => {
      reason = error.message
    })
    client.once('close', () => this.#closed(client, beganMs, reason))
  }

  #newClient(epoch: number): MqttClient {
    const { propletId, namespace, boot, token } = this.#options
    const will = Gone.encode({ boot, epoch, reason: 'lost' })
    return new MqttClient(() => this.#socket(), {
      protocolVersion: 4,
      clean: true,
      clientId: propletId,
      username: propletId,
      ...(token !== undefined && { password: token }),
      will: {
        topic: topics.gone.of(namespace, { proplet: propletId }),
        payload: will,
        qos: topics.gone.qos,
        retain: topics.gone.retain,
      },
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reschedulePings: false,
      resubscribe: false,
      // Its own reconnect would send the old will again, with an epoch that is over.
      reconnectPeriod: 0,
      timerVariant: 'native',
    })
  }

  #socket(): PacketGuard {
    const { tls = {}, maxPacket } = this.#options
    return new PacketGuard(openSocket(this.#address, tls), {
      maxPacket,
      onOversize: (bytes) => {
        this.#oversize++
        this.#options.log.warn({ bytes, maxPacket }, 'packet is too large and was read to its end')
      },
    })
  }

  /** The own topics before hello. [P-2.4] */
  #subscribe(client: MqttClient, epoch: number): void {
    const filters = Object.fromEntries([...this.#byTopic].map(([topic, name]) => [topic, { qos: topics[name].qos }]))
    client.subscribe(filters, (error, granted) => {
      if (client !== this.#client) return
      const refused = granted?.filter(({ qos }) => (qos as number) > 2)
      if (error || refused?.length) {
        this.#options.log.warn({ err: error, refused }, 'broker refused a subscription')
        client.stream.destroy()
        return
      }
      this.#up = true
      this.#connections++
      this.#events?.connected(epoch)
    })
  }

  #receive(client: MqttClient, topic: string, payload: Buffer): void {
    const name = this.#byTopic.get(topic)
    if (client !== this.#client || !name) return
    try {
      const message = topics[name].carries.decode(payload)
      this.#events?.message({ name, message } as Delivery)
    } catch (error) {
      this.#drop(name, payload, error)
    }
  }

  /** Dropped, logged and counted; the connection stays. [P-1.7] */
  #drop(name: IncomingName, payload: Buffer, error: unknown): void {
    this.#dropped++
    const { clock, log } = this.#options
    // What is no SamaraError is a defect of ours, and rare: every one of them is worth a line.
    if (!isSamaraError(error)) log.error({ err: error, message: name }, 'message could not be handled')
    else if (clock.monotonic() - this.#lastLogMs >= LOG_EVERY_MS) {
      this.#lastLogMs = clock.monotonic()
      log.warn(
        { message: name, bytes: payload.length, dropped: this.#dropped, reason: error.message },
        'wrong message dropped',
      )
    }
  }

  #closed(client: MqttClient, beganMs: number, reason: string | undefined): void {
    client.end(true)
    if (client !== this.#client) return
    this.#client = undefined
    const { clock, log, url } = this.#options
    const wasUp = this.#up
    this.#up = false
    if (wasUp && clock.monotonic() - beganMs >= PROVEN_MS) this.#backoff.reset()
    const retryMs = this.#backoff.next()
    const retry = { broker: url, reason, retryMs: Math.round(retryMs) }
    log.warn(retry, wasUp ? 'connection to the broker lost' : 'no connection to the broker')
    this.#stopRetry = clock.after(retryMs, () => this.#connect())
    if (wasUp) this.#events?.closed()
  }
}
