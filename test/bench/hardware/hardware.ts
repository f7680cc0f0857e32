import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { pino } from 'pino'
import { openDriver } from '../../../proplet/hal/drivers/index.ts'
import { fetchProfile } from '../../../proplet/hal/drivers/sim/index.ts'
import { compileGrant } from '../../../proplet/hal/grants.ts'
import type { GpioSpec, I2cSpec } from '../../../proplet/hal/profile.ts'
import { startLab } from '../../../proplet/lab/start.ts'
import { realClock } from '../../../shared/clock.ts'
import { cache, cachedKernel } from '../../kernel/cached.ts'
import { bootKernel } from '../../kernel/uml.ts'
import * as fake from '../../support/fake-driver.ts'
import type { Bench, Group } from '../bench.ts'
import { latency, type Measured } from '../rows.ts'
import { directUs, readRegister } from './direct.ts'
import { memoryOfInstances } from './memory.ts'
import { openWorld, runLoop, sessionUs, type World } from './world.ts'

/** What hardware costs: a function's operation beside the same one asked of the driver alone. */

type Samples = Record<string, number[]>

export const hardwareIds = [
  'hw.grant.check',
  'hw.session',
  'hw.i2c.function',
  'floor.hw.i2c.driver',
  'hw.gpio.function',
  'floor.hw.gpio.driver',
  'hw.i2c.lab',
  'floor.hw.i2c.lab',
  'hw.gpio.lab',
  'floor.hw.gpio.lab',
  'hw.memory.instance',
  'floor.hw.memory.instance',
] as const

/** Only where the lab kernel has been built. */
export const kernelIds = [
  'hw.i2c.kernel',
  'floor.hw.i2c.kernel',
  'floor.hw.i2c.kernel.c',
  'hw.gpio.kernel',
  'floor.hw.gpio.kernel',
] as const

export const hardware: Group = {
  ids: [...hardwareIds, ...kernelIds],
  async measure(bench) {
    const plan = bench.quick ? { rounds: 2, count: 50 } : { rounds: 15, count: 2_000 }
    const samples: Samples = {}
    await withFakeDriver(samples, plan)
    await withLab(bench, samples, plan)
    samples['hw.grant.check'] = checks(plan.rounds)
    Object.assign(samples, await memoryOfInstances(bench.quick ? 2 : 10))
    const kernel = cachedKernel()
    if (kernel) Object.assign(samples, await inKernel(kernel, bench.quick))
    else bench.note('hw.*.kernel is left out: npm run build:kernel builds the lab kernel')
    return Object.entries(samples).map(([id, values]) => rowOf(id, values))
  },
}

const rowOf = (id: string, values: readonly number[]): Measured => ({
  ...latency(id, values),
  unit: id.includes('memory') ? 'MiB' : 'µs',
})

export type Plan = { readonly rounds: number; readonly count: number }

/** Function and driver by turns, so that the same noise meets both. */
export async function byTurns(
  samples: Samples,
  { rounds, count }: Plan,
  pairs: readonly (readonly [id: string, measure: (count: number) => Promise<number>])[],
): Promise<void> {
  for (const [, measure] of pairs) await measure(count)
  for (let round = 0; round < rounds; round++)
    for (const [id, measure] of pairs) {
      samples[id] ??= []
      samples[id].push(await measure(count))
    }
}

/** Devices of examples/lab/cell.lab.yaml. */
export const CELL = { sensor: 'line1-temp', relay: 'motor-1', spare: 'lamp' } as const

const common = { maxBytes: 4096, timeoutMs: 1_000, controller: { driver: 'linux', path: '/dev/null' } } as const
const sensor: I2cSpec = { ...common, name: 'sensor', kind: 'i2c', addresses: [0x76], tenBit: false }
const relay: GpioSpec = {
  ...common,
  ...{ name: 'relay', kind: 'gpio', line: 0, direction: 'output', activeLow: false, debounceUs: 0, safe: 'hold' },
}

/** A driver that answers at once: what is left is ours. */
export const fakeWorld = (): Promise<World> =>
  openWorld([sensor, relay], { sensor: 'sensor', relay: 'relay', spare: 'relay' }, { drivers: fake.fakeDrivers })

async function withFakeDriver(samples: Samples, plan: Plan): Promise<void> {
  const world = await fakeWorld()
  await byTurns(samples, plan, [
    ['hw.i2c.function', (count) => runLoop(world, 'sensor', count)],
    ['floor.hw.i2c.driver', (count) => directUs(fake.openDriver, sensor, count)],
    ['hw.gpio.function', (count) => runLoop(world, 'relay', count)],
    ['floor.hw.gpio.driver', (count) => directUs(fake.openDriver, relay, count)],
    ['hw.session', () => sessionUs(world)],
  ])
  await world.close()
}

/** A lab in this process, and a world whose devices it has. */
export async function labWorld(bench: Bench): Promise<World & { readonly socket: string }> {
  const file = join(import.meta.dirname, '../../../examples/lab/cell.lab.yaml')
  const socket = join(bench.dir, 'lab.sock')
  const lab = await startLab({ file, socket, clock: realClock, log: pino({ level: 'silent' }) })
  const { devices, virtualTime } = await fetchProfile(socket, 'bench')
  const world = await openWorld(devices, CELL, { virtualTime })
  return {
    ...world,
    socket,
    async close() {
      await world.close()
      await lab.close()
    },
  }
}

async function withLab(bench: Bench, samples: Samples, plan: Plan): Promise<void> {
  const world = await labWorld(bench)
  const few = { ...plan, count: Math.min(plan.count, 500) }
  await byTurns(samples, few, pairsOf('lab', world))
  await world.close()
}

export const pairsOf = (where: string, world: World) =>
  [
    [`hw.i2c.${where}`, (count: number) => runLoop(world, 'sensor', count)],
    [`floor.hw.i2c.${where}`, (count: number) => directUs(openDriver, world.sensor.spec, count)],
    [`hw.gpio.${where}`, (count: number) => runLoop(world, 'relay', count)],
    [`floor.hw.gpio.${where}`, (count: number) => directUs(openDriver, world.spare.spec, count)],
  ] as const

const CHECKS = 100_000

function checks(rounds: number): number[] {
  const check = compileGrant(
    { device: 'sensor', kind: 'i2c', access: 'read-write', addresses: [0x76], perSecond: 1_000_000_000 },
    sensor,
  )
  const operation = readRegister(0x76)
  let nowMs = 0
  return Array.from({ length: rounds }, () => {
    const began = performance.now()
    for (let index = 0; index < CHECKS; index++) if (check(operation, nowMs++)) throw new Error('refused')
    return ((performance.now() - began) * 1_000) / CHECKS
  })
}

/** The same ioctl from C: made here, because the files of the kernel's inside are these. */
export const RAW_PROGRAM = join(cache, 'raw-i2c')

async function inKernel(kernel: string, quick: boolean): Promise<Samples> {
  execFileSync('gcc', ['-O2', '-o', RAW_PROGRAM, join(import.meta.dirname, 'raw-i2c.c')])
  const script = quick ? 'kernel-quick.ts' : 'kernel-full.ts'
  const { results, output } = await bootKernel(kernel, join(import.meta.dirname, script), 300_000)
  const samples = Object.fromEntries(results.map(({ name, values = [] }) => [name, [...values]]))
  if (Object.keys(samples).length === 0) throw new Error(`the lab kernel measured nothing:\n${output.slice(-2_000)}`)
  return samples
}
