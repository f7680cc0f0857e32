import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bench, Group } from './bench.ts'
import { memoryMib, start } from './processes.ts'
import { latency, rate } from './rows.ts'
import { placeProplet, startManager } from './system.ts'

const bare = join(import.meta.dirname, 'programs/bare.js')
const ids = [
  'start.manager',
  'start.proplet',
  'memory.manager',
  'memory.proplet',
  'memory.own.manager',
  'memory.own.proplet',
  'floor.node.start',
  'floor.node.memory',
  'floor.node.memory.own',
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
      const memory = { node: memoryMib(node.pid), manager: memoryMib(manager.pid), proplet: memoryMib(proplet.pid) }
      samples['floor.node.memory'].push(memory.node.resident)
      samples['memory.manager'].push(memory.manager.resident)
      samples['memory.proplet'].push(memory.proplet.resident)
      samples['floor.node.memory.own'].push(memory.node.own)
      samples['memory.own.manager'].push(memory.manager.own)
      samples['memory.own.proplet'].push(memory.proplet.own)
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
