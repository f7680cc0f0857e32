import { basicTriggers, type DesiredDeployment, DesiredList } from '../../shared/documents/desired-list.ts'
import type { Manifest, ManifestImage } from '../../shared/documents/manifest.ts'
import { parseSelector } from '../../shared/selector.ts'
import type { DeploymentRecord } from '../store/store.ts'
import { writtenPlaces } from './devices.ts'
import { everFeasible, isReason, isWanted } from './feasible.ts'
import { needsOf } from './needs.ts'
import type { Candidate } from './snapshot.ts'

export type Pinned = { readonly record: DeploymentRecord; readonly manifest: Manifest; readonly manifestBytes: number }

/** Why a deployment that selects a proplet is not desired there. */
export type LeftOut = {
  readonly record: DeploymentRecord
  readonly reason: string
  /** Whether another deployment writes to the same place there. [P-10.4] */
  readonly conflict: boolean
}

/** Who may write to a place, and by which name. */
type Claim = { readonly record: DeploymentRecord; readonly device: string }

/**
 * What one proplet shall keep: every deployment whose selector it matches and that it can ever run. Of two that would
 * write to the same place the one that comes first in `deployments`, which are in the order of their acceptance. [P-10.4]
 */
export function desiredOn(
  one: Candidate,
  deployments: readonly Pinned[],
): { list: DesiredDeployment[]; leftOut: LeftOut[] } {
  const list: DesiredDeployment[] = []
  const leftOut: LeftOut[] = []
  const claims = new Map<string, Claim>()
  for (const pinned of deployments) {
    const { record } = pinned
    const found = fits(one, pinned)
    if (found === undefined) continue
    const conflict = typeof found === 'string' ? undefined : claim(claims, record, one)
    if (typeof found === 'string') leftOut.push({ record, reason: found, conflict: false })
    else if (conflict) leftOut.push({ record, reason: conflict, conflict: true })
    else list.push(entry(pinned, found))
  }
  return { list: list.sort((a, b) => (a.deployment < b.deployment ? -1 : 1)), leftOut }
}

/** Takes all the places that a deployment writes to, or none of them, and says in words who has one. */
function claim(claims: Map<string, Claim>, record: DeploymentRecord, one: Candidate): string | undefined {
  const places = writtenPlaces(record.grants ?? [], one.devices)
  for (const [place, device] of places) {
    const other = claims.get(place)
    if (!other) continue
    const same = other.device === device ? 'which' : `the same thing as ${other.device}, which`
    return `writes to ${device}, ${same} deployment ${other.record.id} of ${other.record.function} writes to`
  }
  for (const [place, device] of places) claims.set(place, { record, device })
  return undefined
}

/** The image to keep, the reason why not, or undefined where the selector does not mean it or nothing is known of it yet. */
function fits(one: Candidate, { record, manifest }: Pinned): ManifestImage | string | undefined {
  const need = {
    ...needsOf(manifest),
    grants: record.grants ?? [],
    ...(!basicTriggers.includes(record.trigger) && { trigger: { name: record.trigger, device: record.device } }),
    selector: parseSelector(record.selector),
    avoid: new Set<never>(),
  }
  if (!isWanted(need, one)) return undefined
  const found = everFeasible(need, one)
  if (!isReason(found)) return found
  return found.never ? found.text : undefined
}

const entry = ({ record, manifestBytes }: Pinned, image: ManifestImage): DesiredDeployment => ({
  deployment: record.id,
  function: record.function,
  manifest: record.manifest,
  manifestBytes,
  image: image.digest,
  imageBytes: image.sizeBytes,
  trigger: record.trigger,
  ...(record.everyMs !== undefined && { everyMs: record.everyMs }),
  keep: record.keep,
  call: record.call,
  timeoutMs: record.timeoutMs,
  throttleMs: record.throttleMs,
  bufferCount: record.bufferCount,
  ...(record.grants?.length && { grants: record.grants }),
  ...(record.device !== undefined && { device: record.device }),
  ...(record.edge && { edge: record.edge }),
})

export const desiredBytes = (list: readonly DesiredDeployment[]): Uint8Array =>
  DesiredList.encode({ deployments: list })
