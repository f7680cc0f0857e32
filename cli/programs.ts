import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { SamaraError } from '../shared/errors.ts'
import type { Io } from './io.ts'

/** Starts the programs of this package: TypeScript in the source tree, JavaScript in the packed one. */

export const isSource = import.meta.filename.endsWith('.ts')
const here = import.meta.dirname
/** The folder of package.json. */
export const packageRoot = join(here, isSource ? '..' : '../..')
const programFile = (name: 'manager' | 'proplet'): string => join(here, '..', name, isSource ? 'main.ts' : 'main.js')
/** What a user calls `samara`. */
const cliFile = join(packageRoot, 'cli', 'samara.js')

export type Program = {
  readonly pid: number
  /** Exit code or signal, once it has ended. */
  readonly ended: Promise<string>
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

export const startManager = (io: Io, args: readonly string[], options: StartOptions = {}): Promise<Program> =>
  start(io, [programFile('manager'), ...args], options)

export const startProplet = (io: Io, args: readonly string[], options: StartOptions = {}): Promise<Program> =>
  start(io, [programFile('proplet'), ...args], options)

export const startCli = (io: Io, args: readonly string[], options: StartOptions = {}): Promise<Program> =>
  start(io, [cliFile, ...args], options)

/** Runs a program in place of this command; resolves with its exit code. */
export async function hand(io: Io, name: 'manager' | 'proplet', args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [programFile(name), ...args], { stdio: 'inherit', env: { ...io.env } })
  // A terminal tells both; who is told alone passes it on. A program that is told twice stops once.
  const pass = () => child.kill('SIGTERM')
  io.signal.addEventListener('abort', pass, { once: true })
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  io.signal.removeEventListener('abort', pass)
  return code ?? (signal === 'SIGINT' ? 130 : 1)
}

async function start(io: Io, args: readonly string[], { env, onLine }: StartOptions): Promise<Program> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', onLine ? 'pipe' : 'inherit', onLine ? 'pipe' : 'inherit'],
    env: { ...io.env, ...env },
    // A group of its own: an interrupt at the terminal reaches the starter alone, which stops all in order.
    detached: true,
  })
  const lastResort = () => child.kill('SIGKILL')
  process.once('exit', lastResort)
  const ended = endOf(child).finally(() => process.off('exit', lastResort))
  if (onLine) for (const stream of [child.stdout, child.stderr]) lines(stream, onLine)
  try {
    await once(child, 'spawn')
  } catch (error) {
    throw new SamaraError('UNAVAILABLE', `program ${args[0]}: cannot be started: ${(error as Error).message}`, {
      cause: error,
    })
  }
  return handle(io, child, ended)
}

function handle(io: Io, child: ChildProcess, ended: Promise<string>): Program {
  const isRunning = () => child.exitCode === null && child.signalCode === null
  const kill = (signal: NodeJS.Signals) => void (isRunning() && child.kill(signal))
  return {
    pid: child.pid ?? 0,
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

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    child.once('error', (error) => resolve(error.message))
  })
}

function lines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
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
