import { join } from 'node:path'
import { agentTools, program } from '../../../cli/firmware/tools.ts'
import type { Bench, Group } from '../bench.ts'
import { connectUser } from '../client.ts'
import { bareBroker, portOf } from '../echo.ts'
import { ADD, uploadAdd } from '../invoke.ts'
import { type Process, privateMib } from '../processes.ts'
import { type Measured, rate } from '../rows.ts'
import { type Manager, startManager } from '../system.ts'
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
    const bare = { port: portOf(broker) }
    const started: Started = [
      ['mcu.memory', () => calledAgent(bench, manager, 'plain', manager)],
      ['floor.mcu.memory', () => startBareClient(bench, bare)],
      ['mcu.memory.tls', () => calledAgent(bench, manager, 'secret', fronts[0])],
      ['floor.mcu.memory.tls', () => startBareClient(bench, fronts[1])],
    ]
    const rows: Measured[] = []
    for (const [id, begin] of started) {
      const program = await begin()
      const { written, files } = privateMib(program.pid)
      bench.note(`${id}: ${written.toFixed(2)} MiB written, ${files.toFixed(2)} MiB of files that it alone has mapped`)
      rows.push(rate(id, 'MiB', [written + files]))
      await program.stop()
    }
    for (const front of fronts) front.close()
    await broker.stop('SIGKILL')
    await manager.stop()
    return rows
  },
})

type Started = readonly (readonly [id: string, begin: () => Promise<Process>])[]

async function calledAgent(bench: Bench, manager: Manager, id: string, at: BrokerAt): Promise<Process> {
  const agent = await startAgent(bench, manager, id, at)
  const user = await connectUser(manager.port)
  for (let call = 0; call < CALLS; call++) await user.call(ADD)
  await user.close()
  return agent
}
