import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { agentTools } from '../../../cli/firmware/tools.ts'
import type { Group } from '../bench.ts'
import { connect, connectUser, type User } from '../client.ts'
import { openDisk } from '../disk.ts'
import { bareBroker, bareEcho, portOf } from '../echo.ts'
import { ADD, asked, pathMs, uploadAdd } from '../invoke.ts'
import { largeCode } from '../modules.ts'
import type { Process } from '../processes.ts'
import { latency, type Measured, rate } from '../rows.ts'
import { type Manager, startManager, upload } from '../system.ts'
import { startAgent } from './agent.ts'
import { withTools } from './builds.ts'
import { stackDepths } from './stack.ts'

const MODULE_BYTES = 64 * 1024
/** Data of a chunk that the agent asks for: CONFIG_SAMARA_CHUNK. */
const CHUNK_BYTES = 896
const WARM_UPS = 20
/** Name of the threads that calls run on. */
const RUNNERS = 'samara-run'

/** A warm call of the C agent, and the way of a new module from its upload until it has run there. */
export const calls: Group = withTools(agentTools, {
  ids: ['mcu.call', 'mcu.publish64k', 'floor.mcu.path', 'floor.mcu.publish64k'],
  async measure(bench) {
    const plan = bench.quick ? { calls: 5, modules: 2 } : { calls: 300, modules: 7 }
    const dir = join(bench.dir, 'mcu-calls')
    const manager = await startManager(bench, dir)
    await uploadAdd(manager)
    const agent = await startAgent(bench, manager, 'mcu', manager)
    const user = await connectUser(manager.port)
    const rows = [
      ...(await callRows(user, { dir, calls: plan.calls, names: { call: 'mcu.call', path: 'floor.mcu.path' } })),
      ...(await publishRows(manager, user, plan.modules, 'mcu.publish64k')),
    ]
    const depths = stackDepths(agent.pid, RUNNERS)
    if (depths) bench.note(`mcu.call: ${Math.max(...depths)} bytes of a runner's stack below where it waits`)
    await user.close()
    await agent.stop()
    await manager.stop()
    return rows
  },
})

type CallPlan = {
  readonly dir: string
  readonly calls: number
  readonly names: { readonly call: string; readonly path: string }
}

/** Warm calls, by turns with the way that they take at least. */
export async function callRows(user: User, { dir, calls, names }: CallPlan): Promise<Measured[]> {
  const [echo, disk] = [await bareEcho(), openDisk(dir)]
  const [called, path]: [number[], number[]] = [[], []]
  for (let count = 0; count < WARM_UPS; count++) await user.call(ADD)
  for (let count = 0; count < calls; count++) {
    called.push(await user.call(ADD))
    path.push(pathMs(await echo.ask(asked()), disk.commit()))
  }
  await echo.close()
  disk.close()
  return [latency(names.call, called), latency(names.path, path)]
}

/** New modules, from upload to result, by turns with as many bytes over a broker. */
export async function publishRows(manager: Manager, user: User, modules: number, id: string): Promise<Measured[]> {
  const pair = await chunkPair()
  const [published, chunked]: [number[], number[]] = [[], []]
  for (let round = 0; round < modules; round++) {
    const module = largeCode(MODULE_BYTES)
    const beganMs = performance.now()
    await upload(manager, `large-${round}`, module)
    await user.call({ ...ADD, function: `large-${round}` })
    published.push((performance.now() - beganMs) / 1_000)
    chunked.push((await pair.push(randomBytes(module.length))) / 1_000)
  }
  await pair.close()
  return [rate(id, 's', published), rate(`floor.${id}`, 's', chunked)]
}

type ChunkPair = {
  /** Publishes bytes in chunks. Resolves when the last is there, with the time it took, in ms. */
  push(bytes: Buffer): Promise<number>
  close(): Promise<void>
}

async function chunkPair(): Promise<ChunkPair> {
  const broker: Process = await bareBroker()
  const [from, to] = [await connect(portOf(broker), 'from'), await connect(portOf(broker), 'to')]
  await to.subscribeAsync('chunk', { qos: 1 })
  return {
    async push(bytes) {
      let left = bytes.length
      const beganMs = performance.now()
      const arrived = new Promise<void>((resolve) => {
        to.on('message', function count(_topic, payload) {
          left -= payload.length
          if (left > 0) return
          to.off('message', count)
          resolve()
        })
      })
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
        from.publish('chunk', bytes.subarray(at, at + CHUNK_BYTES), { qos: 1 })
      await arrived
      return performance.now() - beganMs
    },
    async close() {
      await from.endAsync(true)
      await to.endAsync(true)
      await broker.stop('SIGKILL')
    },
  }
}
