#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { arch, availableParallelism, freemem, homedir, hostname } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'

// Before the imports that it is for: a start from a warm cache takes a third less time.
enableCompileCache()

const EXIT_CONFIG = 2
const EXIT_INTERRUPTED = 130
const { isSamaraError } = await import('../shared/errors.ts')
const { configOf } = await import('./command-line.ts')

try {
  const version = readVersion()
  const told = await configOf({
    machine: { hostname: hostname(), cores: availableParallelism(), home: homedir() },
    argv: process.argv.slice(2),
    env: process.env,
    version,
    readFile: (path) => readFileSync(path),
    // JSON is YAML; and the parser is loaded only where there is a file.
    parseYaml: async (text) => (await import('yaml')).parse(text),
  })
  if (told.text !== undefined) process.stdout.write(`${told.text}\n`)
  else await run(told.config, version)
} catch (error) {
  if (!isSamaraError(error)) throw error
  process.stderr.write(`samara-proplet: ${error.message}\n`)
  process.exitCode = EXIT_CONFIG
}

async function run(config: import('./config.ts').PropletConfig, version: string): Promise<void> {
  const [{ pino }, { realClock }, { startProplet }] = await Promise.all([
    import('pino'),
    import('../shared/clock.ts'),
    import('./start.ts'),
  ])
  const log = pino({ level: config.logLevel, base: { proplet: config.id } })
  const stopping = signalled()
  const leaving = new AbortController()
  void stopping.then(() => leaving.abort())
  // Its own timers and a broker that is away keep nothing alive; the program stays until it is told to end.
  const stay = new MessageChannel().port1
  stay.on('message', () => undefined)
  const stop = await startProplet({
    config,
    clock: realClock,
    log,
    software: `samara/${version}`,
    arch: arch(),
    random: Math.random,
    freeMemory: freemem,
    readFile: (path) => readFileSync(path),
    signal: leaving.signal,
  }).catch((error: unknown) => {
    stay.close()
    throw error
  })
  const signal = await stopping
  log.info({ signal }, 'asked to stop')
  endAtSecondInterrupt(signal)
  await stop()
  stay.close()
  process.exit(0)
}

function signalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
  })
}

/**
 * Somebody at the terminal who has lost patience. SIGTERM never ends a drain: a starter passes on with it what the
 * terminal has said already.
 */
function endAtSecondInterrupt(first: NodeJS.Signals): void {
  let interrupts = first === 'SIGINT' ? 1 : 0
  process.on('SIGTERM', () => undefined)
  process.on('SIGINT', () => {
    if (++interrupts > 1) process.exit(EXIT_INTERRUPTED)
  })
}

/** The package is one folder up from the sources, and two from what is built of them. */
function readVersion(): string {
  for (const up of ['..', '../..']) {
    try {
      return JSON.parse(readFileSync(join(import.meta.dirname, up, 'package.json'), 'utf8')).version
    } catch {
      // Not at this height.
    }
  }
  return '0.0.0'
}
