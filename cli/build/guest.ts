import { existsSync, mkdirSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools'
import type { Grant } from '../../shared/capabilities.ts'
import { SamaraError } from '../../shared/errors.ts'
import { describeCore } from '../../shared/wasm/core-module.ts'
import { addDevices, parseDevices } from '../../shared/wasm/devices.ts'
import { layerOf } from '../../shared/wasm/sections.ts'
import { readFile } from '../session.ts'
import { assemblyScriptModule, withWitNames } from './assemblyscript.ts'
import { cModule } from './c.ts'
import { fillDeps } from './deps.ts'
import { javaScriptComponent } from './javascript.ts'
import { rustModule } from './rust.ts'
import { CompileError, type Toolbox } from './toolchain.ts'
import { completeWorld, defaultWorld, type World, worldOf } from './world.ts'

/** A source and what stands beside it, made one artefact: module, types, devices. */

export type Language = 'C' | 'AssemblyScript' | 'JavaScript' | 'Rust'

export type Order = {
  /** A file, or the folder of a crate. */
  readonly source: string
  /** WIT file. @default the one beside the source: `sensor.wit` of `sensor.c` */
  readonly wit?: string | undefined
  /** @default the only world of the WIT file */
  readonly world?: string | undefined
  /** JSON file of devices. @default `sensor.devices.json` of `sensor.c`, `devices.json` in a crate */
  readonly devices?: string | undefined
  /** Whether a component is wanted, which Linux alone runs. @default false, but for JavaScript */
  readonly component?: boolean | undefined
}

export type Guest = { readonly bytes: Uint8Array; readonly language: Language; readonly devices: readonly Grant[] }

const languages: Readonly<Record<string, Language>> = { '.c': 'C', '.ts': 'AssemblyScript', '.js': 'JavaScript' }

export async function buildGuest(order: Order, tools: Toolbox): Promise<Guest> {
  const language = languageOf(order.source)
  // Read first: a slip in them is told before a compiler has run.
  const devices = devicesBeside(order, language)
  const world = worldBeside(order)
  mkdirSync(tools.cacheDir, { recursive: true })
  const compiled = await compile(language, order, world, tools)
  const typed = layerOf(compiled) === 'core' ? await withTypes(order, compiled, world) : compiled
  const made = order.component && layerOf(typed) === 'core' ? await wrapped(order.source, typed) : typed
  return { bytes: devices.length > 0 ? addDevices(made, devices) : made, language, devices }
}

/** Where `samara build` writes when it is not told: beside where it is called, never over a source. */
export const outputName = (source: string): string => `${basename(source, extname(source))}.wasm`

function languageOf(source: string): Language {
  if (!existsSync(source)) throw new SamaraError('NOT_FOUND', `${source}: no such file or folder`)
  if (statSync(source).isDirectory()) {
    if (existsSync(join(source, 'Cargo.toml'))) return 'Rust'
    throw new SamaraError('INVALID_ARGUMENT', `${source}: has no Cargo.toml`, {
      expected: 'a crate, or one source file',
    })
  }
  const language = languages[extname(source)]
  if (language) return language
  throw new SamaraError('INVALID_ARGUMENT', `${source}: is no source that is known here`, {
    expected: '.c, .ts (AssemblyScript), .js, or the folder of a Rust crate',
  })
}

function devicesBeside({ source, devices }: Order, language: Language): readonly Grant[] {
  const own = language === 'Rust' ? join(source, 'devices.json') : beside(source, '.devices.json')
  const file = devices ?? own
  if (devices === undefined && !existsSync(own)) return []
  try {
    return parseDevices(JSON.parse(readFile(file).toString('utf8')))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new SamaraError('INVALID_ARGUMENT', `${file}: is not JSON: ${error.message}`)
  }
}

function worldBeside({ source, wit, world }: Order): World | undefined {
  const own = beside(source, '.wit')
  const file = wit ?? own
  if (wit !== undefined || existsSync(own)) return worldOf(file, readFile(file).toString('utf8'), world)
  return undefined
}

const beside = (source: string, ending: string): string =>
  join(dirname(source), `${basename(source, extname(source))}${ending}`)

async function compile(language: Language, order: Order, world: World | undefined, tools: Toolbox) {
  const { source } = order
  switch (language) {
    case 'C':
      return cModule(source, tools)
    case 'AssemblyScript':
      return withWitNames(assemblyScriptModule(source, tools), (world ?? defaultWorld).wit)
    case 'JavaScript': {
      const { wit: own, name } = world ?? defaultWorld
      const { wit } = completeWorld({ wit: own, name }, [])
      return javaScriptComponent(source, { wit, own, world: name }, tools)
    }
    case 'Rust':
      for (const file of fillDeps(source)) tools.note(`wrote ${file}`)
      return rustModule(
        source,
        order.component || !isLibrary(source) ? 'wasm32-wasip2' : 'wasm32-unknown-unknown',
        tools,
      )
  }
}

const isLibrary = (crate: string): boolean => existsSync(join(crate, 'src', 'lib.rs'))

/** The types of its world in a section, where it has a world and wit-bindgen has not put them there. */
async function withTypes({ source }: Order, module: Uint8Array, world: World | undefined): Promise<Uint8Array> {
  const { hasComponentType, imports } = describeCore(module)
  // Plain numbers in and out: such a module needs no types to run anywhere.
  if (hasComponentType || (!world && imports.length === 0)) return module
  const interfaces = imports.map((one) => one.module).filter((name) => /^[a-z][\w-]*:/.test(name))
  const { wit, name } = completeWorld(world ?? defaultWorld, [...new Set(interfaces)].sort())
  try {
    const typed = await componentEmbed({ binary: module, witSource: wit, world: name, stringEncoding: 'utf8' })
    // Wrapping is the check: names and core signatures of imports and exports against the world.
    await componentNew(typed, [])
    return typed
  } catch (error) {
    throw new CompileError(source, 'its world', String(error instanceof Error ? error.message : error))
  }
}

async function wrapped(source: string, module: Uint8Array): Promise<Uint8Array> {
  try {
    return await componentNew(module, [])
  } catch (error) {
    throw new CompileError(source, 'its world', String(error instanceof Error ? error.message : error))
  }
}
