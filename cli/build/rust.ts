import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { packageRoot } from '../programs.ts'
import { CompileError, missing, type Toolbox, tryRun } from './toolchain.ts'

export type RustTarget = 'wasm32-unknown-unknown' | 'wasm32-wasip2'

const GET_RUST = 'get Rust from https://rustup.rs'

/** The module of a crate whose `Cargo.toml` is in the folder `crate`. */
export function rustModule(crate: string, target: RustTarget, tools: Toolbox): Uint8Array {
  // As cargo itself spells it.
  const folder = realpathSync(resolve(crate))
  requireTarget(target, folder, tools)
  const locked = existsSync(join(folder, 'Cargo.lock')) ? ['--locked'] : []
  fetchCrates(folder, ['--target', target, ...locked], tools)
  const options = ['--release', '--target', target, '--target-dir', join(tools.cacheDir, 'cargo'), ...locked]
  const config = ['--config', remapped(folder, target, tools)]
  const args = ['build', '--message-format=json-render-diagnostics', ...options, ...config]
  const done = tryRun('cargo', args, folder, tools.env)
  if (done?.status !== 0) throw new CompileError(crate, 'cargo', done?.stderr ?? '')
  const file = artefactOf(folder, done.stdout)
  if (file) return readFileSync(file)
  const expected = '[lib] with crate-type = ["cdylib"], or a src/main.rs'
  throw new CompileError(crate, 'cargo', `no .wasm was made; Cargo.toml wants ${expected}\n`)
}

function requireTarget(target: RustTarget, folder: string, { env, note }: Toolbox): void {
  const libs = tryRun('rustc', ['--print', 'target-libdir', '--target', target], folder, env)
  if (libs?.status !== 0) throw missing('cargo', GET_RUST)
  if (existsSync(libs.stdout.trim())) return
  note(`rustup target add ${target}`)
  if (tryRun('rustup', ['target', 'add', target], folder, env)?.status === 0) return
  throw missing(`Rust target ${target}`, `rustup target add ${target}`)
}

/** Apart from the build, because a registry out of reach is no fault of the source. */
function fetchCrates(folder: string, options: readonly string[], { env }: Toolbox): void {
  const fetched = tryRun('cargo', ['fetch', '--quiet', ...options], folder, env)
  if (fetched?.status === 0) return
  const said = fetched?.stderr ?? ''
  const isOurs = /--locked|failed to parse manifest|could not find `Cargo\.toml`/.test(said)
  if (isOurs) throw new CompileError(folder, 'cargo', said)
  throw missing(`crates of ${folder}`, `cargo fetch says ${said.trim().split('\n').at(-1)}`)
}

/** Panics name the file they happen in; nothing of this machine shall be in a module. */
function remapped(folder: string, target: RustTarget, { env }: Toolbox): string {
  const cargoHome = env.CARGO_HOME ?? join(env.HOME ?? homedir(), '.cargo')
  const names = [
    [cargoHome, 'cargo'],
    [packageRoot, 'samara'],
    [folder, basename(folder)],
  ]
  const flags = names.map(([from, to]) => `--remap-path-prefix=${from}=${to}`)
  return `target.${target}.rustflags=${JSON.stringify(flags)}`
}

type CargoMessage = { readonly reason: string; readonly manifest_path?: string; readonly filenames?: readonly string[] }

function artefactOf(folder: string, stdout: string): string | undefined {
  const manifest = join(folder, 'Cargo.toml')
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as CargoMessage)
    .filter(({ reason, manifest_path }) => reason === 'compiler-artifact' && manifest_path === manifest)
    .flatMap(({ filenames = [] }) => filenames)
    .find((file) => file.endsWith('.wasm'))
}
