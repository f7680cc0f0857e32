import type { DeploymentId } from '../../shared/ids.ts'
import type { DeploymentStateRecord } from '../store/store.ts'

/** Proplets report counts of their boot; what is new in a report is counted. */
export function createRefusalCounter() {
  const last = new Map<string, { readonly boot: string; readonly refusals: number }>()
  let total = 0
  const known = ({ deployment, proplet, boot, refusals = 0 }: DeploymentStateRecord): void =>
    void last.set(`${deployment}/${proplet}`, { boot, refusals })
  return {
    known,
    /** A deployment that is gone reports once or twice that it has stopped: that is counted once. */
    report(state: DeploymentStateRecord, isKept: boolean): void {
      const { refusals = 0 } = state
      const key = `${state.deployment}/${state.proplet}`
      const before = last.get(key)
      if (isKept || before) total += before?.boot === state.boot ? Math.max(0, refusals - before.refusals) : refusals
      if (isKept) known(state)
      else last.delete(key)
    },
    /** Of one deployment, in the boots that its proplets reported last. */
    of(deployment: DeploymentId): number {
      let sum = 0
      for (const [key, { refusals }] of last) if (key.startsWith(`${deployment}/`)) sum += refusals
      return sum
    },
    get total(): number {
      return total
    },
  }
}
