import type { CoreDescription } from './core-module.ts'
import { type ExportRow, exportKinds, type OwnGlobal, readData, readExportRows, readGlobals } from './core-parts.ts'
import { type CoreEdit, editCore } from './edit-core.ts'
import { globalNames } from './name-section.ts'
import { namesAddress } from './named-address.ts'
import { isSet, isStackPointer, STACK_ALIGNMENT } from './stack-pointer.ts'

/**
 * WAMR gives a module as much linear memory as it declares, and not a page of 64 KiB, where the module exports the
 * constants `__data_end` and `__heap_base` and never asks for the size of its memory. These are added here where the
 * module itself says where its memory ends. Where that is not sure, the memory stays as it is, and the reason says why.
 */

export type Shrunk = {
  /** Without custom sections. */
  readonly bytes: Uint8Array
  /** Whether constants were added for it. */
  readonly added: boolean
  /** Linear memory that WAMR gives it; absent where that is whole pages. */
  readonly dataBytes?: number
  /** Of the stack inside of it, where that is known. */
  readonly stackBytes?: number
  /** Why the memory stays as it is, and what would help. */
  readonly kept?: string
}

type Module = {
  readonly bytes: Uint8Array
  readonly core: CoreDescription
  readonly globals: readonly OwnGlobal[]
  readonly exports: readonly ExportRow[]
  /** Where constant data starts and ends. */
  readonly dataStart: number
  readonly dataEnd: number
  readonly stackPointer: OwnGlobal | undefined
}

type Layout = { readonly heapBase: number; readonly dataEnd: number }

const PAGE_BYTES = 65_536
/** Larger ones are not looked through. */
const MAX_BYTES = 1024 * 1024
const HEAP_BASE = '__heap_base'
const DATA_END = '__data_end'
const STACK_POINTER = '__stack_pointer'
/** AssemblyScript's names for the first. */
const HEAP_BASE_NAMES = [HEAP_BASE, '~lib/memory/__heap_base']

const MEND_EXPORTS = `link with -Wl,--export=${HEAP_BASE} -Wl,--export=${DATA_END}`

/** `edit` is made to the module as well. */
export function shrinkMemory(bytes: Uint8Array, core: CoreDescription, edit: CoreEdit = {}): Shrunk {
  const module = moduleOf(bytes, core)
  const layout = (core.memories[0]?.min ?? 0) > 0 ? layoutOf(module) : undefined
  if (layout === undefined) return whole(module, edit)
  const stackBytes = stackSize(module)
  const stack = stackBytes === undefined ? {} : { stackBytes }
  if (typeof layout === 'string') return { ...whole(module, edit), ...stack, kept: layout }
  const { heapBase } = layout
  const added = missingExports(module, layout)
  const change = {
    ...edit,
    ...added,
    addExports: [...(edit.addExports ?? []), ...added.addExports],
  }
  return {
    bytes: editCore(bytes, change),
    added: added.addExports.length > 0,
    dataBytes: aligned(heapBase, 8),
    ...stack,
  }
}

/** WAMR cuts where both constants are exported: a module that must stay whole exports one of them no longer. */
function whole({ bytes, exports }: Module, edit: CoreEdit): Shrunk {
  const cuts = [HEAP_BASE, DATA_END].every((name) => exports.some((one) => one.name === name))
  const change = cuts ? { ...edit, dropExports: [...(edit.dropExports ?? []), DATA_END] } : edit
  return { bytes: editCore(bytes, change), added: false }
}

function moduleOf(bytes: Uint8Array, core: CoreDescription): Module {
  const imported = core.imports.filter(({ type }) => type.kind === 'global').length
  const globals = readGlobals(bytes, imported)
  const data = readData(bytes)
  const ends = data.map((segment) => (segment.address ?? Number.NaN) + segment.bytes.length)
  const exports = readExportRows(bytes)
  const dataStart = Math.min(Number.POSITIVE_INFINITY, ...data.map(({ address = Number.NaN }) => address))
  const parts = { bytes, core, globals, exports, dataStart, dataEnd: Math.max(0, ...ends) }
  return { ...parts, stackPointer: findStackPointer(parts) }
}

const exported = (exports: readonly ExportRow[], name: string): number | undefined =>
  exports.find((one) => one.name === name && one.kind === exportKinds.global)?.index

const constantOf = ({ globals, exports }: WithoutStack, name: string): OwnGlobal | undefined => {
  const index = exported(exports, name)
  return globals.find((one) => one.index === index && !one.mutable && one.constant !== undefined)
}

type WithoutStack = Omit<Module, 'stackPointer'>

/** The first variable that starts with an address is the one that WAMR takes for it, too. */
function findStackPointer({ bytes, globals, exports }: WithoutStack): OwnGlobal | undefined {
  const named = exported(exports, STACK_POINTER) ?? globalNames(bytes).get(STACK_POINTER)
  const found = named === undefined ? globals.find(isVariable) : globals.find(({ index }) => index === named)
  if (!found || !isVariable(found)) return undefined
  const isSure = named !== undefined || (found.constant % STACK_ALIGNMENT === 0 && isStackPointer(bytes, found.index))
  return isSure ? found : undefined
}

const isVariable = (global: OwnGlobal): global is OwnGlobal & { constant: number } =>
  global.mutable && global.constant !== undefined && global.constant > 0

/** Where the memory that the module uses ends, or why that is not known. */
function layoutOf(module: Module): Layout | string {
  const { core, dataEnd, bytes } = module
  if (bytes.length > MAX_BYTES) return `it has ${bytes.length} bytes, more than a C proplet holds`
  if (core.growsMemory) return 'its code holds a memory.grow, so its memory has no end that is known'
  if (core.readsMemorySize) return 'its code asks for the size of its memory (memory.size)'
  if (Number.isNaN(dataEnd)) return 'its data has places that only the running module knows'
  const strange = [HEAP_BASE, DATA_END].find((name) =>
    module.exports.some((one) => one.name === name && !constantOf(module, name)),
  )
  if (strange) return `its export ${strange} is no constant`
  const heapBase = heapBaseOf(module)
  if (typeof heapBase === 'string') return heapBase
  const size = (core.memories[0]?.min ?? 0) * PAGE_BYTES
  const used = Math.max(dataEnd, module.stackPointer?.constant ?? 0)
  if (heapBase > size || used > heapBase)
    return `its memory would end at ${heapBase}, which its data and stack (to ${used}) or its ${size} bytes contradict`
  return wrongUse(module, heapBase) ?? { heapBase, dataEnd: belowHeap(dataEndOf(module), heapBase) }
}

/** WAMR rounds the end of data up, and cuts nothing where that is above the end of the memory. */
const belowHeap = (dataEnd: number, heapBase: number): number =>
  aligned(dataEnd, STACK_ALIGNMENT) <= heapBase ? dataEnd : heapBase - (heapBase % STACK_ALIGNMENT)

function heapBaseOf(module: Module): number | string {
  const { globals, exports, bytes, dataEnd, stackPointer } = module
  const names = globalNames(bytes)
  const known =
    exported(exports, HEAP_BASE) ?? HEAP_BASE_NAMES.map((name) => names.get(name)).find((one) => one !== undefined)
  const global = globals.find(({ index }) => index === known)
  const top = stackPointer?.constant
  if (global && !global.mutable && global.constant !== undefined) return global.constant
  if (top === undefined) return `where its memory ends is not known; ${MEND_EXPORTS}`
  // Linkers put the stack first, or between data and heap. In the first case zeroed data may follow unseen.
  if (dataEnd > 0 && dataEnd <= top) return top
  return `its stack comes first and where its data ends is not known; ${MEND_EXPORTS}`
}

/** A stack that starts at 0 has its data above it; one that follows its data starts where that ends. */
function stackSize(module: Module): number | undefined {
  const top = module.stackPointer?.constant
  if (top === undefined) return undefined
  if (module.dataEnd > 0 && module.dataStart >= top) return top
  const dataEnd = constantOf(module, DATA_END)?.constant
  return dataEnd !== undefined && dataEnd < top ? top - dataEnd : undefined
}

const dataEndOf = (module: Module): number => constantOf(module, DATA_END)?.constant ?? module.dataEnd

/** What would go wrong on WAMR although the end is known. */
function wrongUse({ bytes, globals, stackPointer }: Module, heapBase: number): string | undefined {
  if (namesAddress(bytes, heapBase))
    return `it uses the address ${heapBase}, where its memory would end: it may take memory from there`
  const taken = globals.find(({ mutable, constant }) => mutable && constant !== undefined && constant <= heapBase)
  if (!taken?.constant || taken === stackPointer || !isSet(bytes, taken.index)) return undefined
  return `WAMR would take its variable global ${taken.index}, which starts with ${taken.constant}, for a stack pointer; let it start with 0`
}

type Added = {
  readonly addGlobals: readonly number[]
  readonly addExports: readonly ExportRow[]
  readonly dropExports: readonly string[]
}

/** A constant that is there and will not do gives its name to another one. */
function missingExports(module: Module, { dataEnd, heapBase }: Layout): Added {
  const { core } = module
  const next = core.counts.globals + core.imports.filter(({ type }) => type.kind === 'global').length
  const wanted = [
    { name: DATA_END, value: dataEnd },
    { name: HEAP_BASE, value: heapBase },
  ].filter(({ name, value }) => constantOf(module, name)?.constant !== value)
  return {
    addGlobals: wanted.map(({ value }) => value),
    addExports: wanted.map(({ name }, at) => ({ name, kind: exportKinds.global, index: next + at })),
    dropExports: wanted.map(({ name }) => name),
  }
}

const aligned = (value: number, to: number): number => Math.ceil(value / to) * to
