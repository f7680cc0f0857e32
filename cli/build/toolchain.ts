import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { SamaraError } from '../../shared/errors.ts'
import { packageRoot } from '../programs.ts'

/** Where compilers come from: npm, into a folder of ours at first use, and for Rust the machine. */

/** Exact versions, so that the same source gives the same bytes on every machine. */
const packages = {
  clang: '@yowasp/clang@22.0.0-git20542-10',
  assemblyscript: 'assemblyscript@0.28.20',
  'componentize-qjs': 'componentize-qjs@0.4.5',
} as const
export type NpmToolchain = keyof typeof packages

/** What a compiler may touch of the machine. */
export type Toolbox = {
  /** Packages, object files and what else can be made anew. */
  readonly cacheDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Hears of what takes long. */
  readonly note: (text: string) => void
}

/** Headers, libraries and worlds of the guest SDKs. */
export const sdkFile = (...path: string[]): string => join(packageRoot, 'examples', 'sdk', ...path)

/** A source is wrong; `output` is what its compiler wrote. */
export class CompileError extends SamaraError {
  readonly output: string

  constructor(source: string, compiler: string, output: string) {
    super('INVALID_ARGUMENT', `${source}: ${compiler} refuses it`)
    this.output = output.endsWith('\n') ? output : `${output}\n`
  }
}

/** A compiler is not to be had; the message says how to get it. */
export const missing = (what: string, hint: string, cause?: unknown): SamaraError =>
  new SamaraError('UNAVAILABLE', `${what}: is not installed: ${hint}`, { cause })

/** Folder of an npm package, installed there if it is not yet. */
export function npmToolchain(name: NpmToolchain, { cacheDir, env, note }: Toolbox): string {
  const spec = packages[name]
  const [, packageName = '', version = ''] = /^(.+)@(.+)$/.exec(spec) ?? []
  // The version is part of the folder: a newer release of ours takes its own compiler.
  const prefix = join(cacheDir, 'toolchains', `${name}-${version}`)
  const installed = join(prefix, 'node_modules', packageName)
  if (existsSync(join(prefix, 'node_modules', '.package-lock.json')) && existsSync(installed)) return installed
  note(`installing ${spec} into ${prefix}`)
  install(spec, prefix, env)
  return installed
}

/** Beside its place first: another process that wants the same one must not see half of it. */
function install(spec: string, prefix: string, env: Toolbox['env']): void {
  const half = `${prefix}.${process.pid}`
  mkdirSync(half, { recursive: true })
  // A package of its own and not `--prefix`, with which npm forgets the machine's settings.
  writeFileSync(join(half, 'package.json'), '{"private":true}')
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', spec]
  const done = spawnSync('npm', args, { cwd: half, env: shellEnv(env), encoding: 'utf8' })
  try {
    if (done.status === 0) return takePlace(half, prefix)
  } finally {
    rmSync(half, { recursive: true, force: true })
  }
  const said = done.stderr?.trim().split('\n').at(-1) ?? done.error?.message
  throw missing(spec, `npm ${args.join(' ')}${said ? ` (${said})` : ''}`, done.error)
}

function takePlace(half: string, prefix: string): void {
  try {
    renameSync(half, prefix)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
  }
}

export type Ran = { readonly status: number; readonly stdout: string; readonly stderr: string }

/** Runs a program to its end; undefined where the machine has none of this name. */
export function tryRun(command: string, args: readonly string[], cwd: string, env: Toolbox['env']): Ran | undefined {
  const done = spawnSync(command, args, { cwd, env: processEnv(env), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if ((done.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined
  return { status: done.status ?? 1, stdout: done.stdout, stderr: done.stderr }
}

/** Without what `npm run` puts in front of PATH: npm finds its settings beside the Node of the machine. */
function shellEnv(env: Toolbox['env']): NodeJS.ProcessEnv {
  const folders = (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !/node_modules\/(?:\.bin|node-linux-[^/]+\/bin)$/.test(folder))
  return { ...env, PATH: folders.join(delimiter) }
}

/** RUSTFLAGS of a user would take the place of the flags that a crate has. */
function processEnv(env: Toolbox['env']): NodeJS.ProcessEnv {
  const { RUSTFLAGS: _, CARGO_ENCODED_RUSTFLAGS: __, ...rest } = env
  return rest
}
