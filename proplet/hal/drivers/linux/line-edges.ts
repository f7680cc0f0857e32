import type { Edges } from './edges.ts'
import { readEdges } from './gpio-line.ts'

/** Told of each edge, or why there are none to come. */
export type EdgeHearer = { readonly edge: (rising: boolean) => void; readonly gone: (error: unknown) => void }

/** Edges of one line: whoever reads them takes them from the kernel, so one reads for all who wait. */
export class LineEdges {
  readonly #fd: number
  readonly #edges: Edges
  readonly #hearers = new Set<EdgeHearer>()
  #forget: (() => void) | undefined

  constructor(fd: number, edges: Edges) {
    this.#fd = fd
    this.#edges = edges
  }

  /** From now on: what came before is for those who waited then. Throws where the line is gone. */
  hear(hearer: EdgeHearer): () => void {
    this.#deliver(readEdges(this.#fd))
    this.#hearers.add(hearer)
    this.#forget ??= this.#edges.watch(this.#fd, () => this.#onReadable())
    return () => {
      this.#hearers.delete(hearer)
      if (this.#hearers.size > 0) return
      this.#forget?.()
      this.#forget = undefined
    }
  }

  #onReadable(): void {
    this.#forget = undefined
    try {
      this.#deliver(readEdges(this.#fd))
    } catch (error) {
      for (const { gone } of [...this.#hearers]) gone(error)
    }
    if (this.#hearers.size > 0) this.#forget ??= this.#edges.watch(this.#fd, () => this.#onReadable())
  }

  #deliver(edges: readonly boolean[]): void {
    for (const rising of edges)
      for (const hearer of [...this.#hearers]) if (this.#hearers.has(hearer)) hearer.edge(rising)
  }
}
