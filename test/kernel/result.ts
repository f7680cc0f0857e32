/** What became of one case inside the lab kernel. */
export type Result = {
  readonly suite: string
  readonly name: string
  readonly ms: number
  /** Why it failed. */
  readonly error?: string | undefined
  /** Of a measurement. */
  readonly values?: readonly number[]
}

/** Name of the suite that runs the table of conformance.json. */
export const CONFORMANCE = 'guests of the conformance table'

/** Name of the suite that runs everything inside. */
export const END_TO_END = 'a factory cell on the kernel'
