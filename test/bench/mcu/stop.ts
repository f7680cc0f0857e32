import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { agentTools } from '../../../cli/firmware/tools.ts'
import type { Group } from '../bench.ts'
import { rate } from '../rows.ts'
import { built, withTools } from './builds.ts'

/** Calls of one another, and a loop. */
const guests = { calls: ['slowFib', '24'], loop: ['fib', '1000000'] } as const
type Guest = keyof typeof guests
/** WAMR as the agent has it, WAMR that nobody can stop, and WAMR with its own thread manager: stop/CMakeLists.txt. */
const ways = { slices: 'mcu.stop', nothing: 'floor.mcu.stop', threads: 'mcu.stop.threads' } as const
type Way = keyof typeof ways
const all = (Object.keys(guests) as Guest[]).flatMap((guest) =>
  (Object.keys(ways) as Way[]).map((way) => ({ guest, way, id: `${ways[way]}.${guest}` })),
)

/** Instructions in a microsecond of the interpreter's, by how a guest can be stopped from outside. */
export const stop: Group = withTools(agentTools, {
  ids: all.map(({ id }) => id),
  async measure(bench) {
    const rounds = bench.quick ? 2 : 15
    const folder = join(await built('release', bench), 'bench')
    const timed = (guest: Guest, way: Way): Timed => {
      const words = [join(import.meta.dirname, '../../../examples/fib-as/fib-as.wasm'), ...guests[guest], TIMES]
      return JSON.parse(execFileSync(join(folder, `speed-${way}`), words, { encoding: 'utf8' })) as Timed
    }
    const instructions = { calls: timed('calls', 'slices').instructions, loop: timed('loop', 'slices').instructions }
    const samples = new Map(all.map(({ id }) => [id, [] as number[]]))
    for (let round = 0; round < rounds; round++)
      for (const { guest, way, id } of all)
        samples.get(id)?.push(instructions[guest] / Math.min(...timed(guest, way).us))
    return [...samples].map(([id, values]) => rate(id, 'per µs', values))
  },
})

/** The quickest of so many calls: what others do on the machine makes none quicker. */
const TIMES = '5'
type Timed = { readonly us: readonly number[]; readonly instructions: number }
