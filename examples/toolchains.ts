/** The compilers behind the examples. One that is not to be had throws MissingToolchain, a compile error an Error. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import { examplesDir } from './catalogue.ts'

const root = join(examplesDir, '..')
const cacheDir = join(root, '.cache')

/** A pre-release carries LLVM 22 there, and a range would not match it. */
const clangPackage = '@yowasp/clang@22.0.0-git20542-10'
const assemblyScriptPackage = 'assemblyscript@0.28'
const componentizePackage = 'componentize-qjs@0.4'

export class MissingToolchain extends Error {}

/** C without libc. Keeps what a microcontroller's runtime reads to cut the memory to stack and data. */
export function cModule(source: string): Promise<Uint8Array> {
  const exported = ['__data_end', '__heap_base', '__stack_pointer'].map((name) => `-Wl,--export=${name}`)
  const link = ['-nostdlib', '-Wl,--no-entry', '-Wl,-z,stack-size=1024', ...exported]
  return clang(source, ['--target=wasm32', '-mmutable-globals', ...link])
}

/** C with wasi-libc: a WASI 0.1 command. */
export function cCommand(source: string): Promise<Uint8Array> {
  return clang(source, ['--target=wasm32-wasip1', '-Wl,-z,stack-size=8192'])
}

type OutputStream = (bytes: Uint8Array | null) => void

interface ClangPackage {
  commands: {
    clang(
      args: string[] | null,
      files?: Record<string, string>,
      options?: { stdout?: OutputStream; stderr?: OutputStream; fetchProgress?: () => void },
    ): Promise<Record<string, Uint8Array>>
  }
}

async function clang(source: string, flags: string[]): Promise<Uint8Array> {
  const bundle = join(npmToolchain('clang', clangPackage), 'gen/bundle.js')
  const { commands } = (await import(pathToFileURL(bundle).href)) as ClangPackage
  // Without arguments it only loads itself; done by a compilation, that prints its progress.
  await commands.clang(null, {}, { fetchProgress: () => {} })
  const said: Uint8Array[] = []
  const listen: OutputStream = (bytes) => {
    if (bytes) said.push(bytes)
  }
  const name = basename(source)
  const args = ['-Oz', '-flto', '-Wall', '-Wextra', '-Werror', '-Wl,--strip-all', ...flags, name, '-o', 'out.wasm']
  const files = { [name]: readFileSync(join(examplesDir, source), 'utf8') }
  try {
    const { 'out.wasm': wasm } = await commands.clang(args, files, { stdout: listen, stderr: listen })
    if (wasm) return wasm
  } catch (cause) {
    throw new Error(`${source} does not compile:\n${Buffer.concat(said)}`, { cause })
  }
  throw new Error(`${source}: clang wrote no module:\n${Buffer.concat(said)}`)
}

/** AssemblyScript without a collector and without the import of `abort`. */
export async function assemblyScriptModule(source: string): Promise<Uint8Array> {
  const compiler = join(npmToolchain('assemblyscript', assemblyScriptPackage), 'bin/asc.js')
  const out = outputFile('assemblyscript.wasm')
  const flags = ['--runtime', 'stub', '--use', 'abort=', '-Oz', '--noAssert', '--outFile', relative(examplesDir, out)]
  run(process.execPath, [compiler, source, ...flags], examplesDir)
  return readFileSync(out)
}

interface ComponentizePackage {
  componentize(options: {
    witPath: string
    jsSource: string
    stubWasi: boolean
    sync: boolean
    optSize: boolean
  }): Promise<{ component: Uint8Array }>
}

/** JavaScript with QuickJS around it: a component without WASI imports, in other bytes each time. */
export async function javaScriptComponent(source: string, wit: string): Promise<Uint8Array> {
  const main = join(npmToolchain('componentize-qjs', componentizePackage), 'index.js')
  const { componentize } = (await import(pathToFileURL(main).href)) as ComponentizePackage
  const jsSource = readFileSync(join(examplesDir, source), 'utf8')
  const witPath = join(examplesDir, wit)
  const { component } = await componentize({ witPath, jsSource, stubWasi: true, sync: true, optSize: true })
  return component
}

export type RustTarget = 'wasm32-unknown-unknown' | 'wasm32-wasip2'

export async function rustModule(crate: string, target: RustTarget): Promise<Uint8Array> {
  requireRustTarget(target)
  const folder = join(examplesDir, crate)
  const fetched = spawnSync('cargo', ['fetch', '--locked', '--target', target], { cwd: folder, encoding: 'utf8' })
  if (fetched.status !== 0 && !fetched.stderr.includes('--locked')) {
    throw new MissingToolchain(`crates not to be had: ${fetched.stderr.trim().split('\n').at(-1)}`)
  }
  // Panics name the file they happen in; nothing of this machine shall be in a module.
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo')
  const flags = [`--remap-path-prefix=${cargoHome}=cargo`, `--remap-path-prefix=${folder}=${crate}`]
  const config = `target.${target}.rustflags=${JSON.stringify(flags)}`
  const targetDir = join(cacheDir, 'cargo')
  const options = ['--release', '--locked', '--quiet', '--target', target, '--target-dir', targetDir]
  run('cargo', ['build', ...options, '--config', config], folder)
  const name = target === 'wasm32-wasip2' ? crate : crate.replaceAll('-', '_')
  return readFileSync(join(targetDir, target, 'release', `${name}.wasm`))
}

function requireRustTarget(target: RustTarget): void {
  const libs = spawnSync('rustc', ['--print', 'target-libdir', '--target', target], { encoding: 'utf8' })
  if (libs.status !== 0) throw new MissingToolchain('cargo not installed')
  if (existsSync(libs.stdout.trim())) return
  if (spawnSync('rustup', ['target', 'add', target]).status === 0) return
  throw new MissingToolchain(`Rust target ${target} not installed: rustup target add ${target}`)
}

/** WebAssembly text, of a module or of a component. */
export function textModule(source: string): Promise<Uint8Array> {
  return parse(readFileSync(join(examplesDir, source), 'utf8'))
}

/** Folder of an npm package in the cache, installed there if it is not yet. */
function npmToolchain(folder: string, spec: string): string {
  const prefix = join(cacheDir, 'toolchains', folder)
  const installed = join(prefix, 'node_modules', spec.slice(0, spec.lastIndexOf('@')))
  if (existsSync(join(installed, 'package.json'))) return installed
  mkdirSync(prefix, { recursive: true })
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', relative(root, prefix), spec]
  if (spawnSync('npm', args, { cwd: root }).status === 0) return installed
  throw new MissingToolchain(`npm package ${spec} not installed: npm ${args.join(' ')}`)
}

function outputFile(name: string): string {
  mkdirSync(cacheDir, { recursive: true })
  return join(cacheDir, name)
}

function run(command: string, args: string[], cwd: string): void {
  const { RUSTFLAGS: _, CARGO_ENCODED_RUSTFLAGS: __, ...env } = process.env
  const done = spawnSync(command, args, { cwd, env, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${basename(command)} failed in ${cwd}:\n${done.stdout}${done.stderr}`)
}
