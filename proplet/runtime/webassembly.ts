/** The part of WebAssembly's JavaScript interface that the runtime uses; Node's types leave it out. */

export type WasmModule = { readonly [moduleBrand]: true }
declare const moduleBrand: unique symbol

export type WasmMemory = { readonly buffer: ArrayBuffer }
export type WasmInstance = { readonly exports: Readonly<Record<string, unknown>> }
export type WasmImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>
export type WasmExternal = { readonly name: string; readonly kind: string }

export type WasmApi = {
  readonly Module: {
    new (bytes: Uint8Array): WasmModule
    imports(module: WasmModule): readonly (WasmExternal & { readonly module: string })[]
    exports(module: WasmModule): readonly WasmExternal[]
  }
  readonly Instance: new (module: WasmModule, imports: WasmImports) => WasmInstance
  readonly Memory: new (limits: { initial: number; maximum?: number }) => WasmMemory
  readonly Global: unknown
  readonly RuntimeError: new (message?: string) => Error
  readonly LinkError: new (message?: string) => Error
  readonly CompileError: new (message?: string) => Error
  compile(bytes: Uint8Array): Promise<WasmModule>
  validate(bytes: Uint8Array): boolean
}

/** Captured at import, so that a worker may delete the global afterwards. */
export const wasm: WasmApi = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly
