import type { Logger } from 'pino'
import { findTopic } from '../../shared/access.ts'
import { isSamaraError } from '../../shared/errors.ts'
import { tryDecode } from '../../shared/schema.ts'
import type { Carried, Topic } from '../../shared/topics.ts'
import type { Transport, TransportEvents } from './transport.ts'

type Names<T extends Topic> = Parameters<T['of']>[1]
type Handler = (message: never, names: Record<string, string>) => void
type RawHandler = (payload: Uint8Array, names: Record<string, string>, topic: string) => void

export type Link = {
  /** Sends a message; a failure is logged, since whoever waits for an answer asks again. */
  send<T extends Topic>(topic: T, names: Names<T>, message: Carried<T>): void
  /** As `send`, and rejects when the broker does not take it. */
  publish<T extends Topic>(topic: T, names: Names<T>, message: Carried<T>): Promise<void>
  publishRaw(topic: string, payload: Uint8Array, retain?: boolean): void
  readonly ready: boolean
  readonly sentBytes: number
  readonly received: ReadonlyMap<string, number>
  readonly refused: number
}

export type Handlers = {
  /** Decoded and checked. */
  on<T extends Topic>(topic: T, handler: (message: Carried<T>, names: { namespace: string } & Names<T>) => void): void
  /** Bytes, for messages that come as JSON or CBOR. */
  raw(topic: Topic, handler: RawHandler): void
}

/** Typed messages over a transport. One dispatch: a wrong message is counted and dropped. [P-1.7] */
export function createLink(
  namespace: string,
  log: Logger,
): Link & Handlers & { readonly events: Pick<TransportEvents, 'message'>; use(transport: Transport): void } {
  const handlers = new Map<Topic, { typed?: Handler; raw?: RawHandler }>()
  const received = new Map<string, number>()
  let transport: Transport | undefined
  let sentBytes = 0
  let refused = 0

  async function publish(name: string, payload: Uint8Array, qos: 0 | 1, retain: boolean): Promise<void> {
    sentBytes += payload.length
    await transport?.publish(name, payload, { qos, retain })
  }

  function message(name: string, payload: Uint8Array): void {
    const found = findTopic(name)
    const handler = found && handlers.get(found.topic)
    if (!found || !handler) return
    received.set(found.topic.carries.name, (received.get(found.topic.carries.name) ?? 0) + 1)
    try {
      if (handler.raw) return handler.raw(payload, found.names, name)
      const decoded = tryDecode(found.topic.carries as never, payload)
      if (isSamaraError(decoded)) return refuse(name, decoded)
      handler.typed?.(decoded as never, found.names)
    } catch (error) {
      refuse(name, error)
    }
  }

  function refuse(name: string, error: unknown): void {
    refused++
    log.warn({ topic: name, err: error instanceof Error ? error.message : error }, 'message dropped')
  }

  const link: Link = {
    send(topic, names, body) {
      link
        .publish(topic, names, body)
        .catch((error: unknown) => log.warn({ err: error, topic: topic.template }, 'not sent'))
    },
    publish: (topic, names, body) =>
      publish(
        (topic.of as (n: string, names: unknown) => string)(namespace, names),
        topic.carries.encode(body),
        topic.qos,
        topic.retain,
      ),
    publishRaw(topic, payload, retain = false) {
      publish(topic, payload, 1, retain).catch((error: unknown) => log.warn({ err: error, topic }, 'not sent'))
    },
    get ready() {
      return transport?.ready ?? false
    },
    get sentBytes() {
      return sentBytes
    },
    get refused() {
      return refused
    },
    received,
  }
  return Object.defineProperties(
    {
      on: (topic: Topic, handler: Handler) => handlers.set(topic, { typed: handler }),
      raw: (topic: Topic, handler: RawHandler) => handlers.set(topic, { raw: handler }),
      events: { message },
      use: (to: Transport) => {
        transport = to
      },
    },
    Object.getOwnPropertyDescriptors(link),
  ) as never
}
