import type { Measured } from './rows.ts'

/** What a group of rows gets. */
export type Bench = {
  /** For this run alone, on the file system of the repository. */
  readonly dir: string
  /** Where the built programs are. */
  readonly dist: string
  /** A handful of samples: everything runs once, and the figures mean nothing. */
  readonly quick: boolean
  /** A word on what is going on, or on what is left out. */
  note(text: string): void
}

/** Rows that are measured together, their floors between them, so that the same noise meets both. */
export type Group = {
  readonly ids: readonly string[]
  measure(bench: Bench): Promise<readonly Measured[]>
}
