import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bench, Group } from './bench.ts'
import { rssMib, start } from './processes.ts'
import { latency, rate } from './rows.ts'
import { placeProplet, startManager } from './system.ts'

const bare = join(import.meta.dirname, 'programs/bare.js')
const ids = [
  'start.manager',
  'start.proplet',
  'memory.manager',
  'memory.proplet',
  'floor.node.start',
  'floor.node.memory',
] as const

/** From the start of a process until it takes work, and what it holds when it has been idle for a while. */
export const starts: Group = {
  ids,
  async measure(bench) {
    const plan = bench.quick ? { rounds: 1, idleMs: 100 } : { rounds: 9, idleMs: 5_000 }
    const samples = Object.fromEntries(ids.map((id) => [id, [] as number[]])) as Record<(typeof ids)[number], number[]>
    await prime(bench)
    for (let round = 0; round < plan.rounds; round++) {
      const node = await start([bare], /ready/)
      const manager = await startManager(bench, join(bench.dir, 'starts'))
      const proplet = await (await placeProplet(bench, manager, 'edge')).start()
      samples['floor.node.start'].push(node.startMs)
      samples['start.manager'].push(manager.startMs)
      samples['start.proplet'].push(proplet.heardMs)
      await delay(plan.idleMs)
      samples['floor.node.memory'].push(rssMib(node.pid))
      samples['memory.manager'].push(rssMib(manager.pid))
      samples['memory.proplet'].push(rssMib(proplet.pid))
      await proplet.stop()
      await manager.stop()
      await node.stop('SIGKILL')
    }
    return Object.entries(samples).map(([id, values]) =>
      id.includes('memory') ? rate(id, 'MiB', values) : latency(id, values),
    )
  },
}

/** Every start but the very first finds compiled code of an earlier one. */
async function prime(bench: Bench): Promise<void> {
  const manager = await startManager(bench, join(bench.dir, 'starts'))
  const proplet = await (await placeProplet(bench, manager, 'edge')).start()
  await proplet.stop()
  await manager.stop()
}
