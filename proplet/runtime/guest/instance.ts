import type { Guest } from '../hosts/guest.ts'
import { PREVIEW1, preview1 } from '../hosts/preview1.ts'
import type { ImageLoad, Target } from '../job.ts'
import { EXPOSED_MEMORY } from '../memory-name.ts'
import { type WasmInstance, type WasmMemory, type WasmModule, wasm } from '../webassembly.ts'

const PAGE_BYTES = 65_536

/** A guest in memory, whatever its format. */
export type Instance = {
  call(target: Target, args: readonly unknown[]): unknown
  /** Pages of its largest memory; undefined where it has none. */
  pages(): number | undefined
}

export const memoryOf = (instance: WasmInstance): WasmMemory | undefined => {
  const { exports } = instance
  return [exports[EXPOSED_MEMORY], exports.memory].find((one): one is WasmMemory => one instanceof wasm.Memory)
}

export const pagesOf = (memories: Iterable<WasmMemory>): number | undefined => {
  const pages = Array.from(memories, (memory) => memory.buffer.byteLength / PAGE_BYTES)
  return pages.length === 0 ? undefined : Math.max(...pages)
}

/** Instantiates core modules: plain ones and WASI 0.1 commands. */
export function coreFactory(guest: Guest, image: ImageLoad): { instantiate(): Instance } {
  const [, module] = image.modules[0] ?? []
  if (!module) throw new Error('an image without a module')
  const wantsWasi = wasm.Module.imports(module).length > 0
  return { instantiate: () => instantiateCore(guest, module, wantsWasi) }
}

function instantiateCore(guest: Guest, module: WasmModule, wantsWasi: boolean): Instance {
  let memory: WasmMemory | undefined
  const host = () => {
    if (!memory) throw new wasm.RuntimeError('host call without a memory')
    return memory
  }
  const instance = new wasm.Instance(module, wantsWasi ? { [PREVIEW1]: preview1(guest, host) } : {})
  memory = memoryOf(instance)
  const initialize = instance.exports._initialize
  if (typeof initialize === 'function') initialize()
  return {
    call: (target, args) => callCore(instance, target.kind === 'core' ? target.name : '_start', args),
    pages: () => pagesOf(memory ? [memory] : []),
  }
}

function callCore(instance: WasmInstance, name: string, args: readonly unknown[]): unknown {
  const found = instance.exports[name]
  if (typeof found !== 'function') throw new Error(`the module has no function ${name}`)
  return found(...args)
}
