#!/usr/bin/env node
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import type { Clock } from '../shared/clock.ts'
import { isSamaraError } from '../shared/errors.ts'
import type { Running } from './start.ts'

type Output = { write(text: string): unknown }

export type RunOptions = {
  /** Flags, the program's own name left out. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Takes the log, a line of JSON each. */
  readonly stdout: Output
  /** Takes what ends the program before there is a log. */
  readonly stderr: Output
  /** Asks it to stop. */
  readonly signal: AbortSignal
  /** Told when work is taken. */
  readonly ready?: (running: Running) => void
  readonly clock?: Clock
}

const EXIT_FAILED = 1
const EXIT_CONFIG = 2
const EXIT_INTERRUPTED = 130

/** Runs a manager until it is asked to stop. Resolves with the exit code: 0, 1 for a failure, 2 for a wrong setting. */
export async function runManager(options: RunOptions): Promise<number> {
  const { argv, stdout } = options
  const version = readVersion()
  if (argv.includes('--version')) return say(stdout, version)
  const { help } = await import('./config.ts')
  if (argv.includes('--help')) return say(stdout, help())
  try {
    if (argv[0] === 'restore') return await restoreBackup(options)
    return await run(options, version)
  } catch (error) {
    if (!isSamaraError(error)) throw error
    options.stderr.write(`samara-manager: ${error.message}\n`)
    return error.code === 'INVALID_ARGUMENT' ? EXIT_CONFIG : EXIT_FAILED
  }
}

async function run(options: RunOptions, version: string): Promise<number> {
  const { configOf } = await import('./config.ts')
  const readFile = (path: string): Buffer => readFileSync(path)
  // The parser is loaded only where there is a file. JSON is YAML.
  const parseYaml = async (text: string): Promise<unknown> => (await import('yaml')).parse(text)
  const config = await configOf({ ...options, readFile, parseYaml })
  const [{ pino }, { realClock }, { startManager }] = await Promise.all([
    import('pino'),
    import('../shared/clock.ts'),
    import('./start.ts'),
  ])
  const log = pino({ level: config.logLevel, base: {} }, options.stdout as { write(text: string): void })
  const { clock = realClock } = options
  const running = await startManager({ config, clock, log, version, readFile, usage })
  log.info(
    { http: running.http.url, mqtt: running.manager.mqttPort ?? config.broker, data: config.data, version },
    'ready',
  )
  options.ready?.(running)
  await aborted(options.signal)
  log.info('asked to stop')
  await running.close()
  log.info('stopped')
  return 0
}

async function restoreBackup({ argv, stdout, stderr, clock }: RunOptions): Promise<number> {
  const [, from, to, ...more] = argv
  if (from === undefined || to === undefined || more.length > 0) {
    stderr.write('samara-manager: restore: expected a backup and a new data directory\n')
    return EXIT_CONFIG
  }
  const [{ restore }, { realClock }] = await Promise.all([import('./store/backup.ts'), import('../shared/clock.ts')])
  await restore(from, to, clock ?? realClock)
  return say(stdout, to)
}

function say(output: Output, text: string): number {
  output.write(`${text}\n`)
  return 0
}

const usage = () => ({ memory: process.memoryUsage(), cpu: process.cpuUsage(), uptimeSeconds: process.uptime() })

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** Built code lies one folder deeper. */
function readVersion(): string {
  const found = ['../package.json', '../../package.json']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url))
  return found ? (JSON.parse(readFileSync(found, 'utf8')) as { version: string }).version : 'unknown'
}

async function main(): Promise<void> {
  // Before the imports that it is for: a start from a warm cache takes a third less time.
  enableCompileCache()
  const stopping = new AbortController()
  process.on('SIGTERM', () => stopping.abort())
  process.on('SIGINT', () => {
    // Somebody at the terminal who has lost patience.
    if (stopping.signal.aborted) process.exit(EXIT_INTERRUPTED)
    stopping.abort()
  })
  const { stdout, stderr, env } = process
  process.exit(await runManager({ argv: process.argv.slice(2), env, stdout, stderr, signal: stopping.signal }))
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) await main()
