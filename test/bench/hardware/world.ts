import { readFileSync } from 'node:fs'
import { componentNew } from '@bytecodealliance/jco-transpile/wasm-tools'
import { pino } from 'pino'
import type { Hal } from '../../../proplet/hal/hal.ts'
import { createHal, type HalOptions } from '../../../proplet/hal/hardware.ts'
import type { DeviceSpec } from '../../../proplet/hal/profile.ts'
import type { Grant } from '../../../shared/capabilities.ts'
import { realClock } from '../../../shared/clock.ts'
import { signatureText } from '../../../shared/signature.ts'
import { describeComponent } from '../../../shared/wasm/component.ts'
import { type Rig, rig, type Subject, subject } from '../../proplet/runtime/fixtures.ts'

/** A guest that loops over one operation, and hardware for it. */
export type World = {
  readonly hal: Hal
  readonly rig: Rig
  readonly guest: Subject
  readonly sensor: Device
  readonly relay: Device
  /** An output like the relay, for the driver alone: an output that was used stays with its I/O worker. */
  readonly spare: Device
  close(): Promise<void>
}
type Device = { readonly spec: DeviceSpec; readonly address: number }

const grantOf = ({ name, kind }: DeviceSpec): Grant => ({ device: name, kind, access: 'read-write' })

export async function openWorld(
  profile: readonly DeviceSpec[],
  names: { readonly sensor: string; readonly relay: string; readonly spare: string },
  options: Partial<HalOptions> = {},
): Promise<World> {
  const log = pino({ level: 'silent' })
  // Its outputs are the proplet's from the begin: the spare one must not be among them.
  const own = profile.filter(({ name }) => name !== names.spare || name === names.relay)
  const given = { profile: own, virtualTime: false, interfaces: [], clock: realClock, log, guard: false, ...options }
  const hal = await createHal(given)
  const runtime = rig({ size: 1, kept: 32 })
  const device = (name: string): Device => {
    const spec = profile.find((one) => one.name === name)
    if (!spec) throw new Error(`the profile has no ${name}`)
    return { spec, address: spec.kind === 'i2c' ? (spec.addresses[0] ?? 0) : 0 }
  }
  return {
    hal,
    rig: runtime,
    guest: await loops(),
    sensor: device(names.sensor),
    relay: device(names.relay),
    spare: device(names.spare),
    close: () => runtime.close().then(() => hal.close()),
  }
}

async function loops(): Promise<Subject> {
  const component = await componentNew(readFileSync(new URL('loops.wasm', import.meta.url)), [])
  const { exports } = describeComponent(component)
  return subject(
    component,
    'component',
    Object.fromEntries(exports.map(({ name, signature }) => [name, signatureText(signature)])),
  )
}

const never = new AbortController().signal

/** Microseconds per operation of a run that does `count` of them. */
export async function runLoop(world: World, what: 'sensor' | 'relay', count: number): Promise<number> {
  const { spec, address } = world[what]
  const session = await world.hal.open({ holder: 'benchmark', grants: [grantOf(spec)] })
  try {
    const run = await session.begin(never)
    const [name, args] =
      what === 'sensor' ? ['read-register', [spec.name, address, count]] : ['toggle', [spec.name, count]]
    const call = {
      export: name as string,
      args: args as (string | number)[],
      bus: session.bus,
      limits: { timeoutMs: 60_000 },
    }
    const { value, error, runUs } = await world.rig.call(world.guest, call)
    await run?.end({ safe: false })
    // [0, n] is ok: the whole loop was done.
    if (error || JSON.stringify(value) !== JSON.stringify([0, count]))
      throw new Error(`${name}: ${error?.message ?? JSON.stringify(value)}`)
    return runUs / count
  } finally {
    await session.close({ safe: false })
  }
}

/** Opens and closes a session with one device, and a run in it; microseconds. */
export async function sessionUs(world: World): Promise<number> {
  const began = performance.now()
  const session = await world.hal.open({ holder: 'benchmark', grants: [grantOf(world.sensor.spec)] })
  const run = await session.begin(never)
  await run?.end({ safe: false })
  await session.close({ safe: false })
  return (performance.now() - began) * 1_000
}

export const bothGrants = ({ sensor, relay }: World): Grant[] => [grantOf(sensor.spec), grantOf(relay.spec)]
