import type { ManifestExport, ManifestImport } from '../../shared/documents/manifest.ts'
import { signatureText } from '../../shared/signature.ts'
import type { ComponentDescription } from '../../shared/wasm/component.ts'
import { type CoreDescription, describeCore } from '../../shared/wasm/core-module.ts'
import { functionDigest } from '../../shared/wasm/interface-digest.ts'
import { refuseUnsafe, unsupported } from './inspect-core.ts'

/** What a component asks for and offers, and why not. */

/** Throws UNSUPPORTED by name for what no proplet does. Gives its core modules described. */
export function refuseComponent(component: ComponentDescription): CoreDescription[] {
  const names = [
    ...component.imports.map(({ module }) => module),
    ...component.exports.map((one) => one.interface ?? ''),
  ]
  for (const name of names) refuseInterface(name)
  if (component.exports.every(({ name }) => !isCallable(name))) throw unsupported('component exports no function')
  return component.cores.map((bytes) => {
    const core = describeCore(bytes)
    refuseUnsafe(core, 'accept')
    return core
  })
}

function refuseInterface(name: string): void {
  if (name.startsWith('wasi:http/')) throw unsupported(`component uses ${name}; HTTP is not offered to functions`)
  if (/^wasi:.*@0\.3/.test(name)) throw unsupported(`component uses ${name}; WASI 0.3 is not supported, WASI 0.2 is`)
}

/** Methods of exported resources need a handle that no caller has. */
const isCallable = (name: string): boolean => !name.startsWith('[')

export const componentExports = (component: ComponentDescription): ManifestExport[] =>
  component.exports
    .filter(({ name }) => isCallable(name))
    .map((one) => ({
      name: one.interface === undefined ? one.name : `${one.interface}#${one.name}`,
      signature: signatureText(one.signature),
    }))

export const componentImports = (component: ComponentDescription): ManifestImport[] =>
  component.imports.flatMap(({ module, functions }) =>
    functions.map(({ name, signature }) => ({
      module,
      name,
      signature: signatureText(signature),
      digest: functionDigest(module, name, signature),
    })),
  )

const OWN_WASI = /^wasi:(cli|clocks|random|io)\//
const SHARED_WASI = /^wasi:(filesystem|sockets)\//

/** Interfaces that only some proplets have, in words. */
export function needsOf(component: ComponentDescription): {
  readonly offered: readonly string[]
  readonly granted: readonly string[]
} {
  const modules = component.imports.filter(({ functions }) => functions.length > 0).map(({ module }) => module)
  return {
    offered: modules.filter((name) => !OWN_WASI.test(name) && !SHARED_WASI.test(name)),
    granted: modules.filter((name) => SHARED_WASI.test(name)),
  }
}
