import { Manifest, type ManifestImage } from '../../shared/documents/manifest.ts'
import { SamaraError } from '../../shared/errors.ts'
import { type Kind, MAX_MODULE_BYTES } from '../../shared/fields.ts'
import { type Digest, digestOf } from '../../shared/ids.ts'
import { type ComponentDescription, describeComponent } from '../../shared/wasm/component.ts'
import { type CoreDescription, describeCore } from '../../shared/wasm/core-module.ts'
import type { Limits } from '../../shared/wasm/core-types.ts'
import { stripCustomSections } from '../../shared/wasm/limit-memory.ts'
import { layerOf } from '../../shared/wasm/sections.ts'
import type { Inspection } from '../services/functions.ts'
import { componentExports, componentImports, refuseComponent } from './inspect-component.ts'
import { coreExports, kindOf, refuseUnsafe } from './inspect-core.ts'
import { notesOf } from './notes.ts'

/** What the component tools do for the inspection; they run in a process of their own. */
export interface ComponentTools {
  /** Checks a component, or makes one of a lowered core first. Throws INVALID_ARGUMENT in the words of the tools. */
  check(bytes: Uint8Array, layer: 'core' | 'component'): Promise<Checked>
}
export type Checked = {
  /** Bytes of the component that was made of a lowered core. */
  readonly component?: Uint8Array
  readonly world: string
}

/** Validates a core module as the engine that will load it does. */
export type Validate = (bytes: Uint8Array) => boolean

type Parts = {
  readonly kind: Kind
  readonly images: readonly Derived[]
  readonly exports: Manifest['exports']
  readonly imports: Manifest['imports']
  readonly cores: readonly CoreDescription[]
  readonly component?: ComponentDescription
  readonly world?: string
}
type Derived = Pick<ManifestImage, 'recipe' | 'format'> & { readonly bytes: Uint8Array }

/** Finds out what a module is, what may be loaded of it and where. Throws with the reason in words. */
export async function inspect(bytes: Uint8Array, tools: ComponentTools, validate: Validate): Promise<Inspection> {
  if (bytes.length > MAX_MODULE_BYTES)
    throw new SamaraError('TOO_LARGE', `module: ${bytes.length} bytes, at most ${MAX_MODULE_BYTES} accepted`)
  const parts =
    layerOf(bytes) === 'component' ? await component(bytes, tools, validate) : await core(bytes, tools, validate)
  return inspection(bytes, parts)
}

async function component(bytes: Uint8Array, tools: ComponentTools, validate: Validate): Promise<Parts> {
  const description = describeComponent(bytes)
  const cores = refuseComponent(description)
  for (const one of description.cores) refuseInvalid(one, validate)
  const { world } = await tools.check(bytes, 'component')
  return {
    ...componentParts(description, world),
    kind: 'component',
    cores,
    images: [{ recipe: 'artefact', format: 'component', bytes }],
  }
}

async function core(bytes: Uint8Array, tools: ComponentTools, validate: Validate): Promise<Parts> {
  const description = describeCore(bytes)
  refuseUnsafe(description, 'refuse')
  const kind = kindOf(description)
  refuseInvalid(bytes, validate)
  if (kind === 'lowered-core') return await lowered(bytes, description, tools)
  const format = kind === 'core' ? 'core-module' : 'wasi-command'
  return {
    kind,
    images: [{ recipe: 'artefact', format, bytes }, ...(kind === 'core' ? stripped(bytes, description) : [])],
    exports: coreExports(description, kind),
    imports: description.imports.map(({ module, name }) => ({ module, name })),
    cores: [description],
  }
}

function refuseInvalid(bytes: Uint8Array, validate: Validate): void {
  if (!validate(bytes)) throw new SamaraError('INVALID_ARGUMENT', 'module: its code does not validate')
}

/** A module without custom sections is its own stripped form. */
const stripped = (bytes: Uint8Array, { custom }: CoreDescription): Derived[] =>
  custom.length ? [{ recipe: 'stripped-core', format: 'core-module', bytes: stripCustomSections(bytes) }] : []

async function lowered(bytes: Uint8Array, core: CoreDescription, tools: ComponentTools): Promise<Parts> {
  const { component: wrapped, world } = await tools.check(bytes, 'core')
  if (!wrapped) throw new SamaraError('INTERNAL', 'module: the tools made no component')
  const description = describeComponent(wrapped)
  refuseComponent(description)
  return {
    ...componentParts(description, world),
    kind: 'lowered-core',
    cores: [core],
    images: [
      { recipe: 'component', format: 'component', bytes: wrapped },
      { recipe: 'stripped-core', format: 'lowered-core', bytes: stripCustomSections(bytes) },
    ],
  }
}

const componentParts = (component: ComponentDescription, world: string) => ({
  component,
  world,
  exports: componentExports(component),
  imports: componentImports(component),
})

/** The manifest leaves out a WIT text that is longer; the exports and imports say the same. */
const MAX_WORLD_BYTES = 65_536

function inspection(bytes: Uint8Array, parts: Parts): Inspection {
  const { kind, exports, imports, cores, world } = parts
  const images = new Map<Digest, Uint8Array>([[digestOf(bytes), bytes]])
  const rows = parts.images.map(({ recipe, format, bytes: image }): ManifestImage => {
    const digest = digestOf(image)
    images.set(digest, image)
    return { recipe, format, digest, sizeBytes: image.length }
  })
  const tableElements = total(cores.flatMap(({ tables }) => tables))
  const manifest: Manifest = {
    kind,
    artefact: digestOf(bytes),
    sizeBytes: bytes.length,
    exports,
    imports,
    memory: memoryOf(cores),
    images: rows,
    ...(world !== undefined && Buffer.byteLength(world) <= MAX_WORLD_BYTES && { world }),
    ...(mainCore(cores)?.hasStart && { startSection: true }),
    ...(tableElements > 0 && { tableElements }),
  }
  // What does not fit into a manifest is refused now, not when it is stored.
  Manifest.encode(manifest)
  return { manifest, images, notes: notesOf(manifest, parts.component) }
}

/** The modules beside the main one are adapters and tables that tools put there; the main one has the memory. */
const mainCore = (cores: readonly CoreDescription[]): CoreDescription | undefined =>
  cores.find(({ memories }) => memories.some(({ min }) => min > 0)) ?? cores[0]

function memoryOf(cores: readonly CoreDescription[]): Manifest['memory'] {
  const memories = cores.flatMap((one) => one.memories)
  const maxima = memories.flatMap(({ max }) => (max === undefined ? [] : [max]))
  const isBounded = memories.length > 0 && maxima.length === memories.length
  return {
    minPages: total(memories),
    ...(isBounded && { maxPages: capped(maxima.reduce((sum, max) => sum + max, 0)) }),
    grows: memories.length > 0 && cores.some(({ growsMemory }) => growsMemory),
  }
}

const total = (limits: readonly Limits[]): number => capped(limits.reduce((sum, { min }) => sum + min, 0))
/** What the manifest's field holds. */
const capped = (value: number): number => Math.min(value, 0xffff_ffff)
