import { join } from 'node:path'
import type { Io } from '../io.ts'
import { LabAnswer } from '../lab.ts'
import { packageRoot } from '../programs.ts'
import { addProplet, startLab } from './props.ts'
import type { Stage } from './stage.ts'
import { deployThermostat, followed, uploadThermostat } from './thermostat.ts'
import { callOn, callOnAgent, compare } from './twins.ts'

/** The thermostat on a simulated factory cell: the same .wasm that a microcontroller gets. */

const PROPLET = 'cell-1'
const EVERY_MS = 200

export type Cell = {
  /** Changes the temperature and waits until the relay has followed. */
  readonly follows: (celsius: number) => Promise<boolean>
}

/** Starts lab and proplet, deploys, and waits for the first run. */
export async function startCell(io: Io, stage: Stage, say: (text: string) => void): Promise<Cell> {
  const lab = await startLab(io, stage, join(packageRoot, 'examples/lab/cell.lab.yaml'))
  const shown = await lab.client.get(LabAnswer, '/v1/lab')
  say(`started the lab ${shown.name} (${shown.parts.map(({ chip }) => chip).join(', ')})`)
  const version = await uploadThermostat(stage.client)
  // One after the other: an output has one owner.
  const agent = await callOnAgent(io, stage, lab.socket, say)
  await addProplet(io, stage, PROPLET, ['--lab', lab.socket])
  say(`started proplet ${PROPLET} on it`)
  if (agent) compare(await callOn(stage, PROPLET), agent, say)
  await deployThermostat(io, stage.client, version, { selector: `demo=${PROPLET}`, everyMs: EVERY_MS, say })
  return { follows: (celsius) => followed(io, lab.client, celsius) }
}
