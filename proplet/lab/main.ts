#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { MessageChannel } from 'node:worker_threads'
import { pino } from 'pino'
import { realClock } from '../../shared/clock.ts'
import { isSamaraError, SamaraError } from '../../shared/errors.ts'
import { type LabConfig, labSettings, parseLabConfig } from './config.ts'
import { openLab } from './lab.ts'
import { startLab } from './start.ts'

/** The lab as a program of its own. */

const EXIT_CONFIG = 2
/** Something that a board needs is not on this machine. */
const EXIT_MISSING = 3
const USAGE = 'usage: samara lab start FILE [settings]'

try {
  const [file, ...argv] = process.argv.slice(2)
  if (file === undefined || file.startsWith('-')) {
    process.stdout.write(`${[USAGE, '', ...labSettings.usage()].join('\n')}\n`)
    process.exitCode = file === '--help' ? 0 : EXIT_CONFIG
  } else await run(file, parseLabConfig({ argv, env: process.env }))
} catch (error) {
  if (!isSamaraError(error)) throw error
  process.stderr.write(`samara-lab: ${error.message}\n`)
  process.exitCode = EXIT_CONFIG
}

async function run(file: string, config: LabConfig): Promise<void> {
  const { broker, namespace, httpHost, httpPort } = config
  if (config.boards === 'check') return check(file)
  const log = pino({ level: config.logLevel }, process.stderr)
  const token = config.token ?? (config.tokenFile && read(config.tokenFile).toString('utf8').trim())
  const ca = config.ca === undefined ? undefined : read(config.ca)
  const stopped = signalled()
  const lab = await startLab({
    file,
    ...(config.socket !== undefined && { socket: config.socket }),
    http: { host: httpHost, port: httpPort },
    ...(broker !== undefined && { mqtt: { broker, namespace, token: token || undefined, ca } }),
    boards: { broker, namespace, tokens: config.boardTokens },
    startBoards: config.boards === 'start',
    clock: realClock,
    log,
  })
  process.stdout.write(`lab ${lab.lab.name}: socket ${lab.socket}, ${lab.url}\n`)
  // Its own timers keep nothing alive; the program stays until it is told to end.
  const stay = new MessageChannel().port1
  stay.on('message', () => undefined)
  await stopped
  await lab.close()
  stay.close()
}

/** One line for each board that could not start with the lab. */
async function check(file: string): Promise<void> {
  const lab = await openLab(file, { clock: realClock, log: pino({ level: 'silent' }) })
  const missing = lab.boards.missing()
  for (const line of missing) process.stderr.write(`samara-lab: ${line}\n`)
  process.exitCode = missing.length > 0 ? EXIT_MISSING : 0
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new SamaraError('NOT_FOUND', `file ${file}: cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}
