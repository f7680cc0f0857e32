import { SamaraError, show } from '../../shared/errors.ts'
import { type CoreDescription, describeCore } from '../../shared/wasm/core-module.ts'
import { unsafeName } from '../../shared/wasm/names.ts'
import { hardwareNames } from './hosts/hardware/index.ts'
import { PREVIEW1, preview1Names } from './hosts/preview1.ts'
import { preview2Names } from './hosts/preview2.ts'

const unsupported = (message: string): SamaraError => new SamaraError('UNSUPPORTED', message)

/** Refuses a core module whose names would become code in generated JavaScript. */
export function checkNames(bytes: Uint8Array): CoreDescription {
  const module = describeCore(bytes)
  const name = unsafeName(module)
  if (name !== undefined) throw unsupported(`name ${show(name)} has a quote, a backslash or a control character`)
  return module
}

/** Refuses a plain core module that imports what the host does not have. */
export function checkCore(bytes: Uint8Array): void {
  for (const { module, name, type } of checkNames(bytes).imports) {
    const known = module === PREVIEW1 && preview1Names.has(name) && type.kind === 'func'
    if (!known) throw unsupported(`import ${show(`${module}.${name}`)} is not provided`)
  }
}

/**
 * Refuses a component that imports an interface, or a version of one, that the host does not have. Versions of the
 * hardware interfaces say nothing: their functions are pinned by digest. [P-8.2]
 */
export function checkInterfaces(names: readonly string[]): void {
  for (const name of names) {
    const [bare = name, version] = name.split('@')
    const known = preview2Names.has(bare) && (version === undefined || version.startsWith('0.2.'))
    if (!known && !hardwareNames.has(bare)) throw unsupported(`import ${show(name)} is not provided`)
  }
}
