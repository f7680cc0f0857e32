import type { ManifestImage } from '../../shared/documents/manifest.ts'
import type { Candidate, Requirement } from './snapshot.ts'

/**
 * How well a proplet suits a task; the largest wins. A free slot counts more than a cached image, since a queue costs
 * whole runs and a pull only milliseconds; a proplet that has lost this task before comes last.
 */
export function rank(need: Requirement, one: Candidate, image: ManifestImage): number {
  const load = one.assigned / Math.max(1, one.slots)
  return (
    (need.avoid.has(one.id) ? -1000 : 0) +
    (one.liveness === 'on-time' ? 0 : -100) +
    (load < 1 ? 10 : 0) -
    load +
    (one.caches(image.digest) ? 0.5 : 0)
  )
}
