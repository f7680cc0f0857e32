/** What became of one case inside the lab kernel. */
export type Result = {
  readonly suite: string
  readonly name: string
  readonly ms: number
  /** Why it failed. */
  readonly error?: string | undefined
}
