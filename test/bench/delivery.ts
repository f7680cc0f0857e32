import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Group } from './bench.ts'
import { connectUser } from './client.ts'
import { bareEcho } from './echo.ts'
import { ADD, uploadAdd } from './invoke.ts'
import { coreModule, padded } from './modules.ts'
import { rate } from './rows.ts'
import { placeProplet, startManager, upload } from './system.ts'

const MODULE_BYTES = 4 * 1024 * 1024
const MB = 1_000_000

/**
 * The first call of a module of several MB: its bytes go through blobs, are held against their digest and stored. The
 * floor is as many bytes as one message, to a subscriber who does nothing with them.
 */
export const delivery: Group = {
  ids: ['delivery.chunked', 'floor.delivery'],
  async measure(bench) {
    const rounds = bench.quick ? 1 : 9
    const manager = await startManager(bench, join(bench.dir, 'delivery'))
    await uploadAdd(manager)
    const proplet = await (await placeProplet(bench, manager, 'edge')).start()
    const user = await connectUser(manager.port)
    const echo = await bareEcho()
    const core = await coreModule()
    await user.call(ADD)
    const speeds: number[] = []
    const floors: number[] = []
    for (let round = 0; round < rounds; round++) {
      const module = padded(core, MODULE_BYTES)
      await upload(manager, `large-${round}`, module)
      speeds.push(speed(module, await user.call({ ...ADD, function: `large-${round}` })))
      const bytes = randomBytes(module.length)
      floors.push(speed(bytes, await echo.ask(bytes)))
    }
    await echo.close()
    await user.close()
    await proplet.stop()
    await manager.stop()
    return [rate('delivery.chunked', 'MB/s', speeds), rate('floor.delivery', 'MB/s', floors)]
  },
}

const speed = (bytes: Uint8Array, ms: number): number => bytes.length / MB / (ms / 1_000)
