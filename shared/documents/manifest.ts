import { Grant, MAX_GRANTS } from '../capabilities.ts'
import { formats, kinds, sha256 } from '../fields.ts'
import { bool, field, type Infer, list, message, numbered, optional, struct, text, uint } from '../schema.ts'

const signature = text({ max: 16_384 })
const wasmName = text({ max: 256 })

export const ManifestExport = struct('manifest-export', {
  name: field(1, wasmName, 'What a caller says: `add`, or `interface#function` as WIT spells it.'),
  signature: field(2, signature, 'Canonical text. [P-8.1]'),
})

export const ManifestImport = struct('manifest-import', {
  module: field(1, wasmName, 'WIT interface with version, or the core import module.'),
  name: field(2, wasmName, 'Function.'),
  signature: optional(3, signature, 'Canonical text; absent for core imports that are not WIT.'),
  digest: optional(4, sha256, 'SHA-256 of module without version, `#`, name, a space and the signature. [P-8.2]'),
})

export const ManifestMemory = struct('manifest-memory', {
  minPages: field(1, uint(32), 'Pages of 64 KiB that it starts with.'),
  maxPages: optional(2, uint(32), 'Pages that it may grow to, where it says so.'),
  grows: field(3, bool, 'Whether the code holds a memory.grow.'),
})

export const recipes = ['artefact', 'component', 'stripped-core', 'shrunk-core'] as const

export const ManifestImage = struct('manifest-image', {
  recipe: field(1, numbered(recipes), 'How it was derived from the artefact.'),
  format: field(2, numbered(formats), 'What loads it.'),
  digest: field(3, sha256, 'Of its bytes.'),
  sizeBytes: field(4, uint(32), 'Of its bytes.'),
})

/** What a function version is. Immutable; its digest names the version. [P-8] */
export const Manifest = message(
  'manifest',
  'Describes one version of a function: what it is, what it needs, what may be loaded of it.',
  {
    kind: field(1, numbered(kinds), 'What the artefact is.'),
    artefact: field(2, sha256, 'Digest of the uploaded bytes.'),
    sizeBytes: field(3, uint(32), 'Size of the uploaded bytes.'),
    exports: field(4, list(ManifestExport, { max: 1024 }), 'Functions that can be called.'),
    imports: field(5, list(ManifestImport, { max: 1024 }), 'Host functions that it asks for.'),
    memory: field(6, ManifestMemory, 'Linear memory.'),
    images: field(7, list(ManifestImage, { max: 8 }), 'What a proplet can load.'),
    world: optional(8, text({ max: 65_536 }), 'WIT text of the world, where there is one.'),
    startSection: optional(9, bool, 'Whether the core module has a start section.'),
    tableElements: optional(10, uint(32), 'Elements of its tables.'),
    devices: optional(
      11,
      list(Grant, { max: MAX_GRANTS }),
      'Devices that it asks for; its grants are what it gets. [P-10.2]',
    ),
    dataBytes: optional(
      12,
      uint(32),
      'Linear memory that a C proplet gives it where that is less than its pages. [P-8.4]',
    ),
    stackBytes: optional(13, uint(32), 'Of its own stack, inside its linear memory, where that is known.'),
  },
  { maxBytes: 1024 * 1024 },
)
export type Manifest = Infer<typeof Manifest>
export type ManifestImage = Infer<typeof ManifestImage>
export type ManifestImport = Infer<typeof ManifestImport>
export type ManifestExport = Infer<typeof ManifestExport>
