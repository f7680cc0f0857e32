import type { Logger } from 'pino'
import type { Grant } from '../../shared/capabilities.ts'
import type { Clock } from '../../shared/clock.ts'
import { Manifest } from '../../shared/documents/manifest.ts'
import { notFound, SamaraError } from '../../shared/errors.ts'
import { kinds, MAX_MODULE_BYTES } from '../../shared/fields.ts'
import { grantWords } from '../../shared/grant-words.ts'
import { type Digest, digestOf, type FunctionName, type UserId } from '../../shared/ids.ts'
import type { BlobStore, FunctionRecord, Granted, Page, PageQuery, Store, VersionRecord } from '../store/store.ts'
import type { Events } from './events.ts'
import { checkGrants, createGrantReader, type GrantSet, putGrants } from './grants.ts'

/** What inspection finds in a module. */
export type Inspection = {
  readonly manifest: Manifest
  /** Bytes of every image, the artefact included. */
  readonly images: ReadonlyMap<Digest, Uint8Array>
  readonly notes: readonly {
    readonly format: string
    readonly runs: readonly string[]
    readonly refused: readonly string[]
  }[]
  /** What would make it need less memory where that is short. */
  readonly mends: readonly string[]
}

export interface Inspector {
  /** Throws INVALID_ARGUMENT or UNSUPPORTED with the reason in words. */
  inspect(bytes: Uint8Array): Promise<Inspection>
}

/** A version that can be called: its manifest decoded. */
export type Resolved = { readonly version: VersionRecord; readonly manifest: Manifest }

type Deps = {
  readonly store: Store
  readonly blobs: BlobStore
  readonly inspector: Inspector
  readonly clock: Clock
  readonly events: Events
  readonly log: Logger
  /** What a version may has changed; without a version all of the function's may nothing any more. */
  regranted(name: FunctionName, version: VersionRecord | undefined, grants: GrantSet | undefined): void
}

export type Functions = ReturnType<typeof createFunctions>

/** Names of a call: `latest`, a number or an alias. */
const RESERVED_ALIASES = /^(latest|[0-9]+)$/
const MANIFESTS_HELD = 256

export function createFunctions({ store, blobs, inspector, clock, events, log, regranted }: Deps) {
  const manifests = new Map<Digest, Manifest>()
  // The hot path asks for the same few names: rows are kept until a write goes through here.
  const resolved = new Map<string, VersionRecord>()
  const grantsOf = createGrantReader(blobs)

  async function manifest(digest: Digest): Promise<Manifest> {
    const held = manifests.get(digest)
    if (held) return held
    const decoded = Manifest.decode(await blobs.get(digest))
    if (manifests.size >= MANIFESTS_HELD) manifests.delete(manifests.keys().next().value as Digest)
    manifests.set(digest, decoded)
    return decoded
  }

  async function find(name: FunctionName, reference: string): Promise<VersionRecord> {
    const key = `${name}@${reference}`
    const held = resolved.get(key)
    if (held) return held
    const row = await store.version(name, reference)
    if (!row) throw await missing(name, reference)
    resolved.set(key, row)
    return row
  }

  async function missing(name: FunctionName, reference: string): Promise<SamaraError> {
    const known = await store.function(name)
    if (!known) return notFound('function', name)
    const names = [...Object.keys(known.aliases), 'latest', `1 to ${known.latest}`].join(', ')
    return new SamaraError('NOT_FOUND', `function ${name}: version ${JSON.stringify(reference)} does not exist`, {
      field: 'version',
      expected: `one of ${names}`,
    })
  }

  return {
    manifest,
    /** What a version was granted; none where it was granted nothing. */
    grantsOf,

    /** Looks into a module without keeping it. */
    inspect: (bytes: Uint8Array) => inspected(inspector, bytes),

    /** Keeps the module as a new version; the same module as the newest version is that version again. */
    async add(
      name: FunctionName,
      bytes: Uint8Array,
      options: { user: UserId; alias?: string | undefined },
    ): Promise<{ version: VersionRecord; inspection: Inspection }> {
      if (options.alias !== undefined && RESERVED_ALIASES.test(options.alias))
        throw new SamaraError('INVALID_ARGUMENT', `alias: ${JSON.stringify(options.alias)} is a name of versions`, {
          field: 'alias',
          expected: 'a name other than latest and numbers',
        })
      const inspection = await inspected(inspector, bytes)
      for (const image of inspection.images.values()) await blobs.put(image)
      const encoded = Manifest.encode(inspection.manifest)
      const manifestDigest = await blobs.put(encoded)
      const row = {
        function: name,
        manifest: manifestDigest,
        manifestBytes: encoded.length,
        artefact: inspection.manifest.artefact,
        kind: inspection.manifest.kind,
        sizeBytes: bytes.length,
        createdMs: clock.now(),
        createdBy: options.user,
      }
      const version = await store.addVersion(row, options.alias)
      resolved.clear()
      return { version, inspection }
    },

    async resolve(name: FunctionName, reference = 'latest'): Promise<Resolved> {
      const version = await find(name, reference)
      return { version, manifest: await manifest(version.manifest) }
    },

    async setAlias(name: FunctionName, alias: string, version: number): Promise<void> {
      if (RESERVED_ALIASES.test(alias))
        throw new SamaraError('INVALID_ARGUMENT', `alias: ${JSON.stringify(alias)} is a name of versions`, {
          field: 'alias',
          expected: 'a name other than latest and numbers',
        })
      if (!(await store.setAlias(name, alias, version))) throw await missing(name, `${version}`)
      resolved.clear()
    },

    /** In place of what the version was granted before. Attempts that are placed keep what they have. [P-10.2] */
    async setGrants(
      name: FunctionName,
      reference: string,
      options: { grants: readonly Grant[]; user: UserId },
    ): Promise<VersionRecord> {
      const { grants, user } = options
      checkGrants(grants)
      const version = await find(name, reference)
      const set = await putGrants(blobs, grants)
      const granted: Granted = {
        ...{ grants: set.digest, grantsBytes: set.sizeBytes },
        ...{ grantedBy: user, grantedMs: clock.now() },
      }
      if (!(await store.setGrants(name, version.version, granted))) throw await missing(name, reference)
      resolved.clear()
      regranted(name, version, grants.length > 0 ? set : undefined)
      const words = grantWords(grants)
      log.info({ user, function: name, version: version.version, grants: words }, 'grants of a version set')
      events.emit({ type: 'grants', function: name, version: version.version, by: user, grants, words })
      return { ...version, granted }
    },

    /** Removes the name and its versions; tasks and deployments that have pinned one go on, without its grants. */
    async remove(name: FunctionName): Promise<void> {
      if (!(await store.removeFunction(name))) throw notFound('function', name)
      resolved.clear()
      regranted(name, undefined, undefined)
    },

    async show(name: FunctionName): Promise<{ function: FunctionRecord; versions: readonly VersionRecord[] }> {
      const found = await store.function(name)
      if (!found) throw notFound('function', name)
      return { function: found, versions: await store.versions(name) }
    },

    list: (query: PageQuery): Promise<Page<FunctionRecord>> => store.functions(query),
  }
}

async function inspected(inspector: Inspector, bytes: Uint8Array): Promise<Inspection> {
  if (bytes.length > MAX_MODULE_BYTES)
    throw new SamaraError('TOO_LARGE', `module: ${bytes.length} bytes, at most ${MAX_MODULE_BYTES} expected`)
  const inspection = await inspector.inspect(bytes)
  if (inspection.manifest.artefact !== digestOf(bytes) || !kinds.includes(inspection.manifest.kind))
    throw new SamaraError('INTERNAL', 'module: inspection describes other bytes')
  return inspection
}
