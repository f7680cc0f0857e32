import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { SamaraError } from '../../shared/errors.ts'
import { cacheFolder } from '../cache.ts'
import { posixFolder, sourcesDigest } from './sources.ts'
import { agentTools, needTools, type Tool } from './tools.ts'
import { inTurn } from './turn.ts'

export type AgentBuild = {
  /** CMake's settings, `SAMARA_TESTS: 'ON'`. */
  readonly options?: Readonly<Record<string, string>>
  /** @default those of the program */
  readonly tools?: readonly Tool[]
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Hears what takes long, once. */
  readonly note?: (text: string) => void
  /** Hears how far it is, while it goes on. */
  readonly progress?: (percent: number) => void
}

/** It does not compile; `output` is what the compiler wrote. */
export class BuildError extends SamaraError {
  readonly output: string

  constructor(what: string, output: string) {
    super('INTERNAL', `the C agent: ${what} failed`)
    this.output = output
  }
}

/** Builds that are kept: those of a few last states of the sources, with all their variants. */
const KEPT = 24
const BUILT = '.built'

/**
 * Folder with the C agent, `samara-agent`, and whatever else the options make: built once for each state of the sources,
 * by one builder at a time. Throws UNAVAILABLE that names what the machine lacks.
 */
export async function buildAgent({
  options = {},
  tools = agentTools,
  env = process.env,
  note,
  progress,
}: AgentBuild = {}): Promise<string> {
  const cache = cacheFolder(env)
  const folder = join(cache, `firmware-${sourcesDigest(options)}`)
  const built = join(folder, BUILT)
  if (existsSync(built)) return folder
  needTools(tools)
  return await inTurn(folder, async () => {
    if (existsSync(built)) return folder
    prune(cache)
    note?.('building the C agent: once for these sources, about a minute')
    mkdirSync(folder, { recursive: true })
    const given = Object.entries(options).map(([name, value]) => `-D${name}=${value}`)
    await run('cmake', ['-S', posixFolder, '-B', folder, ...given])
    await run('cmake', ['--build', folder, `-j${availableParallelism()}`], progress)
    writeFileSync(built, '')
    return folder
  })
}

/** Builds and answers with the program. */
export const agentProgram = async (build: AgentBuild = {}): Promise<string> =>
  join(await buildAgent(build), 'samara-agent')

async function run(command: string, args: readonly string[], progress?: (percent: number) => void): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece: string) => {
      output += piece
      const percent = /\[ *(\d+)%\]/.exec(piece)?.[1]
      if (percent !== undefined) progress?.(Number(percent))
    })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new BuildError(`${command} ${args[0]}`, output.split('\n').slice(-40).join('\n'))
}

/** Oldest first; what was begun and not finished is as old as its folder. */
function prune(cache: string): void {
  if (!existsSync(cache)) return
  const builds = readdirSync(cache)
    .filter((name) => name.startsWith('firmware-'))
    .map((name) => join(cache, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
  for (const old of builds.slice(KEPT)) rmSync(old, { recursive: true, force: true })
}
