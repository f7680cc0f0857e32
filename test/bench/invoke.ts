import { join } from 'node:path'
import type { Group } from './bench.ts'
import { connectUser, type User, type Wanted } from './client.ts'
import { type Disk, openDisk } from './disk.ts'
import { bareEcho, type Echo, mosquittoEcho } from './echo.ts'
import { componentModule, coreModule, variant } from './modules.ts'
import { latency, type Measured } from './rows.ts'
import { type Manager, placeProplet, startManager, upload } from './system.ts'

/** The whole way of a call: from the publication of the job until its result is there. */

const CORE = { export: 'add', args: [2, 3] }
const COMPONENT = { export: 'echo-string', args: ['hello'] }
const ASKED_BYTES = 128

const ids = [
  'invoke.warm.core',
  'invoke.warm.component',
  'invoke.cold.core',
  'invoke.cold.component',
  'invoke.first.core',
  'invoke.first.component',
  'floor.mqtt',
  'floor.mosquitto',
  'floor.sqlite',
  'floor.path',
] as const
type Id = (typeof ids)[number]
type Samples = Record<Id, number[]>

export const invoke: Group = {
  ids,
  async measure(bench) {
    const plan = bench.quick ? { rounds: 1, calls: 5, variants: 2 } : { rounds: 7, calls: 60, variants: 10 }
    const dir = join(bench.dir, 'invoke')
    const manager = await startManager(bench, dir)
    const place = await placeProplet(bench, manager, 'edge')
    const functions = await uploadAll(manager, plan.variants)
    const floors = { echo: await bareEcho(), mosquitto: await mosquittoEcho(bench), disk: openDisk(dir) }
    if (!floors.mosquitto) bench.note('floor.mosquitto is left out: Mosquitto is not installed')
    const user = await connectUser(manager.port)
    const samples = Object.fromEntries(ids.map((id) => [id, [] as number[]])) as Samples

    let proplet = await place.start()
    await warmUp(user)
    for (const { id, wanted } of functions) samples[`invoke.first.${id}`].push(await user.call(wanted))
    for (let round = 0; round < plan.rounds; round++) {
      // Prepared on disk by an earlier run, and not loaded by this one.
      await proplet.stop()
      proplet = await place.start()
      await warmUp(user)
      for (const { id, wanted } of functions) samples[`invoke.cold.${id}`].push(await user.call(wanted))
      await warmRound(user, floors, plan.calls, samples)
    }

    await user.close()
    await floors.echo.close()
    await floors.mosquitto?.close()
    floors.disk.close()
    await proplet.stop()
    await manager.stop()
    return rowsOf(samples)
  },
}

type Variant = { readonly id: 'core' | 'component'; readonly wanted: Wanted }

/** The functions that are warm, and variants of them. */
async function uploadAll(manager: Manager, variants: number): Promise<readonly Variant[]> {
  const core = await coreModule()
  const component = await componentModule()
  await upload(manager, 'core', core)
  await upload(manager, 'component', component)
  const all: Variant[] = []
  for (let number = 0; number < variants; number++) {
    await upload(manager, `core-${number}`, variant(core, number))
    await upload(manager, `component-${number}`, variant(component, number))
    all.push({ id: 'core', wanted: { function: `core-${number}`, ...CORE } })
    all.push({ id: 'component', wanted: { function: `component-${number}`, ...COMPONENT } })
  }
  return all
}

const WARM_UPS = 20

async function warmUp(user: User): Promise<void> {
  for (let count = 0; count < WARM_UPS; count++) {
    await user.call({ function: 'core', ...CORE })
    await user.call({ function: 'component', ...COMPONENT })
  }
}

type Floors = { readonly echo: Echo; readonly mosquitto: Echo | undefined; readonly disk: Disk }

async function warmRound(
  user: User,
  { echo, mosquitto, disk }: Floors,
  calls: number,
  samples: Samples,
): Promise<void> {
  const job = asked()
  for (let count = 0; count < calls; count++) {
    samples['invoke.warm.core'].push(await user.call({ function: 'core', ...CORE }))
    samples['invoke.warm.component'].push(await user.call({ function: 'component', ...COMPONENT }))
    samples['floor.mqtt'].push(await echo.ask(job))
    if (mosquitto) samples['floor.mosquitto'].push(await mosquitto.ask(job))
    samples['floor.sqlite'].push(disk.commit())
  }
}

/** Two ways over a broker and one commit. */
export const pathMs = (echoMs: number, commitMs: number): number => 2 * echoMs + commitMs

/** What a job of this size looks like on the wire. */
export const asked = (): Buffer => Buffer.alloc(ASKED_BYTES, 'x')

function rowsOf(samples: Samples): readonly Measured[] {
  const { 'floor.mqtt': mqtt, 'floor.sqlite': sqlite } = samples
  const path = mqtt.map((one, index) => pathMs(one, sqlite[index] ?? Number.NaN))
  return Object.entries({ ...samples, 'floor.path': path })
    .filter(([, values]) => values.length > 0)
    .map(([id, values]) => latency(id, values))
}

/** The functions of a warm call, for other groups. */
export const ADD: Wanted = { function: 'core', ...CORE }
export const uploadAdd = async (manager: Manager): Promise<void> => upload(manager, 'core', await coreModule())
