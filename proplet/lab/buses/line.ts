import type { GpioModel } from '../part.ts'

export type Pull = 'up' | 'down' | 'none'
export type GpioPart = {
  readonly name: string
  readonly model: GpioModel
  /** A resistor on the board. */
  readonly pull: Pull | undefined
  readonly onStir: (fn: () => void) => () => void
}

/** One wire: who drives it, and what level that gives. */
export interface Line {
  readonly level: boolean
  readonly part: GpioPart | undefined
  attach(part: GpioPart): void
  /** The proplet's side drives it, and goes on when nobody has it open any more. */
  drive(level: boolean): void
  /** The proplet's side listens only. */
  release(): void
  pull(pull: Pull | undefined): void
  onChange(fn: (level: boolean) => void): () => void
}

export function createLine(): Line {
  const hearers = new Set<(level: boolean) => void>()
  let part: GpioPart | undefined
  let driven: boolean | undefined
  let pulled: Pull | undefined
  let level = false

  /** The proplet's side is strong, a part weaker, a resistor weakest; what floats reads low. */
  const resolve = (): boolean => driven ?? part?.model.level?.() ?? (pulled ?? part?.pull ?? 'none') === 'up'

  function look(): void {
    const now = resolve()
    if (now === level) return
    level = now
    for (const fn of [...hearers]) fn(now)
  }

  return {
    get level() {
      look()
      return level
    },
    get part() {
      return part
    },
    attach(given) {
      part = given
      given.model.onLevel?.(look)
      given.onStir(look)
      level = resolve()
    },
    drive(to) {
      const isNew = driven !== to
      driven = to
      if (isNew) part?.model.drive?.(to)
      look()
    },
    release() {
      driven = undefined
      look()
    },
    pull(to) {
      pulled = to
      look()
    },
    onChange(fn) {
      hearers.add(fn)
      return () => hearers.delete(fn)
    },
  }
}
