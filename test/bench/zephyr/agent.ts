import { join } from 'node:path'
import { agentTools } from '../../../cli/firmware/tools.ts'
import { TARGET } from '../../firmware/mps2.ts'
import type { Group } from '../bench.ts'
import { connectUser } from '../client.ts'
import { ADD, uploadAdd } from '../invoke.ts'
import { withTools } from '../mcu/builds.ts'
import { callRows, publishRows } from '../mcu/calls.ts'
import { latency, type Measured, rate } from '../rows.ts'
import { startManager } from '../system.ts'
import { firmware, imageFor, startBoard, withZephyr } from './board.ts'

/** Moves of the shell's cursor, and colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is sent
const ESCAPES = /\x1b\[[0-9;]*[A-Za-z]/g
const PROMPT = 'samara:~$ '
const STACK = /^\s*(\S.*?)\s*: STACK: unused (\d+) usage (\d+) \/ (\d+)/

/** The agent on an emulated board: how soon it is there, how fast, and how deep. */
export const agent: Group = withZephyr(
  withTools(agentTools, {
    ids: [
      ...['zephyr.boot', 'zephyr.roundtrip', 'zephyr.publish64k', 'zephyr.stack'],
      ...['floor.zephyr.boot', 'floor.zephyr.path', 'floor.zephyr.publish64k'],
    ],
    async measure(bench) {
      const plan = bench.quick ? { calls: 5, modules: 2 } : { calls: 50, modules: 3 }
      const dir = join(bench.dir, 'zephyr-agent')
      const image = await imageFor(TARGET, 'marks', [`-DEXTRA_CONF_FILE=${join(firmware, 'tests/zephyr/marks.conf')}`])
      const manager = await startManager(bench, dir)
      await uploadAdd(manager)
      const board = await startBoard(image, manager, 'board')
      const user = await connectUser(manager.port)
      await user.call(ADD)
      const names = { call: 'zephyr.roundtrip', path: 'floor.zephyr.path' }
      const rows: Measured[] = [
        ...(await callRows(user, { dir, calls: plan.calls, names })),
        ...(await publishRows(manager, user, plan.modules, 'zephyr.publish64k')),
      ]
      // A report that begins after the last call.
      await board.process.line(/idle.*STACK: unused/)
      await board.process.line(/idle.*STACK: unused/)
      const marks = stacksOf(board.lines)
      for (const { name, used, size } of marks) bench.note(`zephyr.stack: ${name.padEnd(20)} ${used} of ${size} bytes`)
      await user.close()
      await board.process.stop('SIGKILL')
      await manager.stop()
      return [
        latency('zephyr.boot', [board.onlineMs]),
        latency('floor.zephyr.boot', [board.bootMs]),
        rate('zephyr.stack', 'bytes', [Math.max(...marks.map(({ used }) => used))]),
        ...rows,
      ]
    },
  }),
)

type Mark = { readonly name: string; readonly used: number; readonly size: number }

/** The deepest that each thread has been of what was said. A log may drop lines of one report; the next one has them. */
function stacksOf(lines: readonly string[]): Mark[] {
  const marks = new Map<string, Mark>()
  for (const line of lines) {
    const [, name = '', , used, size] = STACK.exec(line.replace(ESCAPES, '').replaceAll(PROMPT, '')) ?? []
    if (used === undefined) continue
    marks.set(name, { name, used: Math.max(Number(used), marks.get(name)?.used ?? 0), size: Number(size) })
  }
  return [...marks.values()]
}
