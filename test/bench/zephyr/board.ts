import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { missingTools, program } from '../../../cli/firmware/tools.ts'
import { HOST, makeMemory, networked, QEMU } from '../../firmware/mps2.ts'
import { armCompiler, armToolchain, zephyrBase, zephyrBuild } from '../../firmware/zephyr-build.ts'
import { provision } from '../../firmware/zephyr-line.ts'
import type { Group } from '../bench.ts'
import { connect } from '../client.ts'
import { type Process, start } from '../processes.ts'
import type { Measured } from '../rows.ts'
import { type Manager, register } from '../system.ts'

/** mps2/an385 in QEMU, as the benchmark runs it. */

export const firmware = join(import.meta.dirname, '../../../firmware')

const tools = [program(QEMU, 'qemu-system-arm'), ...armCompiler.map((name) => program(name, 'gcc-arm-none-eabi'))]

/** What keeps an image of Zephyr from being measured here. */
export const zephyrLacks = (): readonly string[] => [
  ...(zephyrBase() === undefined ? ['a workspace of Zephyr (ZEPHYR_BASE)'] : []),
  ...missingTools(tools).map(({ name }) => name),
]

/** A group that is left out, with one line, where it cannot be measured. */
export const withZephyr = ({ ids, measure }: Group): Group => ({
  ids,
  async measure(bench): Promise<readonly Measured[]> {
    const missing = zephyrLacks()
    if (missing.length > 0) {
      bench.note(`left out: ${ids.join(', ')}, for which ${missing.join(', ')} is missing here`)
      return []
    }
    bench.note(`${ids.filter((id) => !id.startsWith('floor.')).join(', ')}: on ${machine()}`)
    return await measure(bench)
  },
})

function machine(): string {
  const [version = ''] = execFileSync(QEMU, ['--version'], { encoding: 'utf8' }).split('\n')
  return `mps2-an385 (Cortex-M3) of ${version}, on ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`
}

/** An image of the application for a board; `settings` are of CMake. */
export async function imageFor(target: string, name: string, settings: readonly string[]): Promise<string> {
  const build = { source: firmware, target, settings, toolchain: armToolchain() }
  return join(await zephyrBuild(`${target.replace('/', '_')}-${name}`, build), 'zephyr')
}

export type Board = {
  readonly process: Process
  readonly bootMs: number
  readonly onlineMs: number
  /** All that it has said. */
  readonly lines: readonly string[]
}

/**
 * An agent at a manager: started once to be told what it needs, and then again, on the same flash, as it starts from then
 * on. `bootMs` is from QEMU's start to the first line of the guest, `onlineMs` to its connection.
 */
export async function startBoard(folder: string, manager: Manager, id: string): Promise<Board> {
  const memory = join(manager.dir, `${id}.flash`)
  const args = (line: string) => networked({ folder, memory, serial: line })
  makeMemory(memory)
  const token = await register(manager, id)
  const told = await start(args(`${memory}.line`), /Booting Zephyr/, 'bash')
  await provision({ socket: `${memory}.line` }, { id, host: HOST, port: `${manager.port}`, token })
  await told.stop('SIGKILL')
  const lines: string[] = []
  const watcher = await connect(manager.port, 'watcher')
  try {
    // The manager answers a proplet once it has taken it in; a log may drop lines.
    const heard = new Promise<number>((resolve) => watcher.once('message', () => resolve(performance.now())))
    await watcher.subscribeAsync(`samara/1/default/p/${id}/welcome`, { qos: 1 })
    const beganMs = performance.now()
    const process = await start(args(`${memory}.line2`), /Booting Zephyr/, 'bash', (line) => lines.push(line))
    const bootMs = performance.now() - beganMs
    return { process, bootMs, onlineMs: (await heard) - beganMs, lines }
  } finally {
    await watcher.endAsync(true)
  }
}
