import { pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import { isSamaraError, notFound, SamaraError } from '../../shared/errors.ts'
import { errorBody } from '../../shared/fields.ts'
import type { Digest, PropletId } from '../../shared/ids.ts'
import { type Alive, type Gone, Hello, type Welcome } from '../../shared/messages/index.ts'
import { type Liveness, livenessOf } from '../../shared/proplet.ts'
import { PROTOCOL } from '../../shared/topics.ts'
import type { Candidate } from '../scheduler/snapshot.ts'
import type { PropletRecord, Store } from '../store/store.ts'
import type { Events } from './events.ts'

/** A proplet as the manager sees it now. It is the scheduler's candidate itself: thousands are ranked at a time. */
export class LiveProplet implements Candidate {
  record: PropletRecord
  hello: Hello | undefined
  /** Monotonic time of the last message; undefined until heard since the manager's own connection is up. */
  heardMs: number | undefined
  lastSeenMs: number | undefined
  liveness: Liveness = 'unknown'
  /** True between hello and goodbye or will of the same connection. */
  connected = false
  assigned = 0
  running = 0
  queued = 0
  previousBoot: string | undefined
  conflictMs: number | undefined
  labels: Readonly<Record<string, string>>
  readonly #cached = new Set<string>()

  constructor(record: PropletRecord) {
    this.record = record
    this.labels = record.labels
    this.lastSeenMs = record.lastSeenMs
    const hello = record.hello && storedHello(record.hello)
    if (hello) this.meet(hello)
  }

  meet(hello: Hello): void {
    this.hello = hello
    this.relabel(this.record)
    this.#cached.clear()
    for (const prefix of hello.cached ?? []) this.#cached.add(Buffer.from(prefix).toString('hex'))
  }

  relabel(record: PropletRecord): void {
    this.record = record
    this.labels = { ...this.hello?.labels, ...record.labels }
  }

  get id(): PropletId {
    return this.record.id
  }
  get conflicting(): boolean {
    return this.conflictMs !== undefined
  }
  get formats(): Candidate['formats'] {
    return this.hello?.formats ?? []
  }
  get slots(): number {
    return this.hello?.slots ?? 0
  }
  get queue(): number {
    return this.hello?.queue ?? 0
  }
  get memoryBytes(): number {
    return this.hello?.memory ?? 0
  }
  get maxImageBytes(): number {
    return this.hello?.maxImage ?? 0
  }
  get interfaces(): Candidate['interfaces'] {
    return this.hello?.interfaces ?? []
  }
  get devices(): Candidate['devices'] {
    return this.hello?.devices ?? []
  }
  get triggers(): Candidate['triggers'] {
    return this.hello?.triggers ?? []
  }
  caches(image: Digest): boolean {
    return this.#cached.has(image.slice(0, 16))
  }
  /** It has run this image, so it holds it. */
  holds(image: Digest): void {
    this.#cached.add(image.slice(0, 16))
  }
}

function storedHello(bytes: Uint8Array): Hello | undefined {
  try {
    return Hello.decode(bytes)
  } catch (error) {
    // Written by a release that knew other fields; the next hello replaces it.
    if (isSamaraError(error)) return undefined
    throw error
  }
}

export const newToken = (): string => randomBytes(24).toString('base64url')

/** Tokens are random, so a few rounds do; the form is Mosquitto's, whose password file takes it as it is. */
const ROUNDS = 101
const HASH_BYTES = 64
const SALT_BYTES = 12

export function hashToken(token: string): string {
  const salt = randomBytes(SALT_BYTES)
  const hash = pbkdf2Sync(token, salt, ROUNDS, HASH_BYTES, 'sha512')
  return `$7$${ROUNDS}$${salt.toString('base64')}$${hash.toString('base64')}`
}

export function tokenMatches(token: string, hash: string): boolean {
  const [, , rounds, salt, kept] = hash.split('$')
  if (!rounds || !salt || !kept) return false
  const given = pbkdf2Sync(token, Buffer.from(salt, 'base64'), Number(rounds), HASH_BYTES, 'sha512')
  const wanted = Buffer.from(kept, 'base64')
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

type Deps = {
  readonly store: Store
  readonly clock: Clock
  readonly events: Events
  readonly log: Logger
  readonly leaseMs: number
  /** Capabilities or labels have changed: deployments may belong elsewhere. */
  changed(proplet: LiveProplet): void
}

export type Proplets = ReturnType<typeof createProplets>

/** Last seen is written at most so often; hello is written when it says something new. */
const SEEN_WRITE_MS = 60_000
const CONFLICT_INTERVALS = 3

export function createProplets({ store, clock, events, log, leaseMs, changed }: Deps) {
  const live = new Map<PropletId, LiveProplet>()

  function heard(one: LiveProplet): void {
    one.heardMs = clock.monotonic()
    if (one.lastSeenMs === undefined || clock.now() - one.lastSeenMs > SEEN_WRITE_MS) saw(one, undefined)
    judge(one)
  }

  function saw(one: LiveProplet, hello: Uint8Array | undefined): void {
    one.lastSeenMs = clock.now()
    store
      .seenProplet(one.id, one.lastSeenMs, hello)
      .catch((error: unknown) => log.warn({ err: error }, 'last seen not written'))
  }

  function judge(one: LiveProplet): void {
    const was = one.liveness
    one.liveness = livenessNow(one)
    if (one.liveness === was) return
    events.emit({ type: 'proplet', proplet: one.id, liveness: one.liveness })
    log.info({ proplet: one.id, was, is: one.liveness }, 'proplet liveness')
  }

  function livenessNow(one: LiveProplet): Liveness {
    if (one.heardMs === undefined || !one.hello) return 'unknown'
    if (!one.connected) return 'gone'
    return livenessOf(clock.monotonic() - one.heardMs, one.hello.aliveMs)
  }

  function conflict(one: LiveProplet, hello: Hello): void {
    const boot = one.hello?.boot
    if (boot !== undefined && boot !== hello.boot) {
      if (hello.boot === one.previousBoot) {
        one.conflictMs = clock.monotonic()
        events.emit({ type: 'proplet', proplet: one.id, liveness: one.liveness, message: 'two devices use this id' })
        log.error({ proplet: one.id, boots: [boot, hello.boot] }, 'two devices use one proplet id')
      }
      one.previousBoot = boot
    }
  }

  function settled(one: LiveProplet): void {
    const since = one.conflictMs
    if (since !== undefined && clock.monotonic() - since > CONFLICT_INTERVALS * (one.hello?.aliveMs ?? 0)) {
      one.conflictMs = undefined
      one.previousBoot = undefined
    }
  }

  const refusal = (hello: Hello, one: LiveProplet): SamaraError | undefined => {
    if (hello.protocolMin > PROTOCOL || hello.protocolMax < PROTOCOL)
      return new SamaraError(
        'UNSUPPORTED_VERSION',
        `proplet ${one.id} speaks protocol ${hello.protocolMin} to ${hello.protocolMax}, this manager ${PROTOCOL}`,
      )
    if (one.conflicting) return new SamaraError('IDENTITY_CONFLICT', `two devices use the proplet id ${one.id}`)
    return undefined
  }

  return {
    async load(): Promise<void> {
      for (const record of await store.proplets()) live.set(record.id, new LiveProplet(record))
    },

    get: (id: PropletId): LiveProplet | undefined => live.get(id),
    all: (): Iterable<LiveProplet> => live.values(),
    get size(): number {
      return live.size
    },

    /** Takes a hello: what to answer, and whether work of an earlier boot is gone. */
    hello(
      id: PropletId,
      hello: Hello,
    ): { one: LiveProplet; welcome: Welcome; newBoot: boolean; accepted: boolean } | undefined {
      const one = live.get(id)
      if (!one) return undefined
      conflict(one, hello)
      const error = refusal(hello, one)
      const newBoot = one.hello !== undefined && one.hello.boot !== hello.boot
      const before = capabilities(one)
      one.meet(hello)
      one.connected = error === undefined
      heard(one)
      saw(one, Hello.encode(hello))
      if (capabilities(one) !== before) changed(one)
      const welcome: Welcome = {
        epoch: hello.epoch,
        protocol: error ? 0 : PROTOCOL,
        nowMs: clock.now(),
        leaseMs: error ? 0 : leaseMs,
        ...(error && { error: errorBody(error) }),
      }
      return { one, welcome, newBoot, accepted: !error }
    },

    /** Takes a heartbeat. `unknown` where its hello was never heard: it must say it again. */
    alive(id: PropletId, alive: Alive): 'known' | 'unknown' | 'nobody' {
      const one = live.get(id)
      if (!one) return 'nobody'
      if (one.hello?.epoch !== alive.epoch) return 'unknown'
      one.connected = true
      one.running = alive.running
      one.queued = alive.queued
      heard(one)
      return 'known'
    },

    /** A will or goodbye; one of an earlier connection is ignored. [P-3.5] */
    gone(id: PropletId, gone: Gone): void {
      const one = live.get(id)
      if (!one || one.hello?.epoch !== gone.epoch || one.hello.boot !== gone.boot) return
      one.connected = false
      judge(one)
    },

    /** Judges everybody again; called on a timer. */
    sweep(): void {
      for (const one of live.values()) {
        settled(one)
        judge(one)
      }
    },

    /** The manager's own connection was lost: nothing is known until somebody is heard. [P-3.4] */
    away(): void {
      for (const one of live.values()) {
        one.heardMs = undefined
        // Its epoch may be over: nothing is sent to it before it is heard.
        one.connected = false
        judge(one)
      }
    },

    /** Registers a proplet, or gives a registered one a new token. The token is shown once. */
    async add(
      id: PropletId,
      labels: Readonly<Record<string, string>> | undefined,
    ): Promise<{ record: PropletRecord; token: string }> {
      const token = newToken()
      const known = live.get(id)
      const record: PropletRecord = {
        ...(known?.record ?? { id, createdMs: clock.now(), labels: {} }),
        tokenHash: hashToken(token),
        ...(labels && { labels }),
      }
      await store.putProplet(record)
      if (known) known.relabel(record)
      else live.set(id, new LiveProplet(record))
      changed(live.get(id) as LiveProplet)
      return { record, token }
    },

    async relabel(id: PropletId, labels: Readonly<Record<string, string>>): Promise<LiveProplet> {
      const one = live.get(id)
      if (!one) throw notFound('proplet', id)
      const record = { ...one.record, labels }
      await store.putProplet(record)
      one.relabel(record)
      changed(one)
      return one
    },

    async remove(id: PropletId): Promise<void> {
      if (!(await store.removeProplet(id))) throw notFound('proplet', id)
      live.delete(id)
    },

    authenticate(id: string, token: string): boolean {
      const hash = live.get(id as PropletId)?.record.tokenHash
      return hash !== undefined && tokenMatches(token, hash)
    },
  }
}

/** What decides where deployments belong. */
const capabilities = (one: LiveProplet): string =>
  JSON.stringify([
    ...[one.labels, one.formats, one.memoryBytes, one.maxImageBytes, one.slots > 0],
    ...[one.interfaces, one.devices],
  ])
