import { MessageChannel } from 'node:worker_threads'
import { realClock } from '../../shared/clock.ts'
import type { OpenDriver } from './drivers/index.ts'
import type { GpioSpec } from './profile.ts'

/** Runs when the agent was killed: drives its outputs to their safe states, tells so, and ends. */

/** The kernel gives the lines of a killed process back a moment after its pipe has closed. */
const TRIES = 100
const RETRY_MS = 50

const { drivers, outputs } = JSON.parse(process.argv[2] ?? '{}') as { drivers: string; outputs: GpioSpec[] }
const { openDriver } = (await import(drivers)) as { openDriver: OpenDriver }
process.on('SIGTERM', () => undefined)
// The clock's timers keep no process alive.
const stay = new MessageChannel().port1
stay.on('message', () => undefined)

const pause = (): Promise<void> => new Promise((resolve) => realClock.after(RETRY_MS, resolve))

async function drive(output: GpioSpec): Promise<string> {
  const driver = await openDriver(output.controller, output.kind)
  try {
    const device = await driver.open(output)
    const { error, detail } = await device.run(
      { op: 'set', level: output.safe === 'high' },
      new AbortController().signal,
    )
    await device.close()
    return error ? (detail ?? error) : ''
  } finally {
    await driver.close()
  }
}

/** What still failed at last. */
async function persist(output: GpioSpec): Promise<string> {
  let why = ''
  for (let tries = 0; tries < TRIES; tries++) {
    why = await drive(output).catch(String)
    if (why === '') return ''
    await pause()
  }
  return `${output.name}: ${why}`
}

const failures = (await Promise.all(outputs.map(persist))).filter((why) => why !== '')
const names = outputs.map(({ name }) => name).join(', ')
process.stderr.write(
  failures.length === 0
    ? `samara: the proplet was killed; its outputs have their safe states: ${names}\n`
    : `samara: the proplet was killed; outputs without their safe state: ${failures.join('; ')}\n`,
)
process.exit(failures.length === 0 ? 0 : 1)
