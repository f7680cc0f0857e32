import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { isSamaraError, SamaraError, toSamaraError } from '../../shared/errors.ts'
import type { Output } from '../io.ts'
import { errorLine } from '../problem.ts'
import { become } from '../programs.ts'

/** Agents that `samara proplet` starts: V8 in Node, or WAMR in C. */
export const runtimes = ['jco', 'wamr'] as const
export type RuntimeName = (typeof runtimes)[number]

/** Which one settings ask for, and the settings without that: flags go before the environment. */
export function runtimeOf(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { readonly runtime: RuntimeName; readonly args: readonly string[] } {
  const at = args.findIndex((one) => one === '--runtime' || one.startsWith('--runtime='))
  if (at < 0) return { runtime: known(env.SAMARA_RUNTIME || 'jco'), args }
  const inline = args[at]?.split('=')[1]
  const rest = args.toSpliced(at, inline === undefined ? 2 : 1)
  return { runtime: known(inline ?? args[at + 1] ?? ''), args: rest }
}

function known(name: string): RuntimeName {
  const found = runtimes.find((one) => one === name)
  if (found) return found
  throw new SamaraError('INVALID_ARGUMENT', `runtime: ${JSON.stringify(name)} is not ${runtimes.join(' or ')}`, {
    field: 'runtime',
  })
}

const EXIT_CONFIG = 2

/** Goes on as the proplet that its settings ask for. */
export async function becomeProplet(given: readonly string[], env: NodeJS.ProcessEnv, err: Output): Promise<void> {
  try {
    const { runtime, args } = runtimeOf(given, env)
    if (runtime === 'wamr') await becomeAgent(args, env, err)
    else await become('proplet', args)
  } catch (error) {
    if (!isSamaraError(error)) throw error
    err.write(`${errorLine(toSamaraError(error))}\n`)
    process.exitCode = EXIT_CONFIG
  }
}

/** Goes on as the C agent in this process's place: same streams, same signals, same exit code. */
async function becomeAgent(args: readonly string[], env: NodeJS.ProcessEnv, err: Output): Promise<void> {
  const file = await builtFor(err)
  if (file === undefined) return
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => name !== 'SAMARA_RUNTIME'))
  // Newer than the types know, and not on every system.
  const { execve } = process as { execve?: (file: string, args: readonly string[], env: object) => never }
  if (execve) execve.call(process, file, [file, ...args], own)
  const child = spawn(file, args, { stdio: 'inherit', env: own })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  process.exitCode = await new Promise<number>((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
}

/** Undefined where it cannot be built: the reason was told, and the exit code is set. */
async function builtFor(err: Output): Promise<string | undefined> {
  const { agentProgram, BuildError } = await import('./build-agent.ts')
  const note = (text: string) => err.write(`samara: ${text}\n`)
  const progress = err.isTTY ? (percent: number) => err.write(`\r${percent} % `) : undefined
  try {
    const file = await agentProgram({ note, ...(progress && { progress }) })
    if (progress) err.write('\r\x1b[K')
    return file
  } catch (error) {
    if (!isSamaraError(error)) throw error
    if (error instanceof BuildError) err.write(`${error.output}\n`)
    note(error.message)
    process.exitCode = EXIT_CONFIG
    return undefined
  }
}
