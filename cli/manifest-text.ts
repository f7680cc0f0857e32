import { grantWords } from '../shared/grant-words.ts'
import type { ManifestView } from './api.ts'
import { shortDigest, size } from './format.ts'
import type { Session } from './session.ts'

type Export = ManifestView['exports'][number]
type Import = ManifestView['imports'][number]
type Image = ManifestView['images'][number]

/** `func(a:s32,b:s32)->s32` as people write it. */
export const signature = (text: string | undefined): string | undefined =>
  text?.replace(/([:,])(?=\S)/g, '$1 ').replace(/->/g, ' -> ')

/**
 * What a version is and needs: kind, memory, devices, exports, imports, images. `asks` says in words what it asks for,
 * where somebody knows more of the devices than their names.
 */
export function manifestText(session: Session, manifest: ManifestView, asks?: string): string {
  const { memory, devices = [] } = manifest
  const most =
    memory.maxPages === undefined ? (memory.grows ? 'grows' : 'does not grow') : size(memory.maxPages * 65_536)
  const parts = [
    session.details([
      ['kind', manifest.kind],
      ['memory', `${size(memory.minPages * 65_536)}, ${memory.maxPages === undefined ? most : `at most ${most}`}`],
      ['on C proplets', smallMemory(manifest)],
      ['asks for', devices.length > 0 ? (asks ?? grantWords(devices)) : undefined],
    ]),
    session.table<Export>(
      [
        { title: 'EXPORT', of: ({ name }) => name },
        { title: 'SIGNATURE', of: (one) => signature(one.signature) },
      ],
      manifest.exports,
    ),
  ]
  if (manifest.imports.length > 0) parts.push(importTable(session, manifest.imports))
  parts.push(imageTable(session, manifest.images))
  return parts.join('\n')
}

/** Exact, because a few bytes decide whether it fits. */
function smallMemory({ dataBytes, stackBytes }: ManifestView): string | undefined {
  if (dataBytes === undefined) return undefined
  return `${dataBytes} bytes${stackBytes === undefined ? '' : `, ${stackBytes} of them its stack`}`
}

const importTable = (session: Session, imports: readonly Import[]): string =>
  session.table<Import>(
    [
      { title: 'IMPORT', of: ({ module }) => module },
      { title: 'NAME', of: ({ name }) => name },
      { title: 'SIGNATURE', of: (one) => signature(one.signature) },
    ],
    imports,
  )

const imageTable = (session: Session, images: readonly Image[]): string =>
  session.table<Image>(
    [
      { title: 'IMAGE', of: ({ recipe }) => recipe },
      { title: 'FORMAT', of: ({ format }) => format },
      { title: 'SIZE', of: ({ sizeBytes }) => size(sizeBytes), align: 'right' },
      { title: 'DIGEST', of: ({ digest }) => shortDigest(digest) },
    ],
    images,
  )
