import type { DeviceReport, Grant } from '../../shared/capabilities.ts'
import type { Trigger } from '../../shared/documents/desired-list.ts'
import type { ManifestImage } from '../../shared/documents/manifest.ts'
import type { Format } from '../../shared/fields.ts'
import type { Digest, PropletId } from '../../shared/ids.ts'
import type { Liveness } from '../../shared/proplet.ts'
import type { Selector } from '../../shared/selector.ts'

/** What the scheduler may know of a proplet: capabilities say it all. */
export type Candidate = {
  readonly id: PropletId
  readonly liveness: Liveness
  /** Two devices share its id. [P-3.6] */
  readonly conflicting: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly formats: readonly Format[]
  readonly slots: number
  readonly queue: number
  /** Attempts that it has been given and has not ended. */
  readonly assigned: number
  /** Bytes of linear memory that one instance may have. */
  readonly memoryBytes: number
  readonly maxImageBytes: number
  /** Beside WASI 0.2, without version. [P-10.1] */
  readonly interfaces: readonly string[]
  readonly devices: readonly DeviceReport[]
  /** Of deployments, beside those that every proplet knows. [P-7.3] */
  readonly triggers: readonly string[]
  readonly caches: (image: Digest) => boolean
}

/** What a task needs. */
export type Requirement = {
  readonly images: readonly ManifestImage[]
  readonly minMemoryPages: number
  /** In place of whole pages where a lowered core is loaded. [P-8.4] */
  readonly dataBytes?: number
  /** Interfaces beside WASI 0.2 that it imports. */
  readonly interfaces: readonly string[]
  /** Devices that it may use, which have to be there. */
  readonly grants: readonly Grant[]
  /** Trigger that not every proplet knows, and the input of which an edge starts it. */
  readonly trigger?: { readonly name: Trigger; readonly device?: Grant['device'] | undefined }
  readonly selector: Selector
  readonly proplet?: PropletId
  /** Proplets where an earlier attempt was lost: taken last. */
  readonly avoid: ReadonlySet<PropletId>
}

export type Placement = { readonly proplet: PropletId; readonly image: ManifestImage }

/** Nowhere to go now. `later` says whether waiting may help. */
export type Unplaceable = { readonly later: boolean; readonly reasons: readonly string[] }

export const PAGE_BYTES = 65_536
