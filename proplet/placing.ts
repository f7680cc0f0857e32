import type { RunReport, Session, SessionRun } from './hal/hal.ts'
import type { Slots } from './slots.ts'

/** A place to run in, and the devices for it. */
export type Placed = {
  /** Gives all of it back; what the devices tell of the run where there were any. Safe states come before the next holder. */
  end(options: { readonly safe: boolean }): Promise<RunReport | undefined>
}

/** Undefined where the signal came first. Throws where the devices have become unusable. */
export async function place(
  slots: Slots,
  session: Session | undefined,
  signal: AbortSignal,
): Promise<Placed | undefined> {
  if (session) return await placeWithDevices(slots, session, signal)
  if (!slots.tryTake() && !(await slots.take(signal))) return undefined
  return {
    end: async () => {
      slots.give()
      return undefined
    },
  }
}

/**
 * Who waits for devices holds no slot while there are free ones, and who waits for a slot holds no devices: neither keeps
 * others from what it does not use yet.
 */
async function placeWithDevices(slots: Slots, session: Session, signal: AbortSignal): Promise<Placed | undefined> {
  let run = await session.begin(signal)
  if (!run) return undefined
  if (!slots.tryTake()) {
    await run.end({ safe: false })
    if (!(await slots.take(signal))) return undefined
    run = await begun(slots, session, signal)
    if (!run) return undefined
  }
  const held = run
  return { end: (options) => held.end(options).finally(() => slots.give()) }
}

async function begun(slots: Slots, session: Session, signal: AbortSignal): Promise<SessionRun | undefined> {
  let run: SessionRun | undefined
  try {
    run = await session.begin(signal)
    return run
  } finally {
    if (!run) slots.give()
  }
}
