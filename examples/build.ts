/**
 * Builds the examples whose toolchain is to be had and says which were skipped.
 *
 *   npm run build:examples [name...]             without a name, all
 *   npm run build:examples -- --check [name...]  writes nothing; fails where a build gives other bytes
 *
 * The compilers are those of `samara build`, which keeps them in .cache/toolchains here.
 */

import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { componentNew, parse, print } from '@bytecodealliance/jco-transpile/wasm-tools'
import { assemblyScriptModule } from '../cli/build/assemblyscript.ts'
import { cCommand, cModule } from '../cli/build/c.ts'
import { buildGuest } from '../cli/build/guest.ts'
import { rustModule } from '../cli/build/rust.ts'
import { CompileError, type Toolbox } from '../cli/build/toolchain.ts'
import { isSamaraError } from '../shared/errors.ts'
import { type Entry, examplesDir, type Kind, readCatalogue, sourceDigest, writeCatalogue } from './catalogue.ts'

/** Module files by their path, all from the same sources. */
type Modules = Record<string, Uint8Array>

interface Recipe {
  example: string
  sources: string[]
  /** The compiler gives other bytes each time, so a build without need would only make a difference to commit. */
  varies?: boolean
  build(): Promise<Modules>
}

const tools: Toolbox = { cacheDir: join(examplesDir, '..', '.cache'), env: process.env, note: console.log }

const recipes: Recipe[] = [
  fromOne('add', 'add/add.c', 'add/add.wasm', cModule),
  fromOne('ticker', 'ticker/ticker.c', 'ticker/ticker.wasm', cModule),
  fromOne('greet', 'greet/greet.c', 'greet/greet.wasm', cCommand),
  fromOne('fib-as', 'fib-as/fib.ts', 'fib-as/fib-as.wasm', assemblyScriptModule),
  {
    example: 'line-stats',
    sources: crateSources('line-stats'),
    build: async () => ({ 'line-stats/line-stats.wasm': crate('line-stats', 'wasm32-unknown-unknown') }),
  },
  {
    example: 'values',
    sources: crateSources('values'),
    build: async () => {
      const lowered = crate('values', 'wasm32-unknown-unknown')
      return { 'values/values.wasm': lowered, 'values/values.component.wasm': await componentNew(lowered, []) }
    },
  },
  {
    example: 'component-command',
    sources: crateSources('component-command'),
    build: async () => ({ 'component-command/component-command.wasm': crate('component-command', 'wasm32-wasip2') }),
  },
  guest('shout-js', { source: 'shout-js/shout.js', varies: true }),
  guest('thermostat', { source: 'thermostat', sdk: 'rust' }),
  guest('vibration', { source: 'vibration/vibration.ts', sdk: 'assemblyscript' }),
  guest('eeprom-logger', { source: 'eeprom-logger/eeprom-logger.c', sdk: 'c' }),
  guest('usb-loopback', { source: 'usb-loopback/usb-loopback.c', sdk: 'c' }),
  guest('i2c-scan', { source: 'i2c-scan', both: true }),
  ...globSync('hostile/*.wat', { cwd: examplesDir })
    .sort()
    .map((source) => fromOne('hostile', source, source.replace(/wat$/, 'wasm'), textModule)),
]

function fromOne(
  example: string,
  source: string,
  file: string,
  compile: (source: string, tools: Toolbox) => Uint8Array | Promise<Uint8Array>,
): Recipe {
  return {
    example,
    sources: [source],
    build: async () => ({ [file]: await compile(join(examplesDir, source), tools) }),
  }
}

type GuestOptions = {
  readonly source: string
  /** SDK that it is built with, whose files are sources too. */
  readonly sdk?: string
  readonly varies?: boolean
  /** The lowered core, and the component that the same source gives. */
  readonly both?: boolean
}

/** What `samara build` makes of it. */
function guest(example: string, { source, sdk, varies = false, both = false }: GuestOptions): Recipe {
  const isCrate = !source.includes('.')
  const own = isCrate ? crateSources(source) : found([`${example}/*.{c,ts,js,wit,json}`])
  const made = async (component: boolean) =>
    (await buildGuest({ source: join(examplesDir, source), component }, tools)).bytes
  return {
    example,
    sources: [...own, ...(sdk ? found([`sdk/${sdk}/**/*.{h,ts,mjs,rs,toml}`]) : [])],
    varies,
    build: async () => ({
      [`${example}/${example}.wasm`]: await made(false),
      ...(both && { [`${example}/${example}.component.wasm`]: await made(true) }),
    }),
  }
}

function found(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => globSync(pattern, { cwd: examplesDir }).sort())
}

function crateSources(folder: string): string[] {
  const files = ['Cargo.toml', 'Cargo.lock', '.cargo/config.toml', 'devices.json', 'src/**/*.rs', 'wit/**/*.wit']
  return found(files.map((pattern) => `${folder}/${pattern}`))
}

const crate = (name: string, target: Parameters<typeof rustModule>[1]): Uint8Array =>
  rustModule(join(examplesDir, name), target, tools)

/** WebAssembly text, of a module or of a component. */
function textModule(source: string): Promise<Uint8Array> {
  return parse(readFileSync(source, 'utf8'))
}

interface Wish {
  names: string[]
  isCheck: boolean
}

async function buildExamples({ names, isCheck }: Wish): Promise<void> {
  const unknown = names.filter((name) => !recipes.some((recipe) => recipe.example === name))
  if (unknown.length > 0) throw new Error(`no such example: ${unknown.join(', ')}`)

  const wanted = recipes.filter((recipe) => names.length === 0 || names.includes(recipe.example))
  if (isCheck) return check(wanted)
  const before = readCatalogue()
  const built: Entry[] = []
  for (const recipe of wanted) {
    if (recipe.varies && names.length === 0 && isCurrent(recipe, before)) {
      console.log(`${recipe.example}: sources unchanged, build it by name to force it`)
    } else {
      built.push(...(await buildOne(recipe)))
    }
  }

  const kept = before.filter((entry) => !built.some((other) => other.file === entry.file))
  writeCatalogue([...kept, ...built])
}

async function check(wanted: Recipe[]): Promise<void> {
  const known = new Map(readCatalogue().map((entry) => [entry.file, entry]))
  for (const recipe of wanted.filter(({ varies }) => !varies)) {
    const made = Object.entries(await buildOrSkip(recipe))
    const others = made.filter(([file, wasm]) => known.get(file)?.digest !== sha256(wasm)).map(([file]) => file)
    if (others.length > 0) process.exitCode = 1
    for (const file of others) console.log(`${recipe.example}: ${file} is not what its sources give`)
    if (made.length > others.length) console.log(`${recipe.example}: as committed`)
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function isCurrent(recipe: Recipe, catalogue: Entry[]): boolean {
  const digest = sourceDigest(recipe.sources)
  return catalogue.some((entry) => entry.sourceDigest === digest && existsSync(join(examplesDir, entry.file)))
}

async function buildOne(recipe: Recipe): Promise<Entry[]> {
  const modules = await buildOrSkip(recipe)
  const entries: Entry[] = []
  for (const [file, wasm] of Object.entries(modules)) {
    refuseLocalPaths(file, wasm)
    writeFileSync(join(examplesDir, file), wasm)
    entries.push(await describe(file, recipe.sources, wasm))
    console.log(`${recipe.example}: ${file}, ${wasm.length} bytes`)
  }
  return entries
}

async function describe(file: string, sources: string[], wasm: Uint8Array): Promise<Entry> {
  return {
    file,
    kind: await kindOf(wasm),
    sources,
    sourceDigest: sourceDigest(sources),
    digest: sha256(wasm),
    size: wasm.length,
  }
}

async function kindOf(wasm: Uint8Array): Promise<Kind> {
  // After magic and version comes the layer: 1 is a component, 0 a core module.
  if (wasm[6] === 1) return 'component'
  const text = await print(wasm)
  if (text.includes('(@custom "component-type')) return 'lowered-core'
  return text.includes('(export "_start"') ? 'command' : 'core'
}

async function buildOrSkip(recipe: Recipe): Promise<Modules> {
  try {
    return await recipe.build()
  } catch (error) {
    if (error instanceof CompileError) console.error(error.output)
    if (!isSamaraError(error) || error.code !== 'UNAVAILABLE') throw error
    console.log(`${recipe.example}: skipped, ${error.message}`)
    return {}
  }
}

/** A module that names folders of the machine it was built on differs from machine to machine. */
function refuseLocalPaths(file: string, wasm: Uint8Array): void {
  const bytes = Buffer.from(wasm)
  const local = [homedir(), join(examplesDir, '..')].find((path) => bytes.includes(`${path}/`))
  if (local) throw new Error(`${file} contains the path ${local}`)
}

const given = process.argv.slice(2)
await buildExamples({ names: given.filter((name) => name !== '--check'), isCheck: given.includes('--check') })
