import { join } from 'node:path'
import { type Provision, provision } from '../../../shared/board/provision.ts'
import { openSerialShell } from '../../../shared/board/shell.ts'
import { byShell, setInitial } from './access.ts'
import { type BoardSpec, tokenOf } from './board-spec.ts'
import { startProgram } from './program.ts'
import { openQmp } from './qmp.ts'
import { pause, reach } from './reach.ts'
import type { Simulator, SimulatorWorld } from './simulator.ts'

/** What QEMU's user network calls the loopback of the host. */
const HOST = '10.0.2.2'
const QUIT_MS = 2_000

/** A board in QEMU: its serial line and QEMU's control are Unix sockets in a folder of ours, its network is QEMU's own. */
export async function startQemu(spec: BoardSpec, world: SimulatorWorld): Promise<Simulator> {
  const { name, program: command, parts } = spec
  const { clock, folder, signal, limitMs, startMs } = world
  const token = tokenOf(spec)
  const [serial, control] = [join(folder, 'serial'), join(folder, 'qmp')]
  const args = argumentsOf(spec, serial, control)
  const program = await startProgram({ name, command, args, folder, clock, signal, secret: token })
  const sockets: { destroy(): void }[] = []
  try {
    const line = await reach(serial, program, world)
    sockets.push(line)
    const shell = openSerialShell({
      ...{ clock, limitMs },
      write: (text) => void line.write(text),
      listen: (hear) => void line.on('data', hear),
    })
    line.on('close', () => shell.close('the board is gone'))
    const qmp = await openQmp(await reach(control, program, world), { clock, limitMs: startMs })
    sockets.push({ destroy: () => qmp.close() })
    // It has waited for the first ear on its serial line: nothing of the boot is missed.
    await qmp.execute('cont')
    if (spec.broker) await provision(shell, wantedOf(spec, token), startMs)
    if (parts.size > 0) await shell.insist('cell list', startMs)
    await setInitial(byShell(shell), parts.values())
    const stop = async () => {
      const quit = qmp.execute('quit').catch(() => undefined)
      await Promise.race([quit, program.ended, pause(clock, QUIT_MS)])
      for (const one of sockets) one.destroy()
      await program.stop()
    }
    return { ...byShell(shell), ended: program.ended, stop }
  } catch (error) {
    for (const one of sockets) one.destroy()
    await program.stop()
    throw error
  }
}

function argumentsOf({ machine, image, args }: BoardSpec, serial: string, control: string): readonly string[] {
  return [
    ...['-machine', machine, '-display', 'none', '-monitor', 'none', '-S'],
    ...['-chardev', `socket,id=serial,path=${serial},server=on,wait=off`, '-serial', 'chardev:serial'],
    ...['-chardev', `socket,id=qmp,path=${control},server=on,wait=off`, '-mon', 'chardev=qmp,mode=control'],
    ...['-nic', 'user'],
    ...['-kernel', image],
    ...args,
  ]
}

const wantedOf = ({ id, namespace, broker }: BoardSpec, token: string | undefined): Provision => ({
  ...{ id, namespace, token },
  host: broker && !/^(127\.|localhost$|::1$)/.test(broker.host) ? broker.host : HOST,
  port: broker?.port ?? 1883,
})
