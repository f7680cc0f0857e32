import { type DesiredDeployment, DesiredList } from '../../shared/documents/desired-list.ts'
import type { Manifest, ManifestImage } from '../../shared/documents/manifest.ts'
import { parseSelector } from '../../shared/selector.ts'
import type { DeploymentRecord } from '../store/store.ts'
import { everFeasible, isReason, isWanted } from './feasible.ts'
import type { Candidate } from './snapshot.ts'

export type Pinned = { readonly record: DeploymentRecord; readonly manifest: Manifest; readonly manifestBytes: number }

/** Why a deployment that selects a proplet is not desired there. */
export type LeftOut = { readonly record: DeploymentRecord; readonly reason: string }

/** What one proplet shall keep: every deployment whose selector it matches and that it can ever run. */
export function desiredOn(
  one: Candidate,
  deployments: readonly Pinned[],
): { list: DesiredDeployment[]; leftOut: LeftOut[] } {
  const list: DesiredDeployment[] = []
  const leftOut: LeftOut[] = []
  for (const pinned of [...deployments].sort((a, b) => (a.record.id < b.record.id ? -1 : 1))) {
    const found = fits(one, pinned)
    if (found === undefined) continue
    if (typeof found === 'string') leftOut.push({ record: pinned.record, reason: found })
    else list.push(entry(pinned, found))
  }
  return { list, leftOut }
}

/** The image to keep, the reason why not, or undefined where the selector does not mean it or nothing is known of it yet. */
function fits(one: Candidate, { record, manifest }: Pinned): ManifestImage | string | undefined {
  const need = {
    images: manifest.images,
    minMemoryPages: manifest.memory.minPages,
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
})

export const desiredBytes = (list: readonly DesiredDeployment[]): Uint8Array =>
  DesiredList.encode({ deployments: list })
