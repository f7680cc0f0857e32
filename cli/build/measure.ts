import { describeCore } from '../../shared/wasm/core-module.ts'
import { layerOf } from '../../shared/wasm/sections.ts'
import { shrinkMemory } from '../../shared/wasm/shrink.ts'

/** What an artefact weighs, on this machine and before anybody has inspected it. */

export type Measures = {
  readonly kind: 'core' | 'lowered-core' | 'component'
  readonly sizeBytes: number
  /** Of what a microcontroller loads: without types, names and other custom sections. */
  readonly smallBytes?: number
  readonly memory?: {
    readonly pagesBytes: number
    /** What a microcontroller gives it, where that is less than its pages. */
    readonly dataBytes?: number | undefined
    readonly stackBytes?: number | undefined
    /** Why it gets whole pages. */
    readonly kept?: string | undefined
  }
  /** Interfaces. */
  readonly imports: readonly string[]
}

const PAGE_BYTES = 65_536

export function measure(bytes: Uint8Array): Measures {
  if (layerOf(bytes) === 'component') return { kind: 'component', sizeBytes: bytes.length, imports: [] }
  const core = describeCore(bytes)
  const { bytes: small, dataBytes, stackBytes, kept } = shrinkMemory(bytes, core)
  const [memory] = core.memories
  return {
    kind: core.hasComponentType ? 'lowered-core' : 'core',
    sizeBytes: bytes.length,
    smallBytes: small.length,
    ...(memory && { memory: { pagesBytes: memory.min * PAGE_BYTES, dataBytes, stackBytes, kept } }),
    imports: [...new Set(core.imports.map(({ module }) => module))].sort(),
  }
}
