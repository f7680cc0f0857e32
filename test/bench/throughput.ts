import { join } from 'node:path'
import type { Group } from './bench.ts'
import { connectUser, type User } from './client.ts'
import { openDisk } from './disk.ts'
import { ADD, uploadAdd } from './invoke.ts'
import { rate } from './rows.ts'
import { placeProplet, startManager } from './system.ts'

const IN_FLIGHT = 64

/** Tasks per second of one user who keeps so many jobs in flight; each acceptance and each result is on the disk first. */
export const throughput: Group = {
  ids: ['throughput.durable', 'floor.sqlite.rate'],
  async measure(bench) {
    const plan = bench.quick ? { rounds: 1, runMs: 300 } : { rounds: 7, runMs: 4_000 }
    const dir = join(bench.dir, 'throughput')
    const manager = await startManager(bench, dir)
    await uploadAdd(manager)
    const proplet = await (await placeProplet(bench, manager, 'edge')).start()
    const user = await connectUser(manager.port)
    const disk = openDisk(dir)
    await inFlight(user, plan.runMs / 2)
    const tasks: number[] = []
    const commits: number[] = []
    for (let round = 0; round < plan.rounds; round++) {
      tasks.push(await inFlight(user, plan.runMs))
      commits.push(perSecond(plan.runMs / 4, () => disk.commit()))
    }
    disk.close()
    await user.close()
    await proplet.stop()
    await manager.stop()
    return [rate('throughput.durable', 'tasks/s', tasks), rate('floor.sqlite.rate', 'commits/s', commits)]
  },
}

async function inFlight(user: User, runMs: number): Promise<number> {
  const beganMs = performance.now()
  let count = 0
  const one = async (): Promise<void> => {
    while (performance.now() - beganMs < runMs) {
      await user.call(ADD)
      count++
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, one))
  return (count * 1_000) / (performance.now() - beganMs)
}

function perSecond(runMs: number, act: () => void): number {
  const beganMs = performance.now()
  let count = 0
  while (performance.now() - beganMs < runMs) {
    act()
    count++
  }
  return (count * 1_000) / (performance.now() - beganMs)
}
