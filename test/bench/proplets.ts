import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bench, Group } from './bench.ts'
import { bareBroker, portOf } from './echo.ts'
import { cpuMs, type Process, start } from './processes.ts'
import { type Measured, rate } from './rows.ts'
import { register, startManager } from './system.ts'

const AGENTS_OF_A_PROCESS = 2_500
const REGISTERED_AT_ONCE = 100

/**
 * Processor time of the manager, its broker included, while so many proplets are connected and heard every 10 s. Their
 * own processes do not count. The bare broker hears the same at the same time.
 */
export const proplets = (count: number): Group => ({
  ids: [`proplets.${count}`, `floor.heartbeats.${count}`],
  async measure(bench) {
    const plan = bench.quick
      ? { agents: count / 50, aliveMs: 1_000, windows: 1, windowMs: 1_000, restMs: 0 }
      : { agents: count, aliveMs: 10_000, windows: 5, windowMs: 20_000, restMs: 5_000 }
    const manager = await startManager(bench, join(bench.dir, `proplets-${count}`), { maxConnections: 20_000 })
    const broker = await bareBroker()
    const agents = [
      ...(await startAgents(bench, await tokens(manager, plan.agents), { ...plan, port: manager.port, network: 2 })),
      ...(await startAgents(bench, await tokens(undefined, plan.agents), {
        ...plan,
        port: portOf(broker),
        network: 3,
      })),
    ]
    // For what follows the hellos, such as rows that are written.
    await delay(plan.restMs)
    const shares: number[] = []
    const floors: number[] = []
    for (let window = 0; window < plan.windows; window++) {
      const before = [cpuMs(manager.pid), cpuMs(broker.pid)] as const
      const beganMs = performance.now()
      await delay(plan.windowMs)
      const percent = 100 / (performance.now() - beganMs)
      shares.push((cpuMs(manager.pid) - before[0]) * percent)
      floors.push((cpuMs(broker.pid) - before[1]) * percent)
    }
    await Promise.all(agents.map((one) => one.stop('SIGKILL')))
    await broker.stop('SIGKILL')
    await manager.stop()
    return rowsOf(count, shares, floors)
  },
})

const rowsOf = (count: number, shares: readonly number[], floors: readonly number[]): readonly Measured[] => [
  rate(`proplets.${count}`, '% of a core', shares),
  rate(`floor.heartbeats.${count}`, '% of a core', floors),
]

/** A line `id token` per proplet; the bare broker knows nobody and asks for nothing. */
async function tokens(manager: { readonly http: string } | undefined, count: number): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, (_, index) => `sim-${index}`)
  if (!manager) return ids.map((id) => `${id} -`)
  const lines: string[] = []
  const some = async (): Promise<void> => {
    for (let id = ids.pop(); id; id = ids.pop()) lines.push(`${id} ${await register(manager, id)}`)
  }
  await Promise.all(Array.from({ length: REGISTERED_AT_ONCE }, some))
  return lines
}

/** Each process connects from an address of its own: one has too few ports for all of them. */
async function startAgents(
  { dir }: Bench,
  lines: readonly string[],
  { port, network, aliveMs }: { port: number; network: number; aliveMs: number },
): Promise<Process[]> {
  const program = join(import.meta.dirname, 'programs/agents.ts')
  const started: Promise<Process>[] = []
  for (let at = 0; at < lines.length; at += AGENTS_OF_A_PROCESS) {
    const file = join(dir, `agents-${port}-${at}.txt`)
    await writeFile(file, lines.slice(at, at + AGENTS_OF_A_PROCESS).join('\n'))
    const address = `127.0.${network}.${1 + at / AGENTS_OF_A_PROCESS}`
    started.push(start([program, `${port}`, address, `${aliveMs}`, file], /^ready$/))
  }
  return Promise.all(started)
}
