import type { ManifestImage } from '../../shared/documents/manifest.ts'
import { takesWork } from '../../shared/proplet.ts'
import { mismatch } from '../../shared/selector.ts'
import { lacking, unwatchable } from './devices.ts'
import { type Candidate, PAGE_BYTES, type Requirement } from './snapshot.ts'

/** Why a proplet is not for a task, in words. `never` stays true until proplet or function change. */
export type Reason = { readonly never: boolean; readonly text: string }

const never = (text: string): Reason => ({ never: true, text })
const now = (text: string): Reason => ({ never: false, text })

/** The image that the proplet would load, or why it cannot run the task. */
export function feasible(need: Requirement, one: Candidate): ManifestImage | Reason {
  return (
    notWanted(need, one) ?? misfit(need, one) ?? notNow(one) ?? loadable(need, one) ?? never('has no image to load')
  )
}

/** As `feasible`, whether or not it is connected or busy: what it may keep, since it pulls when it comes. */
export function everFeasible(need: Requirement, one: Candidate): ManifestImage | Reason {
  return misfit(need, one) ?? loadable(need, one) ?? never('has no image to load')
}

/** Whether the job or deployment means this proplet at all. */
export const isWanted = (need: Requirement, one: Candidate): boolean => notWanted(need, one) === undefined

export const isReason = (found: ManifestImage | Reason): found is Reason => 'never' in found

function notWanted(need: Requirement, one: Candidate): Reason | undefined {
  if (need.proplet && need.proplet !== one.id) return never(`the job names ${need.proplet}`)
  const unmet = mismatch(need.selector, one.labels)
  return unmet ? never(unmet) : undefined
}

const misfit = (need: Requirement, one: Candidate): Reason | undefined => misfits(need, one).next().value ?? undefined

/** Everything about the proplet that will not do, whoever is connected or busy; the first is reason enough. */
export function* misfits(need: Requirement, one: Candidate): Generator<Reason, undefined> {
  // Formats are known from the first hello; before it nothing can be said for good.
  if (one.formats.length === 0 && one.slots === 0) {
    yield now('has never connected')
    return undefined
  }
  // The interface that it lacks is why an image may be missing, and says more.
  for (const name of need.interfaces) yield* lacks({ interfaces: [name], grants: [] }, one)
  const loads = need.images.filter((image) => one.formats.includes(image.format))
  const wanted = [...new Set(need.images.map((image) => image.format))].join(' or ')
  if (loads.length === 0) yield never(`loads ${one.formats.join(', ') || 'nothing'}, and not ${wanted}`)
  else yield* tooLarge(need, one, loads)
  for (const grant of need.grants) yield* lacks({ interfaces: [], grants: [grant] }, one)
  const deaf = need.trigger && unwatchable(need.trigger, one)
  if (deaf !== undefined) yield never(deaf)
  return undefined
}

function* tooLarge(need: Requirement, one: Candidate, loads: readonly ManifestImage[]): Generator<Reason> {
  const smallest = Math.min(...loads.map((image) => image.sizeBytes))
  if (smallest > one.maxImageBytes) yield never(`holds images of ${one.maxImageBytes} bytes, this one has ${smallest}`)
  const memory = memoryFor(need, loads)
  if (memory > one.memoryBytes)
    yield never(`has ${one.memoryBytes} bytes of memory for an instance, this one needs ${memory}`)
}

function* lacks(need: Pick<Requirement, 'interfaces' | 'grants'>, one: Candidate): Generator<Reason> {
  const lack = lacking(need, one)
  if (lack !== undefined) yield never(lack)
}

/** Whether its lowered core would need less memory there if it were built otherwise. */
export function isShortOfMemory(need: Requirement, one: Candidate): boolean {
  const loads = need.images.filter(({ format }) => format === 'lowered-core' && one.formats.includes(format))
  return loads.length > 0 && memoryFor(need, loads) > one.memoryBytes
}

function memoryFor({ dataBytes, minMemoryPages }: Requirement, loads: readonly ManifestImage[]): number {
  const cut = dataBytes !== undefined && loads.every(({ format }) => format === 'lowered-core')
  return cut ? dataBytes : minMemoryPages * PAGE_BYTES
}

function notNow(one: Candidate): Reason | undefined {
  if (one.conflicting) return now('two devices use this id')
  if (!takesWork(one.liveness)) return now(`is ${one.liveness}`)
  if (one.assigned >= one.slots + one.queue) return now(`is full: ${one.assigned} of ${one.slots + one.queue}`)
  return undefined
}

const loadable = (need: Requirement, one: Candidate): ManifestImage | undefined =>
  need.images.find((image) => one.formats.includes(image.format) && image.sizeBytes <= one.maxImageBytes)
