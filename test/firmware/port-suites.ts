import { type Suite, suites } from '../kernel/suites.ts'

const OTHERS = /usb|chips of the lab/

/**
 * gpio-sim tells of an edge only with the next tick of this kernel's clock. The program's wait begins faster than that,
 * and takes an edge from just before it for one of its own; in the virtual lab the case runs.
 */
const TOO_FAST = 'an edge before the wait is forgotten'

/** What the C agent's drivers do inside the lab kernel: all that the others do, but usb and drivers of the kernel's own. */
export const portSuites: readonly Suite[] = suites
  .filter(({ name }) => !OTHERS.test(name))
  .map(({ name, cases }) => ({
    name,
    cases: cases.filter((one) => !one.name.startsWith('usb: ') && one.name !== TOO_FAST),
  }))
