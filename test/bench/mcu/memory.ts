import { join } from 'node:path'
import { agentTools, program } from '../../../cli/firmware/tools.ts'
import type { Bench, Group } from '../bench.ts'
import { connectUser } from '../client.ts'
import { bareBroker, portOf } from '../echo.ts'
import { ADD, uploadAdd } from '../invoke.ts'
import { type Process, privateMib } from '../processes.ts'
import { rate } from '../rows.ts'
import { startManager } from '../system.ts'
import { type BrokerAt, startAgent, startBareClient } from './agent.ts'
import { withTools } from './builds.ts'
import { tlsBefore } from './tls.ts'

const CALLS = 20
const tools = [...agentTools, program('openssl', 'openssl')]

/** Memory of the C agent's own, connected, after some calls; beside a client of the same library that does nothing. */
export const memory: Group = withTools(tools, {
  ids: ['mcu.memory', 'mcu.memory.tls', 'floor.mcu.memory', 'floor.mcu.memory.tls'],
  async measure(bench) {
    const manager = await startManager(bench, join(bench.dir, 'mcu-memory'))
    const broker = await bareBroker()
    const fronts = [await tlsBefore(manager.port, bench.dir), await tlsBefore(portOf(broker), bench.dir)] as const
    await uploadAdd(manager)
    const agentAt = async (at: BrokerAt, id: string) => taken(await calledAgent(bench, manager, at, id))
    const clientAt = async (at: BrokerAt) => taken(await startBareClient(bench, at))
    const rows = [
      rate('mcu.memory', 'MiB', [await agentAt(manager, 'plain')]),
      rate('mcu.memory.tls', 'MiB', [await agentAt(fronts[0], 'secret')]),
      rate('floor.mcu.memory', 'MiB', [await clientAt({ port: portOf(broker) })]),
      rate('floor.mcu.memory.tls', 'MiB', [await clientAt(fronts[1])]),
    ]
    for (const front of fronts) front.close()
    await broker.stop('SIGKILL')
    await manager.stop()
    return rows
  },
})

async function calledAgent(bench: Bench, manager: Parameters<typeof startAgent>[1], at: BrokerAt, id: string) {
  const agent = await startAgent(bench, manager, id, at)
  const user = await connectUser(manager.port)
  for (let call = 0; call < CALLS; call++) await user.call(ADD)
  await user.close()
  return agent
}

async function taken(program: Process): Promise<number> {
  const mib = privateMib(program.pid)
  await program.stop()
  return mib
}
