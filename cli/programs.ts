import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SamaraError } from '../shared/errors.ts'
import type { Io } from './io.ts'

/** Starts the programs of this package: TypeScript in the source tree, JavaScript in the packed one. */

export type ProgramName = 'manager' | 'proplet' | 'lab'

const isSource = import.meta.filename.endsWith('.ts')
/** The folder of package.json. */
export const packageRoot = join(import.meta.dirname, isSource ? '..' : '../..')
/** What a user calls `samara`. */
const cliFile = join(packageRoot, 'cli', 'samara.js')
const programFile = (name: ProgramName): string =>
  join(import.meta.dirname, '..', name === 'lab' ? 'proplet/lab' : name, isSource ? 'main.ts' : 'main.js')

export const packageVersion = (): string => {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
  return version
}

/** Goes on as that program, in this process: its signals and its exit code are ours. */
export async function become(name: ProgramName, args: readonly string[]): Promise<void> {
  process.argv.splice(1, process.argv.length - 1, programFile(name), ...args)
  await import(programFile(name))
}

/** Where a manager is that runs in this process. */
export type ManagerPlace = { readonly url: string; readonly broker: string; readonly data: string }

/** An address that stands for all of them is reached on this machine too. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

/** Runs a manager in this process until `signal` is aborted; resolves with its exit code. */
export async function runManager(
  io: Io,
  argv: readonly string[],
  options: { readonly signal: AbortSignal; readonly ready?: (place: ManagerPlace) => void },
): Promise<number> {
  const [manager, { configOf }] = await Promise.all([import('../manager/main.ts'), import('../manager/config.ts')])
  const parseYaml = async (text: string): Promise<unknown> => (await import('yaml')).parse(text)
  return manager.runManager({
    argv,
    env: io.env,
    stdout: io.out,
    stderr: io.err,
    signal: options.signal,
    ready(running) {
      const where = configOf({ argv, env: io.env, readFile: (file) => readFileSync(file), parseYaml })
      void where.then(({ data, broker, tlsCert, httpHost, mqttHost }) => {
        const s = tlsCert === undefined ? '' : 's'
        const own = `mqtt${s}://${reachable(mqttHost)}:${running.manager.mqttPort}`
        options.ready?.({ url: `http${s}://${reachable(httpHost)}:${running.http.port}`, broker: broker ?? own, data })
      })
    },
  })
}

/** The settings of a program, as it lists them itself. */
export const settingsText = (name: ProgramName): string =>
  spawnSync(process.execPath, [programFile(name), '--help'], { encoding: 'utf8' }).stdout ?? ''

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly error?: Error }

export type Program = {
  readonly name: string
  readonly ended: Promise<Ended>
  readonly isRunning: () => boolean
  readonly kill: (signal: NodeJS.Signals) => void
  /** Asks it to stop, and ends it where it does not within `graceMs`. */
  readonly stop: (graceMs: number) => Promise<void>
}

export type StartOptions = {
  readonly env?: Readonly<Record<string, string>>
  /** Hears its output, line by line. @default this process's own streams */
  readonly onLine?: (line: string) => void
}

export const endedText = ({ code, signal, error }: Ended): string =>
  error?.message ?? (signal ? `signal ${signal}` : `exit code ${code}`)

/** Starts a program that goes on until it is stopped. */
export async function startProgram(
  io: Io,
  name: ProgramName,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Program> {
  return startChild(io, { name, command: process.execPath, args: [programFile(name), ...args] }, options)
}

/** The same of a program that is not of this package's own language. */
export const startFile = (
  io: Io,
  file: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Program> => startChild(io, { name: basename(file), command: file, args }, options)

type Child = { readonly name: string; readonly command: string; readonly args: readonly string[] }

async function startChild(io: Io, { name, command, args }: Child, { env, onLine }: StartOptions): Promise<Program> {
  const output = onLine ? 'pipe' : 'inherit'
  const child = spawn(command, args, {
    stdio: ['ignore', output, output],
    env: { ...io.env, ...env },
    // A group of its own: an interrupt at the terminal reaches the starter alone, which stops all in order.
    detached: true,
  })
  if (onLine) for (const stream of [child.stdout, child.stderr]) eachLine(stream, onLine)
  const program = handle(io, name, child)
  await spawned(child, name)
  return program
}

/** Runs a program until it ends; resolves with its exit code. */
export async function runToEnd(io: Io, name: ProgramName, args: readonly string[]): Promise<number> {
  const program = await startProgram(io, name, args)
  const stop = () => program.kill('SIGTERM')
  io.signal.addEventListener('abort', stop, { once: true })
  const { code } = await program.ended
  io.signal.removeEventListener('abort', stop)
  return code ?? 1
}

/** Runs this command line with other arguments, as a user would. */
export async function runCli(
  io: Io,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [cliFile, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...io.env, ...env },
    signal: io.signal,
  })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      texts[name] += piece
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? 1, ...texts }
}

function handle(io: Io, name: string, child: ChildProcess): Program {
  const lastResort = () => child.kill('SIGKILL')
  process.once('exit', lastResort)
  const ended = new Promise<Ended>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', (error) => resolve({ code: null, signal: null, error }))
  }).finally(() => process.off('exit', lastResort))
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
  const kill = (signal: NodeJS.Signals) => void (isRunning() && child.kill(signal))
  return {
    name,
    ended,
    isRunning,
    kill,
    async stop(graceMs) {
      kill('SIGTERM')
      const late = io.clock.after(graceMs, () => kill('SIGKILL'))
      await ended
      late()
    },
  }
}

async function spawned(child: ChildProcess, name: string): Promise<void> {
  try {
    await once(child, 'spawn')
  } catch (error) {
    throw new SamaraError('UNAVAILABLE', `${name}: cannot be started: ${(error as Error).message}`, { cause: error })
  }
}

function eachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = ''
  stream?.setEncoding('utf8').on('data', (piece: string) => {
    const all = (rest + piece).split('\n')
    rest = all.pop() ?? ''
    for (const line of all) onLine(line)
  })
  stream?.on('end', () => {
    if (rest !== '') onLine(rest)
  })
}
