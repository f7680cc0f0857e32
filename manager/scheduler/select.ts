import type { ManifestImage } from '../../shared/documents/manifest.ts'
import { feasible, isReason } from './feasible.ts'
import { rank } from './rank.ts'
import type { Candidate, Placement, Requirement, Unplaceable } from './snapshot.ts'

/** Feasible, rank, select. The same snapshot gives the same answer: ties go to the smallest id. */
export function schedule(need: Requirement, snapshot: Iterable<Candidate>): Placement | Unplaceable {
  const reasons: string[] = []
  let later = false
  let best: { one: Candidate; image: ManifestImage; score: number } | undefined
  for (const one of snapshot) {
    const found = feasible(need, one)
    if (isReason(found)) {
      later ||= !found.never
      reasons.push(`${one.id}: ${found.text}`)
      continue
    }
    const score = rank(need, one, found)
    if (!best || score > best.score || (score === best.score && one.id < best.one.id))
      best = { one, image: found, score }
  }
  if (best) return { proplet: best.one.id, image: best.image }
  return { later, reasons: reasons.length ? reasons : ['there is no proplet yet'] }
}

export const isPlaced = (answer: Placement | Unplaceable): answer is Placement => 'proplet' in answer
