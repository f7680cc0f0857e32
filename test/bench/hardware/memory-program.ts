import type { GpioSpec, I2cSpec } from '../../../proplet/hal/profile.ts'
import { fakeDrivers } from '../../support/fake-driver.ts'
import { bothGrants, openWorld } from './world.ts'

/** Prints the MiB that one kept instance takes, with two devices or without. */

const [devices, count = '10'] = process.argv.slice(2)
const common = { maxBytes: 4096, timeoutMs: 1_000, controller: { driver: 'linux', path: '/dev/null' } } as const
const sensor: I2cSpec = { ...common, name: 'sensor', kind: 'i2c', addresses: [0x76], tenBit: false }
const relay: GpioSpec = {
  ...common,
  ...{ name: 'relay', kind: 'gpio', line: 0, direction: 'output', activeLow: false, debounceUs: 0, safe: 'hold' },
}
const world = await openWorld(
  [sensor, relay],
  { sensor: 'sensor', relay: 'relay', spare: 'relay' },
  { drivers: fakeDrivers },
)
const never = new AbortController().signal

async function keep(key: string): Promise<void> {
  const grants = devices === 'with' ? bothGrants(world) : []
  const session = await world.hal.open({ holder: key, grants })
  const run = await session.begin(never)
  await world.rig.call(world.guest, { export: 'toggle', args: ['relay', 1], keep: key, bus: session.bus })
  await run?.end({ safe: false })
}

const residentMib = (): number => {
  globalThis.gc?.()
  return process.memoryUsage.rss() / 2 ** 20
}

await keep('first')
const before = residentMib()
for (let index = 0; index < Number(count); index++) await keep(`kept-${index}`)
process.stdout.write(`${Math.max(0, residentMib() - before) / Number(count)}`)
process.exit(0)
