import type { Logger } from 'pino'
import { SamaraError } from '../../../shared/errors.ts'
import { errorBody, MAX_BODY_BYTES } from '../../../shared/fields.ts'
import type { PropletId } from '../../../shared/ids.ts'
import { type Digest, propletId } from '../../../shared/ids.ts'
import { type AttemptRef, MAX_REFS } from '../../../shared/messages/index.ts'
import { topics } from '../../../shared/topics.ts'
import type { BlobFetch } from '../../services/blobs/fetch.ts'
import type { BlobServer } from '../../services/blobs/serve.ts'
import type { Deployments } from '../../services/deployments.ts'
import type { Proplets } from '../../services/proplets.ts'
import type { Commands } from '../../services/tasks/commands.ts'
import type { Engine } from '../../services/tasks/engine.ts'
import type { Handlers, Link } from '../link.ts'

type Parts = {
  readonly link: Link & Handlers
  readonly proplets: Proplets
  readonly engine: Engine
  readonly deployments: Deployments
  readonly serve: BlobServer
  readonly fetch: BlobFetch
  readonly log: Logger
}

/** What proplets say. [P-3] [P-5] [P-7] */
export function handleProplets({ link, proplets, engine, deployments, serve, fetch, log }: Parts): void {
  const warn = (what: string) => (error: unknown) => log.warn({ err: error }, what)

  link.on(topics.hello, (hello, { proplet }) => {
    const taken = proplets.hello(propletId(proplet), hello)
    if (!taken) return log.warn({ proplet }, 'hello of a proplet that is not registered')
    link.send(topics.welcome, { proplet }, taken.welcome)
    if (taken.accepted) engine.greeted(taken.one)
  })
  link.on(topics.alive, (alive, { proplet }) => {
    if (proplets.alive(propletId(proplet), alive) !== 'unknown') return
    // Its hello went to an earlier run of this manager: it is asked for again. [P-3.2]
    const error = errorBody(new SamaraError('STALE_EPOCH', 'this manager has not heard hello of this connection'))
    link.send(topics.welcome, { proplet }, { epoch: alive.epoch, protocol: 0, nowMs: 0, leaseMs: 0, error })
  })
  link.on(topics.gone, (gone, { proplet }) => proplets.gone(propletId(proplet), gone))
  link.on(topics.started, (started, { proplet }) => engine.started(propletId(proplet), started))
  link.on(topics.renew, (renew, { proplet }) => engine.renew(propletId(proplet), renew))
  link.on(topics.log, (line, { proplet }) => engine.log(propletId(proplet), line))
  link.on(topics.result, (result, { proplet }) => {
    engine.result(propletId(proplet), result).catch(warn('result'))
  })
  link.on(topics.reported, (reported, { proplet }) => {
    if (reported.error) log.warn({ proplet, err: reported.error }, 'desired index not taken over')
  })
  link.on(topics.deploymentState, (state, { proplet }) => {
    deployments.reported(propletId(proplet), state).catch(warn('deployment state'))
  })
  link.on(topics.deploymentResult, (result, { proplet, deployment }) => {
    // What a payload says of its sender must equal the topic.
    if (result.deployment !== deployment)
      return log.warn({ proplet, deployment }, 'deployment result under another topic')
    deployments.result(propletId(proplet), result).catch(warn('deployment result'))
  })
  link.on(topics.pull, (get, { proplet }) => {
    serve(proplet, get, true, (chunk) => link.publish(topics.pulled, { proplet }, chunk)).catch(warn('blob not served'))
  })
  link.on(topics.pushed, (chunk, { proplet }) => fetch.chunk(proplet, chunk))
}

/** What the manager says to proplets. */
export function createCommands(link: Link, fetch: BlobFetch): Commands {
  const acks = new Map<PropletId, AttemptRef[]>()

  function flush(): void {
    for (const [proplet, refs] of acks)
      for (let at = 0; at < refs.length; at += MAX_REFS)
        link.send(topics.ack, { proplet }, { attempts: refs.slice(at, at + MAX_REFS) })
    acks.clear()
  }

  return {
    start: (proplet, start) => link.send(topics.start, { proplet }, start),
    cancel: (proplet, cancel) => link.send(topics.cancel, { proplet }, cancel),
    lease: (proplet, lease) => link.send(topics.lease, { proplet }, lease),
    ack(proplet, ref) {
      // Results of one turn are committed together; their acknowledgements share messages.
      if (acks.size === 0) setImmediate(flush)
      const refs = acks.get(proplet)
      if (refs) refs.push(ref)
      else acks.set(proplet, [ref])
    },
    fetch: (proplet: PropletId, digest: Digest, sizeBytes: number) =>
      fetch.fetch(proplet, digest, sizeBytes, {
        maxBytes: MAX_BODY_BYTES,
        ask: (get) => link.send(topics.push, { proplet }, get),
      }),
  }
}
