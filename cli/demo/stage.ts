import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SamaraError } from '../../shared/errors.ts'
import { type Client, createClient } from '../client.ts'
import type { Io } from '../io.ts'
import { endedText, type Program, startProgram } from '../programs.ts'
import { heard, startProplet } from './props.ts'

/** Everything that the demo has started, and what it must know of it. */
export type Stage = {
  readonly client: Client
  readonly broker: string
  /** By name. */
  readonly proplets: ReadonlyMap<string, Program>
  /** The last lines of every program, for whoever asks why it went wrong. */
  readonly lastLines: readonly string[]
  readonly manager: Program
  readonly site: Site
}

const LEASE_MS = 2_000
const KEPT_LINES = 40
const GRACE_MS = 3_000

/** Builds the stage, lets `play` play on it, and takes it down, whatever happened. */
export async function onStage<T>(
  io: Io,
  names: readonly string[],
  play: (stage: Stage) => Promise<T>,
  failed: (lastLines: readonly string[]) => void,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'samara-demo-'))
  const removeDir = () => rmSync(dir, { recursive: true, force: true })
  const programs: Program[] = []
  const lastLines: string[] = []
  process.once('exit', removeDir)
  try {
    return await play(await build({ io, dir, programs, lastLines }, names))
  } catch (error) {
    if (!io.signal.aborted) failed(lastLines)
    throw error
  } finally {
    for (const program of programs.toReversed()) await program.stop(GRACE_MS)
    removeDir()
    process.off('exit', removeDir)
  }
}

export type Site = { readonly io: Io; readonly dir: string; readonly programs: Program[]; readonly lastLines: string[] }

async function build(site: Site, names: readonly string[]): Promise<Stage> {
  const { io, dir, programs, lastLines } = site
  const told = Promise.withResolvers<Ready>()
  const settings = { 'http-port': 0, 'mqtt-port': 0, data: join(dir, 'manager'), 'lease-ms': LEASE_MS }
  const manager = await startProgram(io, 'manager', flags(settings), listening(site, told.resolve))
  programs.push(manager)
  const { http, mqtt } = await Promise.race([told.promise, deathOf(manager)])
  const client = createClient({ url: http }, io.clock)
  const broker = `mqtt://127.0.0.1:${mqtt}`
  const proplets = new Map<string, Program>()
  for (const name of names) proplets.set(name, await startProplet(site, { client, broker }, name))
  await Promise.all(names.map((name) => heard(io, client, name)))
  return { client, broker, proplets, lastLines, manager, site }
}

export const flags = (settings: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`])

/** Settings of the surroundings, taken away. */
export const withoutSettings = ({ env }: Io): Record<string, string> =>
  Object.fromEntries(
    Object.keys(env)
      .filter((name) => name.startsWith('SAMARA_'))
      .map((name) => [name, '']),
  )

/** Nothing of the surroundings changes what the demo shows. */
export function quietly({ io, lastLines }: Site) {
  return {
    env: withoutSettings(io),
    onLine(line: string) {
      lastLines.push(line)
      if (lastLines.length > KEPT_LINES) lastLines.shift()
    },
  }
}

type Ready = { readonly http: string; readonly mqtt: number }

/** The manager says in its log where it listens. */
function listening(site: Site, ready: (place: Ready) => void) {
  const { env, onLine } = quietly(site)
  return {
    env: { ...env, SAMARA_LOG_LEVEL: 'info' },
    onLine(line: string) {
      onLine(line)
      if (line.includes('"msg":"ready"')) ready(JSON.parse(line) as Ready)
    },
  }
}

export const deathOf = async (program: Program): Promise<never> => {
  throw new SamaraError('UNAVAILABLE', `the ${program.name} ended (${endedText(await program.ended)})`)
}
