import { createServer, type Server, type Socket } from 'node:net'
import { Aedes, type AedesPublishPacket, type PublishPacket } from 'aedes'
import type { Grant } from '../../shared/capabilities.ts'
import type { Item } from '../../shared/cbor.ts'
import { Call } from '../../shared/documents/call.ts'
import { type DesiredDeployment, DesiredList } from '../../shared/documents/desired-list.ts'
import { Grants } from '../../shared/documents/grants.ts'
import { Manifest } from '../../shared/documents/manifest.ts'
import { Transcript } from '../../shared/documents/transcript.ts'
import { INLINE_BYTES } from '../../shared/fields.ts'
import { type Digest, digestOf, newTaskId, type TaskId } from '../../shared/ids.ts'
import type { BlobGet, Desired, Start } from '../../shared/messages/index.ts'
import { type Carried, topics } from '../../shared/topics.ts'

type Name = keyof typeof topics
type MessageOf<K extends Name> = Carried<(typeof topics)[K]>
export type Received<K extends Name = Name> = {
  readonly name: K
  readonly message: MessageOf<K>
  readonly payload: Buffer
  readonly topic: string
}

const namespace = 'default'
const WAIT_MS = 60_000

/** A manager and its broker in the test's process. It answers hello and serves blobs; everything else a test says itself. */
export class MockManager {
  readonly received: Received[] = []
  /** Served on `pull`. */
  readonly blobs = new Map<string, Buffer>()
  /** Told of every pull first; false where the test answers it, or nobody does. */
  onPull: (get: BlobGet) => boolean = () => true
  /** Changes chunks on their way. */
  onChunk: (chunk: MessageOf<'pulled'>) => MessageOf<'pulled'> | undefined = (chunk) => chunk
  /** What answers hello; undefined is silence. */
  welcome: (hello: MessageOf<'hello'>) => MessageOf<'welcome'> | undefined = (hello) => ({
    epoch: hello.epoch,
    protocol: 1,
    nowMs: 0,
    leaseMs: 30_000,
  })
  readonly proplet: string
  #broker: Aedes | undefined
  #server: Server | undefined
  readonly #sockets = new Set<Socket>()
  readonly #outgoing: PublishPacket[] = []
  readonly #taken = new Set<Received>()
  #waiters: (() => void)[] = []
  #epoch = 0
  #port = 0

  constructor(proplet: string) {
    this.proplet = proplet
  }

  static async open(proplet = 'p-1'): Promise<MockManager> {
    const manager = new MockManager(proplet)
    await manager.listen()
    return manager
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`
  }

  get epoch(): number {
    return this.#epoch
  }

  /** The broker, on the port that it had before. */
  async listen(): Promise<void> {
    const broker = await Aedes.createBroker()
    const server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      broker.handle(socket)
    })
    broker.on('publish', (packet) => this.#receive(packet))
    this.#broker = broker
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address === 'object' && address) this.#port = address.port
  }

  /** Cuts every connection without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server?.close(() => resolve())
    const broker = this.#broker
    this.#broker = undefined
    if (broker) await new Promise<void>((done) => broker.close(() => done()))
    this.cut()
    await promise
  }

  send<K extends Name>(name: K, message: MessageOf<K>): void {
    this.sendBytes(name, topics[name].carries.encode(message as never))
  }

  sendBytes(name: Name, payload: Buffer): void {
    const topic = (topics[name] as (typeof topics)['hello']).of(namespace, { proplet: this.proplet })
    const { qos, retain } = topics[name]
    this.#outgoing.push({ cmd: 'publish', topic, payload, qos, retain, dup: false })
    if (this.#outgoing.length === 1) this.#publishNext()
  }

  /**
   * One after the other: aedes stores a retained message before it passes it on, and takes one that was overtaken
   * meanwhile for a duplicate.
   */
  #publishNext(): void {
    const [packet] = this.#outgoing
    if (!packet || !this.#broker) {
      this.#outgoing.length = 0
      return
    }
    this.#broker.publish(packet, () => {
      this.#outgoing.shift()
      this.#publishNext()
    })
  }

  /** The next message of this name that no test has taken yet. */
  async next<K extends Name>(name: K, accept: (message: MessageOf<K>) => boolean = () => true): Promise<Received<K>> {
    let found: Received<K> | undefined
    await this.#until(
      () => {
        found = this.all(name).find((one) => !this.#taken.has(one as Received) && accept(one.message))
        return found !== undefined
      },
      `no ${name} came; there were ${this.received.map((one) => one.name).join(' ')}`,
    )
    if (!found) throw new Error(`no ${name} came`)
    this.#taken.add(found as Received)
    return found
  }

  all<K extends Name>(name: K): Received<K>[] {
    return this.received.filter((one) => one.name === name) as Received<K>[]
  }

  /** Forgets what has come, so that what comes next can be counted. */
  clear(): void {
    this.received.length = 0
  }

  /** Comes back when the proplet has handled everything that was sent before. */
  async roundTrip(): Promise<void> {
    const task = newTaskId(0)
    this.send('cancel', { task, attempt: 1, epoch: this.#epoch })
    await this.next('result', (result) => result.task === task)
    this.send('ack', { attempts: [{ task, attempt: 1 }] })
  }

  /** A start for an export of a function; what it needs is served as blobs. */
  start(options: StartOptions): Start {
    const call = encodeCall(options)
    const inline = call.length <= INLINE_BYTES
    const ref = this.publish(options.image)
    if (!inline) this.blobs.set(digestOf(call), call)
    return {
      task: options.task ?? newTaskId(0),
      attempt: options.attempt ?? 1,
      epoch: options.epoch ?? this.#epoch,
      function: 'f' as Start['function'],
      ...ref,
      leaseMs: options.leaseMs ?? 30_000,
      timeLeftMs: options.timeLeftMs ?? 60_000,
      timeoutMs: 60_000,
      ...(inline ? { call } : { callDigest: digestOf(call), callBytes: call.length }),
      ...this.#devicesOf(options),
    }
  }

  #devicesOf({ grants, record, replay }: StartOptions): Partial<Start> {
    const granted = grants && this.serve(Grants.encode({ grants: [...grants] }))
    const replayed = replay && this.serve(Transcript.encode(replay))
    return {
      ...(granted && { grants: granted.digest, grantsBytes: granted.sizeBytes }),
      ...(record && { record }),
      ...(replayed && { replay: replayed.digest, replayBytes: replayed.sizeBytes }),
    }
  }

  /** A blob, ready to be pulled. */
  serve(bytes: Buffer): { digest: Digest; sizeBytes: number } {
    const digest = digestOf(bytes)
    this.blobs.set(digest, bytes)
    return { digest, sizeBytes: bytes.length }
  }

  /** A function version, ready to be pulled. */
  publish(
    image: Buffer = Buffer.from('\0asm image'),
  ): Pick<Start, 'manifest' | 'manifestBytes' | 'image' | 'imageBytes'> {
    const manifest = Manifest.encode(manifestOf(image))
    this.blobs.set(digestOf(image), image)
    this.blobs.set(digestOf(manifest), manifest)
    return {
      manifest: digestOf(manifest),
      manifestBytes: manifest.length,
      image: digestOf(image),
      imageBytes: image.length,
    }
  }

  /** Publishes a desired index and serves its body. */
  desire(revision: number, deployments: readonly DesiredDeployment[], incarnation = 1): Desired {
    const body = DesiredList.encode({ deployments })
    this.blobs.set(digestOf(body), body)
    const index = { incarnation, revision, digest: digestOf(body), sizeBytes: body.length }
    this.send('desired', index)
    return index
  }

  async #until(reached: () => boolean, message: string): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new Error(message)), WAIT_MS)
    try {
      while (!reached()) {
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#waiters.push(resolve)
        await Promise.race([promise, late])
      }
    } finally {
      clearTimeout(timer)
    }
  }

  #receive(packet: AedesPublishPacket): void {
    for (const [name, topic] of Object.entries(topics) as [Name, (typeof topics)[Name]][]) {
      if (topic.from !== 'proplet' || !topic.match(packet.topic)) continue
      const payload = Buffer.from(packet.payload)
      const message = topic.carries.decode(payload)
      this.received.push({ name, message, payload, topic: packet.topic })
      if (name === 'hello') this.#hello(message as MessageOf<'hello'>)
      if (name === 'pull') this.#pulled(message as BlobGet)
    }
    for (const wake of this.#waiters.splice(0)) wake()
  }

  #hello(hello: MessageOf<'hello'>): void {
    this.#epoch = hello.epoch
    const welcome = this.welcome(hello)
    if (welcome) this.send('welcome', welcome)
  }

  #pulled(get: BlobGet): void {
    if (!this.onPull(get)) return
    const blob = this.blobs.get(get.digest)
    const send = (chunk: MessageOf<'pulled'>) => {
      const changed = this.onChunk(chunk)
      if (changed) this.send('pulled', changed)
    }
    const { digest, offset } = get
    if (!blob) return send({ digest, offset, sizeBytes: 0, error: { code: 'NOT_FOUND', message: 'no such blob' } })
    const end = Math.min(blob.length, get.offset + get.length)
    for (let at = get.offset; at < end; at += get.chunk)
      send({
        digest: get.digest,
        offset: at,
        sizeBytes: blob.length,
        data: blob.subarray(at, Math.min(at + get.chunk, end)),
      })
  }
}

export type StartOptions = {
  readonly export?: string
  readonly args?: readonly Item[]
  readonly task?: TaskId
  readonly attempt?: number
  readonly epoch?: number
  readonly leaseMs?: number
  readonly timeLeftMs?: number
  readonly image?: Buffer
  readonly grants?: readonly Grant[]
  readonly record?: boolean
  readonly replay?: Transcript
}

export const encodeCall = (options: { export?: string; args?: readonly Item[] }): Buffer =>
  Call.encode({ export: options.export ?? 'add', args: options.args ?? [2, 3] })

export const manifestOf = (image: Buffer): Manifest => ({
  kind: 'core',
  artefact: digestOf(image) as Digest,
  sizeBytes: image.length,
  exports: [{ name: 'add', signature: 'func(a:s32,b:s32)->s32' }],
  imports: [],
  memory: { minPages: 1, grows: false },
  images: [{ recipe: 'artefact', format: 'core-module', digest: digestOf(image), sizeBytes: image.length }],
})

/** Bytes that no two offsets share. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}
