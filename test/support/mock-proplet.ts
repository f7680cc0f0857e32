import mqtt, { type MqttClient } from 'mqtt'
import { readable } from '../../shared/access.ts'
import { realClock } from '../../shared/clock.ts'
import { ResultBody } from '../../shared/documents/call.ts'
import { Transcript } from '../../shared/documents/transcript.ts'
import { type Digest, digestOf, type PropletId } from '../../shared/ids.ts'
import {
  Ack,
  Alive,
  type AttemptRef,
  BlobChunk,
  BlobGet,
  Cancel,
  DeploymentResult,
  DeploymentState,
  type Desired,
  Hello,
  Log,
  Result,
  Start,
  Started,
} from '../../shared/messages/index.ts'
import { topics } from '../../shared/topics.ts'

/** What a start is answered with; undefined leaves it running. */
export type Behaviour = (start: Start) =>
  | (Partial<Result> & {
      readonly value?: ResultBody['value']
      readonly stdout?: string
      /** What the run did on its devices. */
      readonly bus?: Transcript
    })
  | undefined

export type MockProplet = {
  readonly id: string
  readonly starts: Start[]
  readonly cancels: Cancel[]
  /** Waits for the next start that nobody has taken yet. */
  start(): Promise<Start>
  /** Resolves when the manager asks for `start` to be cancelled. */
  cancelled(): Promise<Cancel>
  desired(): Promise<Desired>
  /** A blob of the manager, whole. */
  pull(digest: Digest, sizeBytes: number): Promise<Uint8Array>
  started(start: Start): Promise<void>
  log(start: Start, text: string): Promise<void>
  end(start: Start, how: ReturnType<Behaviour>): Promise<void>
  deploymentState(state: Omit<DeploymentState, 'boot'>): Promise<void>
  deploymentResult(result: Omit<DeploymentResult, 'boot'>): Promise<void>
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>
  close(): Promise<void>
}

export type MockOptions = {
  readonly port: number
  readonly id: string
  readonly token: string
  readonly behaviour?: Behaviour
  readonly hello?: Partial<Hello>
}

const NAMESPACE = 'default'
const INLINE = 512
const RESEND_MS = 100

const attemptKey = ({ task, attempt }: AttemptRef): string => `${task}/${attempt}`

/** A queue that is waited for: what came before counts too. */
function inbox<T>(): { put(one: T): void; take(): Promise<T> } {
  const there: T[] = []
  const waiting: ((one: T) => void)[] = []
  return {
    put(one) {
      const next = waiting.shift()
      if (next) next(one)
      else there.push(one)
    },
    take: () =>
      new Promise((resolve) => {
        const one = there.shift()
        if (one === undefined) waiting.push(resolve)
        else resolve(one)
      }),
  }
}

/** A proplet that speaks the protocol and runs nothing. Resolves once the manager has welcomed it. */
export async function mockProplet({ port, id, token, behaviour, hello }: MockOptions): Promise<MockProplet> {
  const epoch = 7
  const boot = '0011223344556677'
  const client: MqttClient = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    username: id,
    password: token,
    clientId: id,
    protocolVersion: 4,
    reconnectPeriod: 0,
  })
  client.stream.on('error', () => {})
  const proplet = { proplet: id as PropletId }
  const blobs = new Map<Digest, Uint8Array>()
  const [starts, cancels, desired, welcomes] = [inbox<Start>(), inbox<Cancel>(), inbox<Desired>(), inbox<true>()]
  const pulled = inbox<BlobChunk>()
  const unacknowledged = new Map<string, () => void>()
  const seen = { starts: [] as Start[], cancels: [] as Cancel[] }
  const publish = (topic: string, payload: Uint8Array) => client.publishAsync(topic, Buffer.from(payload), { qos: 1 })

  async function end(start: Start, how: ReturnType<Behaviour>): Promise<void> {
    const { value, stdout, bus, ...given } = how ?? {}
    const body = ResultBody.encode({
      ...(value !== undefined && { value }),
      ...(stdout !== undefined && { stdout: Buffer.from(stdout) }),
    })
    const long = body.length > INLINE
    if (long) blobs.set(digestOf(body), body)
    const result: Result = {
      task: start.task,
      attempt: start.attempt,
      outcome: 'completed',
      waitedUs: 10,
      ranUs: 20,
      ...(bus && transcriptOf(bus)),
      ...(long ? { bodyDigest: digestOf(body), bodyBytes: body.length } : { body }),
      ...given,
    }
    const say = () => publish(topics.result.of(NAMESPACE, proplet), Result.encode(result))
    // Until it is acknowledged: a manager that is busy with the task drops it. [P-5.4]
    const stop = realClock.every(RESEND_MS, () => void say().catch(stop))
    unacknowledged.set(attemptKey(start), stop)
    await say()
  }

  function transcriptOf(bus: Transcript): Pick<Result, 'transcript' | 'transcriptBytes'> {
    const bytes = Transcript.encode(bus)
    const transcript = digestOf(bytes)
    blobs.set(transcript, bytes)
    return { transcript, transcriptBytes: bytes.length }
  }

  async function pull(digest: Digest, sizeBytes: number): Promise<Uint8Array> {
    const get = { digest, offset: 0, length: sizeBytes, chunk: sizeBytes }
    await publish(topics.pull.of(NAMESPACE, proplet), BlobGet.encode(get))
    const { data, error } = await pulled.take()
    if (!data) throw new Error(error?.message ?? 'no data')
    return data
  }

  function acknowledged(ref: AttemptRef): void {
    unacknowledged.get(attemptKey(ref))?.()
    unacknowledged.delete(attemptKey(ref))
  }

  async function pushed(get: BlobGet): Promise<void> {
    const blob = blobs.get(get.digest) ?? new Uint8Array()
    for (let at = get.offset; at < Math.min(blob.length, get.offset + get.length); at += get.chunk) {
      const data = blob.subarray(at, Math.min(blob.length, at + get.chunk, get.offset + get.length))
      const chunk = { digest: get.digest, offset: at, sizeBytes: blob.length, data }
      await publish(topics.pushed.of(NAMESPACE, proplet), BlobChunk.encode(chunk))
    }
  }

  client.on('message', (name, payload) => {
    const bytes = new Uint8Array(payload)
    if (topics.welcome.match(name)) welcomes.put(true)
    else if (topics.desired.match(name)) desired.put(topics.desired.carries.decode(bytes))
    else if (topics.ack.match(name)) for (const ref of Ack.decode(bytes).attempts) acknowledged(ref)
    else if (topics.pulled.match(name)) pulled.put(BlobChunk.decode(bytes))
    else if (topics.push.match(name)) pushed(BlobGet.decode(bytes)).catch(() => undefined)
    else if (topics.cancel.match(name)) {
      const cancel = Cancel.decode(bytes)
      seen.cancels.push(cancel)
      cancels.put(cancel)
    } else if (topics.start.match(name)) {
      const start = Start.decode(bytes)
      seen.starts.push(start)
      starts.put(start)
      const how = behaviour?.(start)
      // A test that is over has closed the connection.
      if (how) end(start, how).catch(() => undefined)
    }
  })
  await client.subscribeAsync([...readable({ kind: 'proplet', id }, NAMESPACE)], { qos: 1 })
  const greeting: Hello = {
    protocolMin: 1,
    protocolMax: 1,
    boot: boot as Hello['boot'],
    epoch,
    aliveMs: 60_000,
    software: 'mock',
    arch: 'x64',
    formats: ['core-module'],
    slots: 4,
    queue: 16,
    maxPacket: 1_000_000,
    maxImage: 1 << 20,
    memory: 1 << 24,
    ...hello,
  }
  await publish(topics.hello.of(NAMESPACE, proplet), Hello.encode(greeting))
  await welcomes.take()
  await publish(topics.alive.of(NAMESPACE, proplet), Alive.encode({ epoch, seq: 0, running: 0, queued: 0 }))

  return {
    id,
    ...seen,
    start: starts.take,
    cancelled: cancels.take,
    desired: desired.take,
    pull,
    end,
    started: async (start) => {
      const { task, attempt } = start
      await publish(topics.started.of(NAMESPACE, proplet), Started.encode({ task, attempt, epoch, phase: 'running' }))
    },
    log: async ({ task, attempt }, text) => {
      await publish(topics.log.of(NAMESPACE, proplet), Log.encode({ task, attempt, seq: 0, stream: 'stdout', text }))
    },
    deploymentState: async (state) => {
      await publish(
        topics.deploymentState.of(NAMESPACE, proplet),
        DeploymentState.encode({ ...state, boot: greeting.boot }),
      )
    },
    deploymentResult: async (result) => {
      const topic = topics.deploymentResult.of(NAMESPACE, { ...proplet, deployment: result.deployment })
      await publish(topic, DeploymentResult.encode({ ...result, boot: greeting.boot }))
    },
    closed: new Promise((resolve) => client.once('close', () => resolve())),
    close: async () => {
      for (const stop of unacknowledged.values()) stop()
      await client.endAsync(true)
    },
  }
}
