import type { PartContext } from '../../part.ts'

export type Feeling = {
  /** Brings the chip up to date, with the values that held until now. */
  settle(): void
  /** The new values hold. */
  changed?(): void
}

/**
 * Properties as the chip felt them until now. A chip that is brought up to date only when somebody looks would otherwise
 * answer with a value that came after its last conversion.
 */
export function inputs<P extends string, N extends P>(
  context: PartContext<P>,
  names: readonly N[],
  feeling: Feeling,
): (name: N) => number {
  const felt = new Map<P, number>(names.map((name) => [name, Number(context.get(name))]))
  context.onChange((name, value) => {
    if (!felt.has(name)) return
    feeling.settle()
    felt.set(name, Number(value))
    feeling.changed?.()
  })
  return (name) => felt.get(name) ?? 0
}
