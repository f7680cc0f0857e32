import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Cell } from '../support/cell.ts'
import type { Program } from '../support/processes.ts'
import { type AgentOptions, agentProgram } from './agent.ts'

/** Starts a C agent on the lab of a cell; `make` says another one. */
export async function startCellAgent(
  cell: Cell,
  id: string,
  labels: Readonly<Record<string, string>> = {},
  make: (options: AgentOptions) => Promise<Program> = agentProgram,
): Promise<Program> {
  const { json } = await cell.manager.post('/v1/proplets', { id, labels })
  const tokenFile = join(cell.dir, id)
  writeFileSync(tokenFile, json.token)
  const agent = await make({
    id,
    broker: `mqtt://127.0.0.1:${cell.manager.mqttPort}`,
    tokenFile,
    data: join(cell.dir, `${id}.data`),
    lab: cell.socket,
  })
  await agent.start()
  onTestFinished(() => agent.kill('SIGKILL'))
  return agent
}
