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
    const rows = [
      ...(await together(bench, 'mcu.memory', { manager, at: manager, floorAt: { port: portOf(broker) } })),
      ...(await together(bench, 'mcu.memory.tls', { manager, at: fronts[0], floorAt: fronts[1] })),
    ]
    for (const front of fronts) front.close()
    await broker.stop('SIGKILL')
    await manager.stop()
    return rows
  },
})

type Places = { readonly manager: Manager; readonly at: BrokerAt; readonly floorAt: BrokerAt }

/** Both at a time, so that libraries that they share count for neither, whoever else has them. */
async function together(bench: Bench, id: string, { manager, at, floorAt }: Places): Promise<Measured[]> {
  const agent = await calledAgent(bench, manager, { id: id.replaceAll('.', '-'), at })
  const alone = privateMib(agent.pid)
  const client = await startBareClient(bench, floorAt)
  const found = { [id]: privateMib(agent.pid), [`floor.${id}`]: privateMib(client.pid) }
  for (const [which, { written, files }] of Object.entries({ ...found, [`${id}, alone`]: alone }))
    bench.note(
      `${which}: ${written.toFixed(2)} MiB written, ${files.toFixed(2)} MiB of files that nobody else has mapped`,
    )
  await client.stop()
  await agent.stop()
  return Object.entries(found).map(([which, { written, files }]) => rate(which, 'MiB', [written + files]))
}

type AgentAt = { readonly id: string; readonly at: BrokerAt }

async function calledAgent(bench: Bench, manager: Manager, { id, at }: AgentAt): Promise<Process> {
  const agent = await startAgent(bench, manager, id, at)
  const user = await connectUser(manager.port)
  for (let call = 0; call < CALLS; call++) await user.call(ADD)
  await user.close()
  return agent
}
