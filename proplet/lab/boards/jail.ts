import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { realClock } from '../../../shared/clock.ts'
import { dyingWithUs } from './program.ts'
import { openRelay, type Relay } from './relay.ts'

/**
 * Runs a program in a network namespace, as `unshare --net node jail.ts JSON`: what it listens on is reached through
 * Unix sockets alone, and of all outside it reaches the broker alone. It says `ready` when the sockets are there, and
 * ends when its input does.
 */

export type JailPlan = {
  readonly program: string
  readonly args: readonly string[]
  /** A Unix socket for each port of the program. */
  readonly ports: readonly { readonly path: string; readonly port: number }[]
  /** An Ethernet interface for the board, with this address on our side of it. */
  readonly tap?: { readonly name: string; readonly address: string } | undefined
  /** What listens on `port` of that address leads to this Unix socket. */
  readonly broker?: { readonly path: string; readonly port: number } | undefined
}

const EXIT_NO_NETWORK = 3
const GRACE_MS = 2_000
const PREFIX = 24

async function main(plan: JailPlan): Promise<void> {
  const relays: Relay[] = []
  let child: ChildProcess | undefined
  const end = (code: number) => {
    for (const relay of relays) relay.close()
    process.exit(code)
  }
  const stop = () => {
    if (!child) return end(0)
    child.kill('SIGTERM')
    realClock.after(GRACE_MS, () => child?.kill('SIGKILL'))
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
  process.stdin.on('end', stop).on('error', stop).resume()

  bringUp(plan)
  const again = (fn: () => void, ms: number) => void realClock.after(ms, fn)
  for (const { path, port } of plan.ports) relays.push(await openRelay({ path }, { host: '127.0.0.1', port }, again))
  const { tap, broker } = plan
  if (tap && broker)
    relays.push(await openRelay({ host: tap.address, port: broker.port }, { path: broker.path }, again))
  const [file, ...before] = dyingWithUs(plan.program)
  child = spawn(file, [...before, ...plan.args], { stdio: ['ignore', 'inherit', 'inherit'] })
  child.once('error', (error) => {
    process.stderr.write(`${plan.program}: ${error.message}\n`)
    end(1)
  })
  child.once('exit', (code, signal) => {
    if (signal) process.stderr.write(`${plan.program}: ended by ${signal}\n`)
    end(code ?? 1)
  })
  process.stdout.write('ready\n')
}

function bringUp({ tap }: JailPlan): void {
  ip('link', 'set', 'lo', 'up')
  if (!tap) return
  ip('tuntap', 'add', 'dev', tap.name, 'mode', 'tap')
  ip('addr', 'add', `${tap.address}/${PREFIX}`, 'dev', tap.name)
  ip('link', 'set', tap.name, 'up')
}

function ip(...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' })
  if (status === 0) return
  process.stderr.write(`ip ${args.join(' ')}: ${error?.message ?? stderr.trim()}\n`)
  process.exit(EXIT_NO_NETWORK)
}

if (import.meta.main) await main(JSON.parse(process.argv[2] ?? '') as JailPlan)
