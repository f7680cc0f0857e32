import { extname, join } from 'node:path'
import { provision } from '../../../shared/board/provision.ts'
import { openSerialShell, type SerialShell } from '../../../shared/board/shell.ts'
import { SamaraError } from '../../../shared/errors.ts'
import { byMonitor, setInitial } from './access.ts'
import { type BoardSpec, tokenOf } from './board-spec.ts'
import type { JailPlan } from './jail.ts'
import { type Monitor, openMonitor } from './monitor.ts'
import { type SimulatorProgram, startProgram } from './program.ts'
import { pause, reach } from './reach.ts'
import { openRelay } from './relay.ts'
import type { Simulator, SimulatorWorld } from './simulator.ts'

/**
 * A board in Renode. Its monitor, which may do anything, and its serial line listen on every address of the machine and
 * ask for no password: Renode gets a network namespace of its own, with a TAP interface for the board's Ethernet.
 */

const MONITOR_PORT = 1234
/** The script puts the serial line there. */
const SERIAL_PORT = 3456
/** Of RFC 5737: nobody's. The board's is the next one. */
const TAP = { name: 'tap0', address: '192.0.2.1' } as const
const BROKER_PORT = 1883
const QUIT_MS = 3_000

type Closing = { close(): void }

/** Resolves when the board runs, and is told who it is. */
export async function startRenode(spec: BoardSpec, world: SimulatorWorld): Promise<Simulator> {
  const { clock, folder, limitMs, startMs } = world
  const closings: Closing[] = []
  const places = { monitor: join(folder, 'monitor'), serial: join(folder, 'serial'), broker: join(folder, 'broker') }
  const again = (fn: () => void, ms: number) => void clock.after(ms, fn)
  if (spec.broker && spec.network === 'tap')
    closings.push(await openRelay({ path: places.broker }, { host: spec.broker.host, port: spec.broker.port }, again))
  const program = await startJailed(spec, world, places)
  const stop = async (monitor?: Monitor) => {
    const quit = monitor?.run('quit').catch(() => undefined)
    if (quit) await Promise.race([quit, program.ended, pause(clock, QUIT_MS)])
    for (const one of closings.toReversed()) one.close()
    await program.stop()
  }
  try {
    const monitor = await openMonitor(await reach(places.monitor, program, world), { clock, limitMs, startMs })
    closings.push(monitor)
    await load(monitor, spec)
    const access = byMonitor(monitor)
    await setInitial(access, spec.parts.values())
    const shell = await openLine(await reach(places.serial, program, world), world, closings)
    await monitor.run('start')
    if (spec.broker) {
      await provision(shell, wantedOf(spec), startMs)
      await shell.insist('samara show', startMs)
    }
    const lost = new Promise<string>((resolve) => monitor.onClosed((why) => resolve(`its monitor: ${why}`)))
    return { ...access, ended: Promise.race([program.ended, lost]), stop: () => stop(monitor) }
  } catch (error) {
    await stop()
    throw error
  }
}

function startJailed(
  { name, program, args, network, broker }: BoardSpec,
  { clock, folder, signal }: SimulatorWorld,
  places: Readonly<Record<'monitor' | 'serial' | 'broker', string>>,
): Promise<SimulatorProgram> {
  const plan: JailPlan = {
    program,
    args: ['--disable-gui', '--port', `${MONITOR_PORT}`, ...args],
    ports: [
      { path: places.monitor, port: MONITOR_PORT },
      { path: places.serial, port: SERIAL_PORT },
    ],
    ...(network === 'tap' && { tap: TAP, ...(broker && { broker: { path: places.broker, port: BROKER_PORT } }) }),
  }
  const isRoot = process.getuid?.() === 0
  const jail = join(import.meta.dirname, `jail${extname(import.meta.filename)}`)
  return startProgram({
    ...{ name, folder, clock, signal, command: 'unshare' },
    args: [
      ...(isRoot ? [] : ['--user', '--map-root-user']),
      '--net',
      '--',
      process.execPath,
      jail,
      JSON.stringify(plan),
    ],
  })
}

/** The script makes the machine; what differs from board to board it finds in variables. */
async function load(monitor: Monitor, { name, image, script }: BoardSpec): Promise<void> {
  await monitor.run(`$name="${name}"`)
  await monitor.run(`$bin=${path(image)}`)
  await monitor.run(`$serial=${SERIAL_PORT}`)
  await monitor.run(`include ${path(script)}`)
}

/** A path in the monitor begins with `@`; a space in it is escaped, and a semicolon would end the command. */
function path(file: string): string {
  if (!/[;"'`]/.test(file)) return `@${file.replaceAll(' ', '\\ ')}`
  throw new SamaraError(
    'INVALID_ARGUMENT',
    `renode: ${JSON.stringify(file)} has characters that its monitor does not take in a path`,
  )
}

function openLine(
  line: Awaited<ReturnType<typeof reach>>,
  { clock, limitMs }: SimulatorWorld,
  closings: Closing[],
): SerialShell {
  const shell = openSerialShell({
    ...{ clock, limitMs },
    write: (text) => void line.write(text),
    listen: (hear) => void line.on('data', hear),
  })
  line.on('close', () => shell.close('the board is gone'))
  closings.push({ close: () => line.destroy() })
  return shell
}

const wantedOf = (spec: BoardSpec) => ({
  ...{ id: spec.id, namespace: spec.namespace, host: TAP.address, port: BROKER_PORT },
  token: tokenOf(spec),
})
