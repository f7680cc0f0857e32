/**
 * Names of WIT functions in a core module. Toolchains write the first spelling today; the second is the one that the
 * component model proposes for build targets, in which compatible versions share a name.
 */

export type LoweredName = {
  /** WIT interface as the module spells it, its version too; undefined where the world itself has the function. */
  readonly interface: string | undefined
  readonly function: string
  readonly resourceDrop: boolean
}

const STANDARD = 'cm32p2'
const DROP = /^\[resource-drop\](.+)$/

/** What a core import asks for; undefined where it is no host function of WIT. */
export function loweredImport(module: string, name: string): LoweredName | undefined {
  if (module === '$root') return { interface: undefined, function: name, resourceDrop: false }
  if (module === STANDARD) return { interface: undefined, function: name, resourceDrop: false }
  if (module.startsWith(`${STANDARD}|`)) return standard(module.slice(STANDARD.length + 1), name)
  if (!/^[a-z][^[\]]*:[^/]+\//.test(module)) return undefined
  const [, dropped] = DROP.exec(name) ?? []
  return { interface: module, function: dropped ?? name, resourceDrop: dropped !== undefined }
}

function standard(module: string, name: string): LoweredName {
  const resourceDrop = name.endsWith('_drop')
  return { interface: module, function: resourceDrop ? name.slice(0, -'_drop'.length) : name, resourceDrop }
}

/** Both spellings of an export, today's first. `exported` is `run` or `interface#run`. */
export function liftedNames(exported: string): readonly [string, string] {
  const hash = exported.lastIndexOf('#')
  if (hash < 0) return [exported, `${STANDARD}||${exported}`]
  const home = exported.slice(0, hash)
  return [exported, `${STANDARD}|${compatible(home)}|${exported.slice(hash + 1)}`]
}

/** `wasi:gpio/digital@0.2.0` as `wasi:gpio/digital@0.2`: the part of a version that compatible ones share. */
export function compatible(module: string): string {
  const [home = '', version] = module.split('@')
  if (version === undefined || /[-+]/.test(version)) return module
  const [major = '0', minor = '0', patch = '0'] = version.split('.')
  if (major !== '0') return `${home}@${major}`
  return minor !== '0' ? `${home}@0.${minor}` : `${home}@0.0.${patch}`
}
