import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Writable } from 'node:stream'
import { plain } from '../../../shared/board/colors.ts'
import type { Clock } from '../../../shared/clock.ts'
import { SamaraError } from '../../../shared/errors.ts'

/** A simulator as a process: it ends when it is told to, and whenever we do. */
export interface SimulatorProgram {
  readonly stdin: Writable
  /** Resolves when it has ended, with the reason and its last words. */
  readonly ended: Promise<string>
  /** Hears every byte of its standard output. */
  onOutput(fn: (bytes: Buffer) => void): void
  stop(): Promise<void>
}

export type ProgramOptions = {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly folder: string
  readonly clock: Clock
  /** Aborted, it is ended. */
  readonly signal: AbortSignal
  /** What is never told: a token on the command line or in an echo. */
  readonly secret?: string | undefined
}

const GRACE_MS = 3_000
const KEPT_CHARACTERS = 2_000

/** Resolves once it runs. Throws UNAVAILABLE where it cannot be started. */
export async function startProgram(options: ProgramOptions): Promise<SimulatorProgram> {
  const { name, command, args, folder, clock, signal, secret } = options
  const [file, ...before] = dyingWithUs(command)
  const child = spawn(file, [...before, ...args], {
    cwd: folder,
    stdio: 'pipe',
    // A group of its own: an interrupt at the terminal is for us, who stop all in order.
    detached: true,
  })
  const kill = (signal: NodeJS.Signals) => killGroup(child, signal)
  const lastResort = () => kill('SIGKILL')
  process.once('exit', lastResort)
  const said = lastWords(child)
  signal.addEventListener('abort', lastResort, { once: true })
  const ended = endOf(child)
    .then((how) => [how, said(secret)].filter((text) => text !== '').join(': '))
    .finally(() => {
      process.off('exit', lastResort)
      signal.removeEventListener('abort', lastResort)
    })
  try {
    await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error))])
  } catch (error) {
    throw new SamaraError('UNAVAILABLE', `board ${name}: ${command} cannot be started: ${(error as Error).message}`, {
      cause: error,
    })
  }
  // Who is gone does not read; that it is gone is told by its end.
  child.stdin.on('error', () => undefined)
  return {
    stdin: child.stdin,
    ended,
    onOutput: (fn) => void child.stdout.on('data', fn),
    async stop() {
      kill('SIGTERM')
      const late = clock.after(GRACE_MS, lastResort)
      await ended
      late()
      // What it may have left of its group.
      kill('SIGKILL')
    },
  }
}

/** Should we be killed, nobody is left to end it: the kernel does. */
export const dyingWithUs = (command: string): [string, ...string[]] => {
  const setpriv = findProgram('setpriv')
  return setpriv ? [setpriv, '--pdeathsig', 'KILL', '--', command] : [command]
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has ended.
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    // Its output may be read to the end then.
    child.once('close', (code, signal) => resolve(signal ? `it was ended by ${signal}` : `it ended with ${code}`))
  })
}

/** The latest that it wrote, for whoever asks why it ended. */
function lastWords(child: ChildProcess): (secret: string | undefined) => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (piece: Buffer) => {
      text = (text + piece.toString('utf8')).slice(-KEPT_CHARACTERS)
    })
  return (secret) => {
    const lines = plain(secret ? text.replaceAll(secret, '***') : text).split(/[\r\n]+/)
    return lines
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .slice(-3)
      .join(' | ')
  }
}

/** Where a program is: itself where it has a slash, else in a folder of PATH. */
export function findProgram(program: string, path = process.env.PATH ?? ''): string | undefined {
  const places = program.includes('/') ? [program] : path.split(delimiter).map((folder) => join(folder, program))
  return places.find(isProgram)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
