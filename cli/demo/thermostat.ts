import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SamaraError } from '../../shared/errors.ts'
import { DeploymentDetails, DeploymentView, FunctionVersionView, GrantsView, UploadedView } from '../api.ts'
import { type Client, path } from '../client.ts'
import type { Io } from '../io.ts'
import { PropertyAnswer } from '../lab.ts'
import { packageRoot } from '../programs.ts'
import { readFile } from '../session.ts'
import { until } from '../until.ts'

/** The example's thermostat on simulated hardware, wherever that is: uploaded, deployed, and seen to follow. */

const COLD = 15
const HOT = 30
const PATIENCE_MS = 20_000

export type Thermostat = { readonly sizeBytes: number; readonly devices: readonly unknown[] }

/** What the thermostat asks for is granted to its calls. */
export async function uploadThermostat(client: Client): Promise<Thermostat> {
  const { sizeBytes, version } = await client.upload(UploadedView, '/v1/functions/thermostat', thermostat())
  const where = path`/v1/functions/thermostat/versions/${version}`
  const { devices = [] } = await client.get(FunctionVersionView, where)
  await client.put(GrantsView, `${where}/grants`, { grants: devices })
  return { sizeBytes, devices }
}

export type Deploying = { readonly selector: string; readonly everyMs: number; readonly say: (text: string) => void }

/** Resolves after its first run. */
export async function deployThermostat(
  io: Io,
  client: Client,
  { sizeBytes, devices }: Thermostat,
  { selector, everyMs, say }: Deploying,
): Promise<void> {
  const { id, words = 'nothing' } = await client.post(DeploymentView, '/v1/deployments', {
    function: 'thermostat',
    selector,
    trigger: 'every',
    everyMs,
    keep: true,
    grants: devices,
  })
  say(`deployed thermostat (${sizeBytes} bytes) every ${everyMs} ms; it may: ${words}`)
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

/** Changes the temperature and waits until the relay has followed; gives whether it is closed. */
export async function followed(io: Io, lab: Client, celsius: number): Promise<boolean> {
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
export async function warmAndCool(
  follows: (celsius: number) => Promise<boolean>,
  say: (text: string) => void,
): Promise<void> {
  for (const celsius of [COLD, HOT]) {
    const closed = await follows(celsius)
    say(`set line1-temp to ${celsius} °C: relay motor-1 ${closed ? 'closed' : 'opened'}`)
  }
}
