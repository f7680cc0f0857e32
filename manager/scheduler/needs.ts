import type { Manifest } from '../../shared/documents/manifest.ts'
import { withoutVersion } from '../../shared/wasm/component-types.ts'
import { isHardware } from '../../shared/wit/table.ts'
import type { Requirement } from './snapshot.ts'

/** What a version needs of a proplet, whoever runs it. */
export const needsOf = (
  manifest: Manifest,
): Pick<Requirement, 'images' | 'minMemoryPages' | 'dataBytes' | 'interfaces'> => ({
  images: manifest.images,
  minMemoryPages: manifest.memory.minPages,
  ...(manifest.dataBytes !== undefined && { dataBytes: manifest.dataBytes }),
  interfaces: hardwareOf(manifest),
})

/** Interfaces beside WASI 0.2 that it imports, as hello names them. [P-10.1] */
export const hardwareOf = ({ imports }: Pick<Manifest, 'imports'>): readonly string[] => [
  ...new Set(imports.filter(({ module }) => isHardware(module)).map(({ module }) => withoutVersion(module))),
]
