import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Aedes, type AedesPublishPacket, type Client, type Subscription } from 'aedes'
import type { Logger } from 'pino'
import { findTopic, type Identity, mayPublish, maySubscribe } from '../../shared/access.ts'
import { SamaraError } from '../../shared/errors.ts'
import { topics } from '../../shared/topics.ts'
import { keepOvertaken } from './overtaken.ts'
import { limitPackets } from './packet-limit.ts'
import type { Transport, TransportEvents } from './transport.ts'

export type BrokerOptions = {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer; readonly ca?: Buffer }
  /** Bytes of the largest packet that a client may send. */
  readonly maxPacketBytes: number
  readonly maxConnections: number
  readonly filters: readonly string[]
  readonly log: Logger
  /** Who this is, or undefined for nobody we know. */
  authenticate(
    username: string | undefined,
    password: string | undefined,
    loopback: boolean,
  ): Promise<Identity | undefined>
}

export type Broker = Transport & {
  readonly port: number
  readonly connections: () => number
  /** Ends the connection of an identity whose token is gone. */
  disconnect(id: string): void
}

/** The way aedes says "bad user name or password". */
const NOT_AUTHORISED = Object.assign(new Error('not authorised'), { returnCode: 4 })

export const AEDES_SETTINGS = {
  // One subscriber that does not read must not hold up the others.
  concurrency: 10_000,
  queueLimit: 1_000,
  drainTimeout: 10_000,
  connectTimeout: 10_000,
  maxClientsIdLength: 128,
  heartbeatInterval: 60_000,
}

/** The embedded broker: MQTT 3.1.1, every identity kept to its own topics, packets bounded. [P-2.3] */
export async function openBroker(options: BrokerOptions, events: TransportEvents): Promise<Broker> {
  const { log } = options
  const identities = new WeakMap<Client, Identity>()
  const aedes = await Aedes.createBroker({
    ...AEDES_SETTINGS,
    authenticate: (client, username, password, done) => {
      void identify(client, username, password?.toString()).then(
        (known) => done(known ? null : (NOT_AUTHORISED as never), known),
        (error: unknown) => {
          log.error({ err: error }, 'authentication failed')
          done(NOT_AUTHORISED as never, false)
        },
      )
    },
    authorizePublish: (client, packet, done) => done(publishError(client, packet)),
    authorizeSubscribe: (client, subscription, done) => done(null, allowed(client, subscription)),
  })

  async function identify(
    client: Client,
    username: string | undefined,
    password: string | undefined,
  ): Promise<boolean> {
    const identity = await options.authenticate(username, password, isLoopback(socketOf(client)?.remoteAddress))
    if (!identity) {
      log.warn({ client: client.id, username }, 'connection refused: unknown name or wrong token')
      return false
    }
    // aedes ends an older connection of the same client id, so nobody may take another proplet's.
    if (identity.kind === 'proplet' && client.id !== identity.id) {
      log.warn({ client: client.id, proplet: identity.id }, 'connection refused: the client id is not the proplet')
      return false
    }
    identities.set(client, identity)
    return true
  }

  function publishError(
    client: Client | null,
    packet: AedesPublishPacket | { topic: string; payload: unknown; retain?: boolean },
  ): Error | null {
    const identity = client ? identities.get(client) : undefined
    if (!identity) return client ? NOT_AUTHORISED : null
    if (!mayPublish(identity, packet.topic)) {
      log.warn({ from: identity.id, topic: packet.topic.slice(0, 200) }, 'publish refused: not a topic of the sender')
      return new Error(`${identity.id} may not publish to ${packet.topic.slice(0, 200)}`)
    }
    // A retained message of the wrong kind would greet every later subscriber.
    packet.retain = findTopic(packet.topic)?.topic.retain ?? false
    return null
  }

  function allowed(client: Client | null, subscription: Subscription): Subscription | null {
    const identity = client ? identities.get(client) : undefined
    if (identity && maySubscribe(identity, subscription.topic)) {
      if (identity.kind === 'user' && subscription.topic.startsWith(topics.reply.of('default', { user: identity.id })))
        // aedes has not yet subscribed when it asks: the next turn is soon enough.
        setImmediate(() => events.listening?.(identity.id))
      return { ...subscription, qos: Math.min(subscription.qos, 1) as 0 | 1 }
    }
    log.warn({ from: identity?.id, filter: subscription.topic.slice(0, 200) }, 'subscription refused')
    return null
  }

  const server = listener(options, (socket) => {
    socket.setNoDelay(true)
    const client = aedes.handle(socket)
    keepOvertaken(client)
    limitPackets(client, options.maxPacketBytes, (lengthBytes) =>
      log.warn({ client: client.id, lengthBytes, maxPacketBytes: options.maxPacketBytes }, 'packet refused: too long'),
    )
  })
  aedes.on('clientError', (client, error) => log.debug({ client: client.id, err: error }, 'client error'))
  aedes.on('connectionError', (client, error) => log.debug({ client: client.id, err: error }, 'connection error'))

  for (const filter of options.filters) {
    await new Promise<void>((resolve) => {
      aedes.subscribe(
        filter,
        (packet, done) => {
          done()
          if (packet.payload.length > 0) events.message(packet.topic, packet.payload as Buffer)
        },
        resolve,
      )
    })
  }
  const port = await listen(server, options)
  queueMicrotask(() => events.up())

  return {
    port,
    ready: true,
    connections: () => aedes.connectedClients,
    publish: (topic, payload, { qos, retain }) =>
      new Promise<void>((resolve, reject) => {
        aedes.publish({ cmd: 'publish', topic, payload: payload as Buffer, qos, retain, dup: false }, (error) =>
          error ? reject(new SamaraError('UNAVAILABLE', `broker: ${error.message}`, { cause: error })) : resolve(),
        )
      }),
    disconnect(id) {
      for (const client of Object.values((aedes as unknown as { clients: Record<string, Client> }).clients))
        if (identities.get(client)?.id === id) client.close()
    },
    close: async () => {
      server.close()
      await new Promise<void>((resolve) => aedes.close(resolve))
    },
  }
}

const socketOf = (client: Client): Socket | undefined => (client as unknown as { conn?: Socket }).conn

export const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && (/^(::ffff:)?127\./.test(address) || address === '::1')

function listener(options: BrokerOptions, connection: (socket: Socket) => void): Server {
  const { tls } = options
  const server = tls
    ? createTlsServer({ ...tls, ...(tls.ca && { requestCert: true }), noDelay: true }, connection)
    : createServer({ noDelay: true }, connection)
  server.maxConnections = options.maxConnections
  return server
}

function listen(server: Server, { host, port }: BrokerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new SamaraError('UNAVAILABLE', `broker: cannot listen on ${host}:${port}: ${error.code}`, { cause: error }),
      ),
    )
    server.listen({ host, port, backlog: 4096 }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}
