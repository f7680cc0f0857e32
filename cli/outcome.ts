/** How a task ended, in a user's words and as an exit code. */

export type Ended = {
  readonly state?: string | undefined
  readonly outcome?: string | undefined
  readonly exitCode?: number | undefined
  readonly error?: { readonly message: string } | undefined
}

const FAILED = 1
/** What a shell leaves to programs; above are its own. */
const LARGEST_GUEST_CODE = 125

/** The guest's own code where it left with one that a shell can tell, else 0 or 1. */
export function exitCodeOf({ state, outcome, exitCode }: Ended): number {
  if (state === 'completed' || outcome === 'completed') return 0
  if (outcome === 'exited' && exitCode !== undefined && exitCode >= 1 && exitCode <= LARGEST_GUEST_CODE) return exitCode
  return FAILED
}

/** `trapped: unreachable`, `timed-out`, `refused: ...`; undefined where it went well. */
export function outcomeText({ state, outcome, exitCode, error }: Ended): string | undefined {
  if (state === 'completed' || outcome === 'completed') return undefined
  const how = outcome ?? state ?? 'not known'
  if (how === 'exited') return `exited: code ${exitCode ?? 'unknown'}`
  const message = error?.message
  return message && message !== how ? `${how}: ${message}` : how
}
