import type { Logger } from 'pino'
import { SamaraError, toSamaraError } from '../../../shared/errors.ts'
import { MAX_MODULE_BYTES } from '../../../shared/fields.ts'
import { type UserId, userId } from '../../../shared/ids.ts'
import {
  type Answer,
  CancelJob,
  Confirm,
  Fetch,
  MAX_USER_MESSAGE_BYTES,
  Submit,
  Upload,
} from '../../../shared/messages/index.ts'
import type { Fields, Message, ObjectOf } from '../../../shared/schema.ts'
import { replyTopic, type Topic, topics } from '../../../shared/topics.ts'
import type { BlobFetch } from '../../services/blobs/fetch.ts'
import type { BlobServer } from '../../services/blobs/serve.ts'
import type { Functions } from '../../services/functions.ts'
import { accepted, type Form, refused } from '../../services/tasks/answers.ts'
import type { Jobs } from '../../services/tasks/jobs.ts'
import { encodeAnswer } from '../../services/tasks/replies.ts'
import type { BlobStore } from '../../store/store.ts'
import type { Handlers, Link } from '../link.ts'

type Parts = {
  readonly link: Link & Handlers
  readonly jobs: Jobs
  readonly functions: Functions
  readonly blobs: BlobStore
  readonly serve: BlobServer
  readonly fetch: BlobFetch
  readonly log: Logger
  readonly namespace: string
}

/** A message in either form, as far as an answer to a wrong one needs it. */
type Read<T> = { readonly form: Form; readonly message: T }

/** A CBOR map has the major type 5 in its first byte; a person with a typing error is answered in JSON. [P-9.1] */
const formOf = (payload: Uint8Array): Form => ((payload[0] ?? 0) >> 5 === 5 ? 'cbor' : 'json')

function read<F extends Fields>(kind: Message<F>, payload: Uint8Array): Read<ObjectOf<F>> {
  if (payload.length > MAX_USER_MESSAGE_BYTES)
    throw new SamaraError(
      'TOO_LARGE',
      `${kind.name}: ${payload.length} bytes, at most ${MAX_USER_MESSAGE_BYTES} expected`,
    )
  if (formOf(payload) === 'cbor') return { form: 'cbor', message: kind.decode(payload) }
  return { form: 'json', message: kind.fromJson(parseJson(kind.name, payload)) }
}

function parseJson(name: string, payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8'))
  } catch (error) {
    throw new SamaraError('INVALID_ARGUMENT', `${name}: is not JSON: ${(error as Error).message}`, {
      expected: 'JSON or CBOR',
    })
  }
}

/** Key and reply topic of a message that may be wrong elsewhere: its error shall reach who waits for it. */
function hints(payload: Uint8Array): { key?: string; reply?: string } {
  try {
    const value = formOf(payload) === 'json' ? JSON.parse(Buffer.from(payload).toString('utf8')) : undefined
    if (typeof value !== 'object' || value === null) return {}
    const { key, reply } = value as { key?: unknown; reply?: unknown }
    return { ...(typeof key === 'string' && { key }), ...(typeof reply === 'string' && { reply }) }
  } catch {
    return {}
  }
}

/** What users say. Whatever is wrong is answered, with the field and what was expected. [P-9] */
export function handleUsers({ link, jobs, functions, blobs, serve, fetch, log, namespace }: Parts): void {
  const answer = (topic: string, body: Answer, form: Form) => link.publishRaw(topic, encodeAnswer(body, form))

  /** A handler that answers its errors on the reply topic, or on the user's own where that is wrong. */
  function answering<F extends Fields>(
    topic: Topic,
    kind: Message<F>,
    handle: (message: ObjectOf<F>, context: { user: UserId; form: Form; reply: string }) => Promise<void>,
  ): void {
    link.raw(topic, (payload, names) => {
      const user = userId(names.user)
      const form = formOf(payload)
      const fail = (thrown: unknown, message?: { key?: unknown }): void => {
        const error = toSamaraError(thrown)
        if (error.code === 'INTERNAL') log.error({ err: thrown }, kind.name)
        const hint = hints(payload)
        const key = typeof message?.key === 'string' ? message.key : hint.key
        answer(safeReply(user, hint.reply), refused(error, key), form)
      }
      try {
        const { message } = read(kind, payload)
        const reply = replyTopic(namespace, user, (message as { reply?: string }).reply)
        handle(message, { user, form, reply }).catch((error: unknown) => fail(error, message as { key?: unknown }))
      } catch (error) {
        fail(error)
      }
    })
  }

  function safeReply(user: string, wanted: string | undefined): string {
    try {
      return replyTopic(namespace, user, wanted)
    } catch {
      return replyTopic(namespace, user, undefined)
    }
  }

  answering(topics.submit, Submit, async (message, { user, form, reply }) => {
    const { job, added } = await jobs.submit(message, { user, form, reply })
    answer(reply, accepted(job, !added), form)
    if (!added)
      for await (const one of jobs.answers({ job: job.id }, user, form))
        if (one.type !== 'progress') answer(reply, one, form)
  })
  answering(topics.fetch, Fetch, async ({ task, job, key }, { user, form, reply }) => {
    for await (const one of jobs.answers({ task, job, key }, user, form)) answer(reply, one, form)
  })
  answering(topics.cancelJob, CancelJob, async ({ task, job }, { user }) => {
    await jobs.cancel({ task, job }, user)
  })
  answering(topics.confirm, Confirm, async ({ task, job }, { user }) => {
    await jobs.confirm(user, { task, job })
  })
  answering(topics.upload, Upload, async (message, { user, form, reply }) => {
    await fetch.fetch(user, message.digest, message.sizeBytes, {
      maxBytes: MAX_MODULE_BYTES,
      ask: (get) => link.send(topics.userPush, { user }, get),
    })
    const { version } = await functions.add(message.function, await blobs.get(message.digest), {
      user,
      alias: message.alias,
    })
    log.info({ user, function: message.function, version: version.version }, 'uploaded over MQTT')
    answer(reply, { type: 'accepted', key: `${message.function}@${version.version}`.slice(0, 64) }, form)
  })
  link.on(topics.userPull, (get, { user }) => {
    void jobs
      .ownsBlob(userId(user), get.digest)
      .then((own) => serve(user, get, own, (chunk) => link.publish(topics.userPulled, { user }, chunk)))
      .catch((error: unknown) => log.warn({ err: error }, 'blob not served'))
  })
  link.on(topics.userPushed, (chunk, { user }) => fetch.chunk(user, chunk))
}
