import type { Manifest, ManifestImage } from '../../shared/documents/manifest.ts'
import type { ComponentDescription } from '../../shared/wasm/component.ts'
import type { CoreDescription } from '../../shared/wasm/core-module.ts'
import { extractCore } from '../../shared/wasm/extract-core.ts'
import { type SmallImage, smallImage } from '../../shared/wasm/small-image.ts'
import { mendsOf } from './mends.ts'
import type { SmallFacts } from './notes.ts'

/** The form of a module that a C proplet loads, and what a user is told of it. */
export type Small = SmallFacts & { readonly image?: Exclude<SmallImage, { refused: unknown }> }

export function smallOf(bytes: Uint8Array, core: CoreDescription, imports: Manifest['imports']): Small {
  const found = smallImage(bytes, core, imports)
  if ('refused' in found) return refusedFor(found.refused)
  return { image: found, refused: [], mends: mendsOf(bytes, core, found), startMoved: found.startMoved }
}

export function smallOfComponent(component: ComponentDescription, imports: Manifest['imports']): Small {
  const found = extractCore(component)
  return 'refused' in found ? refusedFor([found.refused]) : smallOf(found.bytes, found.core, imports)
}

/** A module that takes and gives numbers is lowered as it stands, as long as it gives one at most. */
export function smallOfNumeric(bytes: Uint8Array, core: CoreDescription): Small {
  const several = core.exports.find(({ type }) => type.kind === 'func' && type.results.length > 1)
  if (several) return refusedFor([`its export ${several.name} gives several numbers at once; let it give one`])
  return smallOf(bytes, core, [])
}

const refusedFor = (refused: readonly string[]): Small => ({ refused, mends: [], startMoved: false })

type Derived = Pick<ManifestImage, 'recipe' | 'format'> & { readonly bytes: Uint8Array }

export const imagesOf = ({ image }: Small): Derived[] =>
  image ? [{ recipe: image.recipe, format: 'lowered-core', bytes: image.bytes }] : []

export const sizesOf = (small: Small | undefined): Pick<Manifest, 'dataBytes' | 'stackBytes'> => ({
  ...(small?.image?.dataBytes !== undefined && { dataBytes: small.image.dataBytes }),
  ...(small?.image?.stackBytes !== undefined && { stackBytes: small.image.stackBytes }),
})
