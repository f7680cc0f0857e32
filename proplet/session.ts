import type { Logger } from 'pino'
import type { Clock, Stop } from '../shared/clock.ts'
import type { Hello, Welcome } from '../shared/messages/index.ts'
import { PROTOCOL } from '../shared/topics.ts'
import { type ConnectionEvent, type ConnectionState, maySay, nextConnection } from './connection.ts'
import type { MessageOf, Outbound, OutgoingName, SendOptions } from './outbound.ts'

/** A manager that refused us is asked again this much later. [P-3.2] */
const REFUSED_MS = 60_000

export type SessionOptions = {
  readonly link: Outbound
  readonly clock: Clock
  readonly log: Logger
  readonly boot: string
  readonly aliveMs: number
  /** What changes from one hello to the next is asked for each time. */
  readonly describe: () => Omit<Hello, 'protocolMin' | 'protocolMax' | 'boot' | 'epoch' | 'aliveMs'>
  readonly load: () => { readonly running: number; readonly queued: number; readonly freeMemory: number }
}

export type SessionEvents = {
  /** Before hello: the results that are still held. [P-3.1] */
  readonly connected: () => void
  readonly welcomed: () => void
  /** No longer online, for whatever reason. */
  readonly disconnected: () => void
}

/** The conversation of one proplet with its manager: hello, welcome, heartbeats; and who may speak when. [P-3] */
export class Session implements Outbound {
  readonly #options: SessionOptions
  #events: SessionEvents | undefined
  #state: ConnectionState = 'offline'
  #epoch = 0
  #seq = 0
  #hello: Stop | undefined
  #alive: Stop | undefined

  constructor(options: SessionOptions) {
    this.#options = options
  }

  get state(): ConnectionState {
    return this.#state
  }

  get boot(): string {
    return this.#options.boot
  }

  /** Of the connection that is there, or was last. */
  get epoch(): number {
    return this.#epoch
  }

  open(events: SessionEvents): void {
    this.#events = events
  }

  send<K extends OutgoingName>(topic: K, message: MessageOf<K>, options?: SendOptions): boolean {
    return maySay(this.#state, topic) && this.#options.link.send(topic, message, options)
  }

  sendEncoded(topic: OutgoingName, payload: Buffer, options?: SendOptions): boolean {
    return maySay(this.#state, topic) && this.#options.link.sendEncoded(topic, payload, options)
  }

  onConnected(epoch: number): void {
    this.#epoch = epoch
    this.#seq = 0
    this.#enter('connected')
    this.#events?.connected()
    this.#sayHello(this.#options.aliveMs)
  }

  onWelcome(welcome: Welcome): void {
    if (welcome.epoch !== this.#epoch) return
    // No refusal: the manager has restarted and the broker has not. [P-3.2]
    if (welcome.error?.code === 'STALE_EPOCH') return this.#sayHello(this.#options.aliveMs)
    if (welcome.error) return this.#refused(welcome.error)
    if (welcome.protocol !== PROTOCOL)
      return this.#refused({ code: 'UNSUPPORTED_VERSION', message: `protocol ${welcome.protocol} is not ${PROTOCOL}` })
    this.#hello?.()
    if (!this.#enter('welcomed')) return
    this.#options.log.info({ epoch: this.#epoch }, 'online')
    this.#alive = this.#options.clock.every(this.#options.aliveMs, () => this.#sayAlive())
    this.#events?.welcomed()
  }

  onClosed(): void {
    this.#quiet()
    this.#enter('closed')
    this.#events?.disconnected()
  }

  /** False where there is nobody to say goodbye to. */
  drain(): boolean {
    return this.#enter('drain')
  }

  close(): void {
    this.#quiet()
  }

  #enter(event: ConnectionEvent): boolean {
    const next = nextConnection(this.#state, event)
    if (next) this.#state = next
    return next !== undefined
  }

  #quiet(): void {
    this.#hello?.()
    this.#alive?.()
  }

  /** Stays connected, says nothing but hello again after a minute, and goes on with its deployments. [P-3.2] */
  #refused(error: { code: string; message: string }): void {
    this.#quiet()
    if (this.#enter('refused')) this.#events?.disconnected()
    this.#options.log.error(
      { code: error.code, retryMs: REFUSED_MS },
      `the manager refuses this proplet: ${error.message}`,
    )
    this.#hello = this.#options.clock.after(REFUSED_MS, () => this.#sayHello(REFUSED_MS))
  }

  /** Again until somebody answers: the manager may come back to a broker that stayed. */
  #sayHello(againMs: number): void {
    const { link, clock, boot, aliveMs, describe } = this.#options
    const identity = { protocolMin: PROTOCOL, protocolMax: PROTOCOL, boot, epoch: this.#epoch, aliveMs }
    link.send('hello', { ...identity, ...describe() })
    this.#hello?.()
    this.#hello = clock.after(againMs, () => this.#sayHelloAgain(againMs))
  }

  /**
   * Who answers this one has not heard what went before the first: a hello of another boot would make an end of attempts
   * whose results are here. [P-3.1]
   */
  #sayHelloAgain(againMs: number): void {
    if (this.#state === 'connecting') this.#events?.connected()
    this.#sayHello(againMs)
  }

  #sayAlive(): void {
    const { running, queued, freeMemory } = this.#options.load()
    const counts = { running: Math.min(running, 0xffff), queued: Math.min(queued, 0xffff) }
    this.send('alive', { epoch: this.#epoch, seq: ++this.#seq, ...counts, freeMemory })
  }
}
