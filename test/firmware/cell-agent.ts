import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Cell } from '../support/cell.ts'
import { agentProgram } from './agent.ts'

/** Starts a C agent on the lab of a cell. */
export async function startCellAgent(
  cell: Cell,
  id: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { json } = await cell.manager.post('/v1/proplets', { id, labels })
  const tokenFile = join(cell.dir, id)
  writeFileSync(tokenFile, json.token)
  const agent = await agentProgram({
    id,
    broker: `mqtt://127.0.0.1:${cell.manager.mqttPort}`,
    tokenFile,
    data: join(cell.dir, `${id}.data`),
    lab: cell.socket,
  })
  await agent.start()
  onTestFinished(() => agent.kill('SIGKILL'))
}
