import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SamaraError } from '../../shared/errors.ts'
import { DeploymentDetails, DeploymentView, FunctionVersionView, GrantsView, UploadedView } from '../api.ts'
import { type Client, path } from '../client.ts'
import type { Io } from '../io.ts'
import { LabAnswer, PropertyAnswer } from '../lab.ts'
import { packageRoot } from '../programs.ts'
import { readFile } from '../session.ts'
import { until } from '../until.ts'
import { addProplet, startLab } from './props.ts'
import type { Stage } from './stage.ts'
import { callOn, callOnAgent, compare } from './twins.ts'

/** The thermostat on a simulated factory cell: the same .wasm that a microcontroller gets. */

const PROPLET = 'cell-1'
const EVERY_MS = 200
const COLD = 15
const HOT = 30
const PATIENCE_MS = 20_000

export type Cell = {
  /** Changes the temperature and waits until the relay has followed. */
  readonly follows: (celsius: number) => Promise<boolean>
}

type Uploaded = { readonly sizeBytes: number; readonly devices: readonly unknown[] }

/** Starts lab and proplet, deploys, and waits for the first run. */
export async function startCell(io: Io, stage: Stage, say: (text: string) => void): Promise<Cell> {
  const lab = await startLab(io, stage, join(packageRoot, 'examples/lab/cell.lab.yaml'))
  const shown = await lab.client.get(LabAnswer, '/v1/lab')
  say(`started the lab ${shown.name} (${shown.parts.map(({ chip }) => chip).join(', ')})`)
  const version = await upload(stage)
  // One after the other: an output has one owner.
  const agent = await callOnAgent(io, stage, lab.socket, say)
  await addProplet(io, stage, PROPLET, ['--lab', lab.socket])
  say(`started proplet ${PROPLET} on it`)
  if (agent) compare(await callOn(stage, PROPLET), agent, say)
  await deploy(io, stage, version, say)
  return { follows: (celsius) => followed(io, lab.client, celsius) }
}

/** What the thermostat asks for is granted to its calls. */
async function upload({ client }: Stage): Promise<Uploaded> {
  const { sizeBytes, version } = await client.upload(UploadedView, '/v1/functions/thermostat', thermostat())
  const where = path`/v1/functions/thermostat/versions/${version}`
  const { devices = [] } = await client.get(FunctionVersionView, where)
  await client.put(GrantsView, `${where}/grants`, { grants: devices })
  return { sizeBytes, devices }
}

async function deploy(
  io: Io,
  { client }: Stage,
  { sizeBytes, devices }: Uploaded,
  say: (text: string) => void,
): Promise<void> {
  const { id, words = 'nothing' } = await client.post(DeploymentView, '/v1/deployments', {
    function: 'thermostat',
    selector: `demo=${PROPLET}`,
    trigger: 'every',
    everyMs: EVERY_MS,
    keep: true,
    grants: devices,
  })
  say(`deployed thermostat (${sizeBytes} bytes) every ${EVERY_MS} ms; it may: ${words}`)
  await until(io, { what: 'the first run of thermostat', patienceMs: PATIENCE_MS }, async () => {
    const { states, refused } = await client.get(DeploymentDetails, path`/v1/deployments/${id}`)
    for (const { proplet, reason } of refused) throw new SamaraError('FAILED_PRECONDITION', `${proplet}: ${reason}`)
    const [state] = states
    if (state && state.failures > 0) throw new SamaraError('FAILED_PRECONDITION', `${state.error?.message}`)
    return (state && state.runs > 0) || undefined
  })
}

function thermostat(): Uint8Array {
  const file = join(packageRoot, 'examples/thermostat/thermostat.wasm')
  if (!existsSync(file)) throw new SamaraError('NOT_FOUND', `${file}: is missing from this package`)
  return readFile(file)
}

async function followed(io: Io, lab: Client, celsius: number): Promise<boolean> {
  await lab.put(PropertyAnswer, '/v1/parts/line1-temp/properties/temperature', { value: celsius })
  const wanted = celsius < (COLD + HOT) / 2
  return until(
    io,
    { what: `motor-1 being ${wanted ? 'on' : 'off'} at ${celsius} °C`, patienceMs: PATIENCE_MS },
    async () => {
      const { value } = await lab.get(PropertyAnswer, '/v1/parts/motor-1/properties/closed')
      return value === wanted ? { closed: value } : undefined
    },
  ).then(({ closed }) => closed)
}

/** Cold and hot, seen from outside. */
export async function warmAndCool(cell: Cell, say: (text: string) => void): Promise<void> {
  for (const celsius of [COLD, HOT]) {
    const closed = await cell.follows(celsius)
    say(`set line1-temp to ${celsius} °C: relay motor-1 ${closed ? 'closed' : 'opened'}`)
  }
}
