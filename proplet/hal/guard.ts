import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import type { GpioSpec } from './profile.ts'

/**
 * Takes the safe states when the agent is killed: its own code can do nothing about that any more. A shell holds the
 * other end of a pipe and costs a megabyte; only when the pipe closes without a word does it become a Node that opens
 * the outputs. What kills the whole machine, container or both processes is beyond it.
 */
export interface Guard {
  /** The agent has taken the safe states itself. Resolves when the guard has heard it, or is gone. */
  dismiss(): Promise<void>
}

export type GuardOptions = {
  readonly outputs: readonly GpioSpec[]
  /** Module that exports `openDriver`. */
  readonly drivers: string
  readonly log: Logger
}

const GOODBYE = 'bye'
/** Signals that a terminal or a service manager sends to all of us are meant for the agent, which then says goodbye. */
const SCRIPT = `trap '' HUP INT TERM
while read -r word; do [ "$word" = ${GOODBYE} ] && exit 0; done
exec "$@"`

export function startGuard({ outputs, drivers, log }: GuardOptions): Guard {
  const main = fileURLToPath(new URL(`./guard-main.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url))
  const task = JSON.stringify({ drivers, outputs })
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'samara-guard', process.execPath, main, task], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  })
  let dismissed = false
  const lost = (why: string) => {
    if (!dismissed)
      log.error({ why }, 'the guard of the outputs is gone: if the agent is killed, they stay as they are')
  }
  child.on('error', (error) => lost(String(error)))
  child.on('exit', (code, signal) => lost(`${signal ?? code}`))
  child.stdin.on('error', () => undefined)
  child.unref()
  return {
    dismiss: () => {
      dismissed = true
      if (child.stdin.destroyed) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      child.stdin.once('close', resolve)
      child.stdin.end(`${GOODBYE}\n`)
      return promise
    },
  }
}
