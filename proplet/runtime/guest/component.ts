import { Script } from 'node:vm'
import type { Guest } from '../hosts/guest.ts'
import { openHandle } from '../hosts/hardware/handles.ts'
import type { ImageLoad, Target } from '../job.ts'
import { type WasmImports, type WasmInstance, type WasmMemory, type WasmModule, wasm } from '../webassembly.ts'
import { type Instance, memoryOf, pagesOf } from './instance.ts'

type Exports = Readonly<Record<string, unknown>>
type Instantiate = (
  core: (name: string) => WasmModule,
  imports: Readonly<Record<string, unknown>>,
  instantiateCore: (module: WasmModule, imports: WasmImports) => WasmInstance,
) => Exports
type Glue = (scope: Readonly<Record<string, unknown>>) => { readonly instantiate: Instantiate }

export type ComponentFactory = {
  instantiate(): Instance
  /** V8's code cache; worth taking after a run, when the functions that are used have been compiled. */
  cache(): Uint8Array
}

// Bound before a guest runs: the bytes that they make are executed again in other workers.
const { apply } = Reflect
const { createCachedData } = Script.prototype

/** The globals that jco's glue names. They are arguments and not globals, so that nothing else can find them. */
const WebAssembly = Object.freeze({
  Global: wasm.Global,
  // Made once for calls that may suspend, and not instantiated by synchronous glue: Instance and Suspending stay out.
  Module: wasm.Module,
  RuntimeError: wasm.RuntimeError,
  // jco wraps every export for asynchronous calls, in synchronous glue too, which makes instances slow to make.
  promising: (fn: unknown) => fn,
})
const Decoder = TextDecoder
const Encoder = TextEncoder
const { decode } = Decoder.prototype

function glueScope(guest: Guest): Readonly<Record<string, unknown>> {
  class PaidDecoder extends Decoder {
    override decode(...args: Parameters<typeof decode>): string {
      guest.spend(args[0]?.byteLength ?? 0)
      return apply(decode, this, args)
    }
  }
  return {
    // Its error paths write to the console before they throw.
    console: { log() {}, debug() {}, warn() {}, error() {} },
    globalThis: Object.freeze({ WebAssembly }),
    queueMicrotask: (fn: () => void) => void Promise.resolve().then(fn),
    spend: guest.spend,
    TextDecoder: PaidDecoder,
    TextEncoder: Encoder,
    WebAssembly,
  }
}

type Host = Readonly<Record<string, unknown>>

export function componentFactory(guest: Guest, image: ImageLoad, imports: Host): ComponentFactory {
  const { glue } = image
  if (!glue) throw new Error('a component without glue')
  const modules = new Map(image.modules)
  // Without importModuleDynamically, import() fails wherever the glue or what it makes may call it.
  const script = new Script(glue.source, {
    filename: 'glue',
    ...(glue.cached && { cachedData: glue.cached as Buffer }),
  })
  const { instantiate } = (script.runInThisContext() as Glue)(glueScope(guest))
  const core = (name: string) => {
    const module = modules.get(name)
    if (!module) throw new Error(`the component has no module ${name}`)
    return module
  }
  return {
    cache: () => apply(createCachedData, script, []),
    instantiate() {
      const memories = new Set<WasmMemory>()
      const exports = instantiate(core, imports, (module, coreImports) => {
        const instance = new wasm.Instance(module, coreImports)
        const memory = memoryOf(instance)
        if (memory) memories.add(memory)
        // A module that is instantiated twice has two memories, each with the cap of one.
        if (memories.size > image.memories) throw new Error(`the component makes more memories than ${image.memories}`)
        return instance
      })
      return {
        call: (target, args) => callComponent(exports, target, opened(guest, target, args)),
        pages: () => pagesOf(memories),
      }
    },
  }
}

/** The arguments with a handle in the place of each device's name. */
function opened(guest: Guest, target: Target, args: readonly unknown[]): readonly unknown[] {
  if (target.kind !== 'function' || !target.handles) return args
  const filled = [...args]
  for (const handle of target.handles) filled[handle.param] = openHandle(guest, handle, String(args[handle.param]))
  return filled
}

function callComponent(exports: Exports, target: Target, args: readonly unknown[]): unknown {
  if (target.kind !== 'function') throw new Error('a component has no core functions')
  const from = target.interface === undefined ? exports : (exports[target.interface] as Exports | undefined)
  const found = from?.[target.name]
  if (typeof found !== 'function') throw new Error(`the component has no function ${target.name}`)
  return found(...args)
}
