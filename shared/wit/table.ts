import type { ManifestImport } from '../documents/manifest.ts'
import type { Digest } from '../ids.ts'
import { withoutVersion } from '../wasm/component-types.ts'
import interfaces from './interfaces.json' with { type: 'json' }
import { differingParts } from './shape-difference.ts'

/** Host functions beside WASI 0.2, from the WIT files beside this one. */

/**
 * What an interface is, whatever its version says: two shapes of gpio share one.
 *
 * - `gpio-2026` and `gpio-2025` are the shapes of those years
 * - `device` and `gpio-2025` hold what is ours, too: the functions that hand out handles
 * - `poll` is of WASI 0.2
 */
export type Shape = keyof typeof interfaces
export const agents = ['linux', 'c'] as const
export type Agent = (typeof agents)[number]

export type HostFunction = {
  /** Interface without version. */
  readonly module: string
  /** As our WIT file has it. */
  readonly version: string
  readonly name: string
  /** Canonical text. [P-8.1] */
  readonly signature: string
  /** [P-8.2] */
  readonly digest: Digest
  readonly shape: Shape
}

/** One place for what only Linux proplets have: a C proplet has no USB host, and one shape of gpio. */
const LINUX_ONLY: ReadonlySet<Shape> = new Set(['usb', 'gpio-2025'])
const LINUX_ONLY_MODULES: ReadonlySet<string> = new Set(['wasi:gpio/pwm'])

type Table = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>

const rows: readonly HostFunction[] = Object.entries<Table[string]>(interfaces as Table).flatMap(([shape, modules]) =>
  Object.entries(modules).flatMap(([module, functions]) =>
    Object.entries(functions).map(([text, digest]) => row(shape as Shape, module, text, digest)),
  ),
)

export const hostFunctions: readonly HostFunction[] = rows.filter(({ shape }) => shape !== 'poll')

/** What waiting for a pin needs of WASI 0.2: all that a C proplet has of it, and a part of what Linux proplets have. */
export const pollFunctions: readonly HostFunction[] = rows.filter(({ shape }) => shape === 'poll')

function row(shape: Shape, module: string, text: string, digest: string): HostFunction {
  const [name = '', signature = ''] = text.split(' ')
  const home = withoutVersion(module)
  return { module: home, version: module.slice(home.length + 1), name, signature, digest: digest as Digest, shape }
}

const byDigest = new Map(hostFunctions.map((one) => [one.digest, one]))
const pollByDigest = new Map(pollFunctions.map((one) => [one.digest, one]))
const byModule = Map.groupBy(hostFunctions, ({ module }) => module)
const packages = new Set(hostFunctions.map(({ module }) => module.split('/')[0]))

/** Whether the interface is of a package that this table describes, offered or not; `module` with or without version. */
export const isHardware = (module: string): boolean => packages.has(withoutVersion(module).split('/')[0])

/** The function that an import means; undefined where its shape is not offered. */
export const hostFunctionOf = ({ digest }: Pick<ManifestImport, 'digest'>): HostFunction | undefined =>
  digest === undefined ? undefined : byDigest.get(digest)

/** The function that an import means on a C proplet; undefined where it has none such. */
export function cFunctionOf({ digest }: Pick<ManifestImport, 'digest'>): HostFunction | undefined {
  if (digest === undefined) return undefined
  const found = byDigest.get(digest)
  return found && offeredBy(found).includes('c') ? found : pollByDigest.get(digest)
}

export const offeredBy = ({ shape, module }: HostFunction): readonly Agent[] =>
  LINUX_ONLY.has(shape) || LINUX_ONLY_MODULES.has(module) ? ['linux'] : agents

/** Interfaces without version that an agent of this kind can offer: what its hello names. [P-10.1] */
export const interfacesOf = (agent: Agent): readonly string[] => [
  ...new Set(hostFunctions.filter((one) => offeredBy(one).includes(agent)).map(({ module }) => module)),
]

/** Names the import and both shapes, or what there is instead; undefined where the shape is offered. */
export function shapeDifference({ module, name, signature, digest }: ManifestImport): string | undefined {
  if (hostFunctionOf({ digest })) return undefined
  const home = withoutVersion(module)
  const own = byModule.get(home) ?? []
  const rivals = own.filter((one) => one.name === name)
  if (signature !== undefined && rivals.length > 0) return `${module}#${name}: ${againstEach(signature, rivals)}`
  const asked = `${module}#${name}: ${signature ?? 'no WIT function'} asked for, not offered`
  if (own.length > 0) return `${asked}; ${home} has ${listed(own.map((one) => one.name))}`
  return `${asked}; there are ${listed([...byModule.keys()])}`
}

function againstEach(signature: string, rivals: readonly HostFunction[]): string {
  const pairs = rivals.map((one) => differingParts(signature, one.signature))
  const asked = new Set(pairs.map(([ours]) => ours))
  const both = asked.size === 1 ? pairs : rivals.map((one) => [signature, one.signature] as const)
  return `${both[0]?.[0]} asked for, ${both.map(([, theirs]) => theirs).join(' or ')} offered`
}

const listed = (names: readonly string[]): string => [...new Set(names)].join(', ')
