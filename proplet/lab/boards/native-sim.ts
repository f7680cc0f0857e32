import { join } from 'node:path'
import { provision } from '../../../shared/board/provision.ts'
import { openSerialShell } from '../../../shared/board/shell.ts'
import { byShell, setInitial } from './access.ts'
import { type BoardSpec, tokenOf } from './board-spec.ts'
import { startProgram } from './program.ts'
import type { Simulator, SimulatorWorld } from './simulator.ts'

/**
 * Zephyr's native simulator: the image is a program, its serial line is the program's input and output. It is told who it
 * is there, and not by its flags, which every user of the machine can read.
 */
export async function startNativeSim(spec: BoardSpec, world: SimulatorWorld): Promise<Simulator> {
  const { name, id, namespace, broker, image, parts } = spec
  const { clock, folder, signal, limitMs, startMs } = world
  const token = tokenOf(spec)
  const args = [`--flash=${join(folder, 'flash.bin')}`, '--uart_stdinout', ...spec.args]
  const program = await startProgram({ name, command: image, args, folder, clock, signal, secret: token })
  const shell = openSerialShell({
    ...{ clock, limitMs },
    write: (text) => void program.stdin.write(text),
    listen: program.onOutput,
  })
  void program.ended.then((why) => shell.close(why))
  try {
    if (broker) await provision(shell, { id, namespace, token, host: broker.host, port: broker.port }, startMs)
    if (parts.size > 0) await shell.insist('cell list', startMs)
    await setInitial(byShell(shell), parts.values())
    return { ...byShell(shell), ended: program.ended, stop: program.stop }
  } catch (error) {
    await program.stop()
    throw error
  }
}
