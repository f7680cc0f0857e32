import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { agentTools } from '../../../cli/firmware/tools.ts'
import type { Group } from '../bench.ts'
import { byTurns, fakeWorld, labWorld, type Plan } from '../hardware/hardware.ts'
import { runLoop } from '../hardware/world.ts'
import { rate } from '../rows.ts'
import { built, withTools } from './builds.ts'
import { type Image, imageOf } from './images.ts'

const ids = ['mcu.native', 'mcu.native.gpio', 'mcu.bus'] as const
const SENSOR = 'line1-temp'
const ADDRESS = 0x76
const RELAY = 'motor-1'

/**
 * What an operation of a function costs on the C agent: with a driver that answers at once, and over the socket of a
 * virtual lab. The floors are the same loops on the Linux proplet, by turns.
 */
export const hostCalls: Group = withTools(agentTools, {
  ids: [...ids, ...ids.map((id) => `floor.${id}`)],
  async measure(bench) {
    const plan: Plan = bench.quick ? { rounds: 2, count: 50 } : { rounds: 15, count: 2_000 }
    const few = { ...plan, count: Math.min(plan.count, 500) }
    const folder = join(await built('release', bench), 'bench')
    const loops = await imageOf('test/bench/hardware/loops.wasm', bench.dir)
    const read = (count: number) => loops.words('read-register', [SENSOR, ADDRESS, count])
    const toggle = (count: number) => loops.words('toggle', [RELAY, count])
    const alone = join(folder, 'calls')
    const samples: Record<string, number[]> = {}

    const fake = await fakeWorld()
    await byTurns(samples, plan, [
      ['mcu.native', (count) => usOfEach(alone, read(count), count)],
      ['floor.mcu.native', (count) => runLoop(fake, 'sensor', count)],
      ['mcu.native.gpio', (count) => usOfEach(alone, toggle(count), count)],
      ['floor.mcu.native.gpio', (count) => runLoop(fake, 'relay', count)],
    ])
    await fake.close()
    const lab = await labWorld(bench)
    await byTurns(samples, few, [
      ['mcu.bus', (count) => usOfEach(join(folder, 'calls-on-lab'), read(count), count, lab.socket)],
      ['floor.mcu.bus', (count) => runLoop(lab, 'sensor', count)],
    ])
    await lab.close()
    return Object.entries(samples).map(([id, values]) => rate(id, 'µs', values))
  },
})

/** The first call makes the instance. */
const CALLS = '2'

async function usOfEach(program: string, words: ReturnType<Image['words']>, count: number, ...lab: string[]) {
  const { stdout } = await promisify(execFile)(program, [...words, CALLS, ...lab])
  return ((JSON.parse(stdout) as number[]).at(-1) ?? Number.NaN) / count
}
