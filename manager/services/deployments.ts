import type { Logger } from 'pino'
import type { Grant } from '../../shared/capabilities.ts'
import type { Clock } from '../../shared/clock.ts'
import { Call } from '../../shared/documents/call.ts'
import { type Edge, edges, type Trigger } from '../../shared/documents/desired-list.ts'
import { notFound, SamaraError } from '../../shared/errors.ts'
import { grantWords, mayWrite } from '../../shared/grant-words.ts'
import {
  type DeploymentId,
  type Digest,
  digestOf,
  type FunctionName,
  newDeploymentId,
  type PropletId,
  type UserId,
} from '../../shared/ids.ts'
import type { DeploymentResult, DeploymentState, Desired } from '../../shared/messages/index.ts'
import { parseSelector } from '../../shared/selector.ts'
import { argsFromJson, coreArgsFromJson } from '../../shared/values.ts'
import { desiredBytes, desiredOn, type Pinned } from '../scheduler/reconcile.ts'
import type {
  BlobStore,
  DeploymentRecord,
  DeploymentResultRecord,
  DeploymentStateRecord,
  Page,
  PageQuery,
  Store,
} from '../store/store.ts'
import type { Events } from './events.ts'
import type { Functions } from './functions.ts'
import { checkGrants } from './grants.ts'
import type { LiveProplet, Proplets } from './proplets.ts'
import { createRefusalCounter } from './refusal-counter.ts'
import { chooseExport } from './tasks/exports.ts'

/** What a user asks for. Absent fields have the defaults below. */
export type NewDeployment = {
  readonly function: FunctionName
  readonly version?: string | undefined
  readonly selector: string
  readonly trigger: Trigger
  readonly everyMs?: number | undefined
  /** Of the trigger `edge`, as `edge` is: an input that it is granted to read. */
  readonly device?: string | undefined
  readonly edge?: Edge | undefined
  readonly keep?: boolean | undefined
  readonly export?: string | undefined
  readonly args?: unknown
  readonly argv?: readonly string[] | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly timeoutMs?: number | undefined
  readonly throttleMs?: number | undefined
  readonly bufferCount?: number | undefined
  readonly memoryPages?: number | undefined
  /** Devices that it may use. None where it is left out: what the version was granted is for tasks. */
  readonly grants?: readonly Grant[] | undefined
}

const DEFAULTS = { timeoutMs: 10_000, throttleMs: 1_000, bufferCount: 64 }
const MIN_EVERY_MS = 10
const MAX_EVERY_MS = 0xffff_ffff
const MAX_DEPLOYMENTS = 256

type Deps = {
  readonly store: Store
  readonly blobs: BlobStore
  readonly functions: Functions
  readonly proplets: Proplets
  readonly events: Events
  readonly clock: Clock
  readonly log: Logger
  publish(proplet: PropletId, desired: Desired): void
}

export type Deployments = ReturnType<typeof createDeployments>

/** Functions that are kept on every proplet that a selector matches, now and later. [P-7] */
export function createDeployments({ store, blobs, functions, proplets, events, clock, log, publish }: Deps) {
  /** In the order of their acceptance, which decides conflicts. [P-10.4] */
  const pinned = new Map<DeploymentId, Pinned>()
  /** Those that are being committed: another one that comes meanwhile must not take the same place. */
  const joining = new Set<Pinned>()
  const published = new Map<PropletId, Desired>()
  const refused = new Map<PropletId, ReadonlyMap<DeploymentId, string>>()
  const dirty = new Set<PropletId>()
  const counted = createRefusalCounter()
  let running = false

  async function pin(record: DeploymentRecord): Promise<Pinned> {
    return {
      record,
      manifest: await functions.manifest(record.manifest),
      manifestBytes: (await blobs.size(record.manifest)) ?? 0,
    }
  }

  /** Brings the index of one proplet up to what is desired; a list that is equal keeps its revision. */
  async function reconcile(id: PropletId): Promise<void> {
    const one = proplets.get(id)
    if (!one) return
    const { list, leftOut } = desiredOn(one, [...pinned.values()])
    refused.set(id, new Map(leftOut.map(({ record, reason }) => [record.id, reason])))
    const bytes = desiredBytes(list)
    const digest = digestOf(bytes)
    const before = published.get(id)
    if (before?.digest === digest || (!before && list.length === 0)) return
    await blobs.put(bytes)
    const row = await store.setDesired(id, digest, bytes.length)
    announce(row.proplet, row.revision, row.digest, row.sizeBytes)
  }

  function announce(id: PropletId, revision: number, digest: Digest, sizeBytes: number): void {
    const desired: Desired = { incarnation: store.incarnation, revision, digest, sizeBytes }
    published.set(id, desired)
    publish(id, desired)
  }

  /** One pass at a time; what changes meanwhile is in the next. */
  async function settle(): Promise<void> {
    if (running) return
    running = true
    try {
      for (const id of dirty) {
        dirty.delete(id)
        await reconcile(id)
      }
    } catch (error) {
      log.error({ err: error }, 'desired state not written; tried again with the next change')
    } finally {
      running = false
    }
    if (dirty.size > 0) void settle()
  }

  const everywhere = (): Promise<void> => {
    for (const one of proplets.all()) dirty.add(one.id)
    return settle()
  }

  /** Refuses what would write where another deployment writes, on any proplet that is known. [P-10.4] */
  function refuseConflicts(joined: Pinned): void {
    const { record } = joined
    if (!record.grants?.some(mayWrite)) return
    const writers = [...pinned.values(), ...joining].filter((one) => one.record.grants?.some(mayWrite))
    if (writers.length === 0) return
    const all = [...writers, joined]
    for (const one of proplets.all()) {
      const found = desiredOn(one, all).leftOut.find((left) => left.record === record && left.conflict)
      if (!found) continue
      throw new SamaraError(
        'FAILED_PRECONDITION',
        `deployment of ${record.function}: on ${one.id} it ${found.reason}`,
        {
          field: 'grants',
          expected: 'devices that no other deployment writes to',
        },
      )
    }
  }

  function get(id: DeploymentId): DeploymentRecord {
    const found = pinned.get(id)
    if (!found) throw notFound('deployment', id)
    return found.record
  }

  return {
    async load(): Promise<void> {
      for (const record of await store.deployments()) {
        pinned.set(record.id, await pin(record))
        for (const state of await store.deploymentStates(record.id)) counted.known(state)
      }
      for (const row of await store.desired()) published.set(row.proplet, { incarnation: store.incarnation, ...row })
    },

    /** The broker remembers nothing: every index is published again. */
    async up(): Promise<void> {
      for (const [id, { revision, digest, sizeBytes }] of published)
        if (proplets.get(id)) announce(id, revision, digest, sizeBytes)
      await everywhere()
    },

    /** Capabilities or labels of a proplet have changed. */
    changed(one: LiveProplet): void {
      dirty.add(one.id)
      void settle()
    },

    async add(wanted: NewDeployment, user: UserId): Promise<DeploymentRecord> {
      const { version, manifest } = await functions.resolve(wanted.function, wanted.version ?? 'latest')
      check(wanted)
      if (pinned.size >= MAX_DEPLOYMENTS)
        throw new SamaraError('RESOURCE_EXHAUSTED', `deployments: there are ${MAX_DEPLOYMENTS}, the most there may be`)
      const record: DeploymentRecord = {
        id: newDeploymentId(clock.now()),
        user,
        function: wanted.function,
        version: version.version,
        manifest: version.manifest,
        selector: wanted.selector,
        trigger: wanted.trigger,
        ...(wanted.everyMs !== undefined && { everyMs: wanted.everyMs }),
        ...(wanted.device !== undefined && { device: wanted.device }),
        ...(wanted.edge && { edge: wanted.edge }),
        keep: wanted.keep ?? false,
        call: callOf(wanted, manifest),
        timeoutMs: wanted.timeoutMs ?? DEFAULTS.timeoutMs,
        throttleMs: wanted.throttleMs ?? DEFAULTS.throttleMs,
        bufferCount: wanted.bufferCount ?? DEFAULTS.bufferCount,
        createdMs: clock.now(),
        ...(wanted.grants?.length && { grants: wanted.grants }),
      }
      const joined = { record, manifest, manifestBytes: version.manifestBytes }
      refuseConflicts(joined)
      joining.add(joined)
      try {
        await store.putDeployment(record)
        pinned.set(record.id, joined)
      } finally {
        joining.delete(joined)
      }
      const words = record.grants && grantWords(record.grants)
      if (words) log.info({ user, deployment: record.id, function: record.function, grants: words }, 'grants given')
      events.emit({ type: 'deployment', deployment: record.id, change: 'added', by: user, ...(words && { words }) })
      await everywhere()
      return record
    },

    async remove(id: DeploymentId): Promise<void> {
      get(id)
      await store.removeDeployment(id)
      pinned.delete(id)
      events.emit({ type: 'deployment', deployment: id, change: 'removed' })
      await everywhere()
    },

    get,
    /** Operations that grants of deployments refused, since this manager began. */
    get refusals(): number {
      return counted.total
    },
    refusalsOf: counted.of,
    list: (): readonly DeploymentRecord[] =>
      [...pinned.values()].map(({ record }) => record).sort((a, b) => (a.id < b.id ? 1 : -1)),

    /** Every proplet that it concerns, with what was reported, or why it is not desired there. */
    async show(id: DeploymentId): Promise<{
      deployment: DeploymentRecord
      states: readonly DeploymentStateRecord[]
      waiting: readonly PropletId[]
      refused: Readonly<Record<string, string>>
    }> {
      const deployment = get(id)
      const states = await store.deploymentStates(id)
      const reported = new Set(states.map((state) => state.proplet))
      const waiting: PropletId[] = []
      const reasons: Record<string, string> = {}
      for (const one of proplets.all()) {
        const reason = refused.get(one.id)?.get(id)
        if (reason) reasons[one.id] = reason
        else if (!reported.has(one.id) && desiredOn(one, [pinned.get(id) as Pinned]).list.length > 0)
          waiting.push(one.id)
      }
      return { deployment, states, waiting, refused: reasons }
    },

    results: (id: DeploymentId, query: PageQuery): Promise<Page<DeploymentResultRecord>> =>
      store.deploymentResults(id, query),

    async reported(proplet: PropletId, message: DeploymentState): Promise<void> {
      const { deployment, boot, state, manifest, runs, failures, skipped, dropped, error, refusals } = message
      if (!pinned.has(deployment) && state !== 'stopped') return
      const record: DeploymentStateRecord = {
        deployment,
        proplet,
        boot,
        state,
        manifest,
        runs,
        failures,
        skipped,
        dropped,
        ...(refusals !== undefined && { refusals }),
        ...(error && { error }),
        reportedMs: clock.now(),
      }
      counted.report(record, pinned.has(deployment))
      if (pinned.has(deployment)) await store.putDeploymentState(record)
      events.emit({ type: 'deployment-state', state: record })
    },

    async result(proplet: PropletId, message: DeploymentResult): Promise<void> {
      if (!pinned.has(message.deployment)) return
      const { agoMs, ...rest } = message
      const record: DeploymentResultRecord = {
        ...(rest as Omit<DeploymentResultRecord, 'proplet' | 'endedMs'>),
        proplet,
        endedMs: clock.now() - agoMs,
      }
      if (await store.addDeploymentResult(record)) events.emit({ type: 'deployment-result', result: record })
    },
  }
}

const wrong = (field: string, value: unknown, expected: string) =>
  new SamaraError('INVALID_ARGUMENT', `deployment.${field}: ${String(value)} is not ${expected}`, { field, expected })

function check(wanted: NewDeployment): void {
  const { trigger, everyMs, selector, timeoutMs, bufferCount, grants } = wanted
  parseSelector(selector)
  checkGrants(grants ?? [])
  checkEdge(wanted)
  if (trigger === 'every' && (everyMs === undefined || everyMs < MIN_EVERY_MS || everyMs > MAX_EVERY_MS))
    throw wrong('everyMs', everyMs, `${MIN_EVERY_MS} to ${MAX_EVERY_MS}`)
  if (trigger !== 'every' && everyMs !== undefined)
    throw wrong('everyMs', everyMs, `absent with the trigger ${trigger}`)
  if (timeoutMs !== undefined && timeoutMs < 1) throw wrong('timeoutMs', timeoutMs, 'at least 1')
  if (bufferCount !== undefined && bufferCount > 10_000) throw wrong('bufferCount', bufferCount, 'at most 10,000')
}

/** What the edge of an input starts may read that input. [P-7.3] */
function checkEdge({ trigger, device, edge, grants = [] }: NewDeployment): void {
  if (trigger !== 'edge') {
    if (device !== undefined) throw wrong('device', device, `absent with the trigger ${trigger}`)
    if (edge !== undefined) throw wrong('edge', edge, `absent with the trigger ${trigger}`)
    return
  }
  if (device === undefined) throw wrong('device', device, 'the name of an input')
  if (edge === undefined) throw wrong('edge', edge, edges.join(', '))
  const granted = grants.find((one) => one.device === device)
  if (granted?.kind !== 'gpio' || granted.access === 'write')
    throw wrong('device', device, 'granted for reading as gpio, which the trigger edge needs')
}

function callOf(wanted: NewDeployment, manifest: Pinned['manifest']): Uint8Array {
  const chosen = chooseExport(manifest, wanted.export)
  const read = manifest.kind === 'core' ? coreArgsFromJson : argsFromJson
  if (chosen.command && wanted.args !== undefined && !(Array.isArray(wanted.args) && wanted.args.length === 0))
    throw new SamaraError('INVALID_ARGUMENT', 'args: a program has no args; its words are argv', {
      field: 'args',
      expected: 'argv',
    })
  const call = Call.encode({
    export: chosen.name,
    args: chosen.command ? [] : read(chosen.signature, wanted.args ?? []),
    ...(wanted.argv && { argv: wanted.argv }),
    ...(wanted.env && { env: wanted.env }),
    ...(wanted.memoryPages !== undefined && { memoryPages: wanted.memoryPages }),
  })
  if (call.length > 65_536)
    throw new SamaraError('TOO_LARGE', `deployment: arguments of ${call.length} bytes, at most 65536 expected`, {
      field: 'args',
    })
  return call
}
