import { encodeItem } from '../../shared/cbor.ts'
import { DesiredDeployment } from '../../shared/documents/desired-list.ts'
import type { DeploymentId } from '../../shared/ids.ts'
import type { Desired } from '../../shared/messages/index.ts'

export type Action =
  | { readonly do: 'begin'; readonly deployment: DesiredDeployment }
  | { readonly do: 'change'; readonly deployment: DesiredDeployment }
  | { readonly do: 'stop'; readonly id: DeploymentId }

/** What turns the old list into the new one; what is equal is left alone. Stops come first and free their share. [P-7.2] */
export function reconcile(old: readonly DesiredDeployment[], desired: readonly DesiredDeployment[]): Action[] {
  const before = new Map(old.map((one) => [one.deployment, one]))
  const after = new Set(desired.map((one) => one.deployment))
  const stops = old.filter((one) => !after.has(one.deployment))
  const others = desired.flatMap((deployment): Action[] => {
    const previous = before.get(deployment.deployment)
    if (!previous) return [{ do: 'begin', deployment }]
    return same(previous, deployment) ? [] : [{ do: 'change', deployment }]
  })
  return [...stops.map((one): Action => ({ do: 'stop', id: one.deployment })), ...others]
}

const encoded = (one: DesiredDeployment): Buffer => encodeItem(DesiredDeployment.toItem(one))
const same = (a: DesiredDeployment, b: DesiredDeployment): boolean => encoded(a).equals(encoded(b))

type Version = Pick<Desired, 'incarnation' | 'revision'>

/** A restored store has a larger incarnation, whatever its revision. [P-7.1] */
export const isNewer = (index: Version, than: Version | undefined): boolean =>
  !than ||
  index.incarnation > than.incarnation ||
  (index.incarnation === than.incarnation && index.revision > than.revision)
