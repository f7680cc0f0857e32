/**
 * Builds the examples whose toolchain is to be had and says which were skipped.
 *
 *   npm run build:examples [name...]    without a name, all
 *
 * Toolchains from npm go to .cache/toolchains; Rust wants rustup and cargo.
 */

import { createHash } from 'node:crypto'
import { existsSync, globSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { componentNew, print } from '@bytecodealliance/jco-transpile/wasm-tools'
import { type Entry, examplesDir, type Kind, readCatalogue, sourceDigest, writeCatalogue } from './catalogue.ts'
import {
  assemblyScriptModule,
  cCommand,
  cModule,
  javaScriptComponent,
  MissingToolchain,
  rustModule,
  textModule,
} from './toolchains.ts'

/** Module files by their path, all from the same sources. */
type Modules = Record<string, Uint8Array>

interface Recipe {
  example: string
  sources: string[]
  /** The compiler gives other bytes each time, so a build without need would only make a difference to commit. */
  varies?: boolean
  build(): Promise<Modules>
}

const recipes: Recipe[] = [
  fromOne('add', 'add/add.c', 'add/add.wasm', cModule),
  fromOne('ticker', 'ticker/ticker.c', 'ticker/ticker.wasm', cModule),
  fromOne('greet', 'greet/greet.c', 'greet/greet.wasm', cCommand),
  fromOne('fib-as', 'fib-as/fib.ts', 'fib-as/fib-as.wasm', assemblyScriptModule),
  {
    example: 'line-stats',
    sources: crateSources('line-stats'),
    build: async () => ({ 'line-stats/line-stats.wasm': await rustModule('line-stats', 'wasm32-unknown-unknown') }),
  },
  {
    example: 'values',
    sources: crateSources('values'),
    build: async () => {
      const lowered = await rustModule('values', 'wasm32-unknown-unknown')
      return { 'values/values.wasm': lowered, 'values/values.component.wasm': await componentNew(lowered, []) }
    },
  },
  {
    example: 'component-command',
    sources: crateSources('component-command'),
    build: async () => ({
      'component-command/component-command.wasm': await rustModule('component-command', 'wasm32-wasip2'),
    }),
  },
  {
    example: 'shout-js',
    sources: ['shout-js/shout.js', 'shout-js/shout.wit'],
    varies: true,
    build: async () => ({
      'shout-js/shout-js.wasm': await javaScriptComponent('shout-js/shout.js', 'shout-js/shout.wit'),
    }),
  },
  ...globSync('hostile/*.wat', { cwd: examplesDir })
    .sort()
    .map((source) => fromOne('hostile', source, source.replace(/wat$/, 'wasm'), textModule)),
]

function fromOne(
  example: string,
  source: string,
  file: string,
  compile: (source: string) => Promise<Uint8Array>,
): Recipe {
  return { example, sources: [source], build: async () => ({ [file]: await compile(source) }) }
}

function crateSources(crate: string): string[] {
  const found = ['Cargo.toml', 'Cargo.lock', '.cargo/config.toml', 'src/**/*.rs', 'wit/**/*.wit']
  return found.flatMap((pattern) => globSync(`${crate}/${pattern}`, { cwd: examplesDir }).sort())
}

async function buildExamples(names: string[]): Promise<void> {
  const unknown = names.filter((name) => !recipes.some((recipe) => recipe.example === name))
  if (unknown.length > 0) throw new Error(`no such example: ${unknown.join(', ')}`)

  const wanted = recipes.filter((recipe) => names.length === 0 || names.includes(recipe.example))
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
    digest: createHash('sha256').update(wasm).digest('hex'),
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
    if (!(error instanceof MissingToolchain)) throw error
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

await buildExamples(process.argv.slice(2))
