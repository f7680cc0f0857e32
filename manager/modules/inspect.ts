import { Manifest, type ManifestImage } from '../../shared/documents/manifest.ts'
import { SamaraError } from '../../shared/errors.ts'
import { type Kind, MAX_MODULE_BYTES } from '../../shared/fields.ts'
import { type Digest, digestOf } from '../../shared/ids.ts'
import { type ComponentDescription, describeComponent } from '../../shared/wasm/component.ts'
import { type CoreDescription, describeCore } from '../../shared/wasm/core-module.ts'
import type { Limits } from '../../shared/wasm/core-types.ts'
import { devicesOf } from '../../shared/wasm/devices.ts'
import { layerOf } from '../../shared/wasm/sections.ts'
import { refuseUnoffered } from '../../shared/wit/admission.ts'
import type { Inspection } from '../services/functions.ts'
import { componentExports, componentImports, refuseComponent } from './inspect-component.ts'
import { coreExports, kindOf, refuseUnsafe } from './inspect-core.ts'
import { notesOf } from './notes.ts'
import { imagesOf, type Small, sizesOf, smallOf, smallOfComponent, smallOfNumeric } from './small.ts'

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
  readonly small?: Small
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
  const parts = componentParts(description, world)
  const small = smallOfComponent(description, parts.imports)
  return {
    ...parts,
    kind: 'component',
    cores,
    small,
    images: [{ recipe: 'artefact', format: 'component', bytes }, ...imagesOf(small)],
  }
}

async function core(bytes: Uint8Array, tools: ComponentTools, validate: Validate): Promise<Parts> {
  const description = describeCore(bytes)
  refuseUnsafe(description, 'refuse')
  const kind = kindOf(description)
  refuseInvalid(bytes, validate)
  if (kind === 'lowered-core') return await lowered(bytes, description, tools)
  const parts = {
    kind,
    exports: coreExports(description, kind),
    imports: description.imports.map(({ module, name }) => ({ module, name })),
    cores: [description],
  }
  if (kind === 'command') return { ...parts, images: [{ recipe: 'artefact', format: 'wasi-command', bytes }] }
  const small = smallOfNumeric(bytes, description)
  return { ...parts, small, images: [{ recipe: 'artefact', format: 'core-module', bytes }, ...imagesOf(small)] }
}

function refuseInvalid(bytes: Uint8Array, validate: Validate): void {
  if (!validate(bytes)) throw new SamaraError('INVALID_ARGUMENT', 'module: its code does not validate')
}

async function lowered(bytes: Uint8Array, core: CoreDescription, tools: ComponentTools): Promise<Parts> {
  const { component: wrapped, world } = await tools.check(bytes, 'core')
  if (!wrapped) throw new SamaraError('INTERNAL', 'module: the tools made no component')
  const description = describeComponent(wrapped)
  refuseComponent(description)
  const parts = componentParts(description, world)
  const small = smallOf(bytes, core, parts.imports)
  return {
    ...parts,
    kind: 'lowered-core',
    cores: [core],
    small,
    images: [{ recipe: 'component', format: 'component', bytes: wrapped }, ...imagesOf(small)],
  }
}

function componentParts(component: ComponentDescription, world: string) {
  const imports = componentImports(component)
  refuseUnoffered(imports)
  return { component, world, exports: componentExports(component), imports }
}

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
  const devices = devicesIn(bytes, parts.component)
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
    ...(devices && { devices }),
    ...sizesOf(parts.small),
  }
  // What does not fit into a manifest is refused now, not when it is stored.
  Manifest.encode(manifest)
  return {
    manifest,
    images,
    notes: notesOf(manifest, parts.component, parts.small),
    mends: parts.small?.mends ?? [],
  }
}

/** Those of the component itself; else those that its core brought along. */
const devicesIn = (bytes: Uint8Array, component: ComponentDescription | undefined): Manifest['devices'] =>
  devicesOf(bytes) ?? component?.cores.map(devicesOf).find((found) => found !== undefined)

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
