import { join } from 'node:path'
import type { OpenDevice } from '../../../proplet/hal/driver.ts'
import { createSimDriver, fetchProfile } from '../../../proplet/hal/drivers/sim/index.ts'
import type { DeviceSpec } from '../../../proplet/hal/profile.ts'
import type { Operation } from '../../../shared/bus.ts'
import type { Bench, Group } from '../bench.ts'
import { type Process, start } from '../processes.ts'
import { rate } from '../rows.ts'
import { readRegister, setLevel } from './devices.ts'
import { startLoops } from './loops.ts'

const ids = ['hw.i2c.function.lab', 'floor.hw.i2c.sim', 'hw.gpio.toggle.lab', 'floor.hw.gpio.sim'] as const

/** A function on the virtual lab, a process of its own, beside the driver of the lab alone: no guest, no channel. */
export const onLab: Group = {
  ids,
  async measure(bench) {
    const plan = bench.quick ? { rounds: 2, count: 200 } : { rounds: 15, count: 5_000 }
    const socket = join(bench.dir, 'lab.sock')
    const lab = await startLab(bench, socket)
    const { devices, virtualTime } = await fetchProfile(socket, 'edge')
    const profile = ['store', 'lamp'].map((name) => specOf(devices, name))
    const loops = await startLoops({ profile, virtualTime, cacheDir: join(bench.dir, 'loops') })
    const alone = await Promise.all(['store', 'other'].map((name) => openAlone(socket, specOf(devices, name))))
    const [store, lamp] = alone as [Alone, Alone]
    const samples = Object.fromEntries(ids.map((id) => [id, [] as number[]])) as Record<(typeof ids)[number], number[]>
    await loops.readRegister(plan.count)
    await loops.toggle(plan.count)
    for (let round = 0; round < plan.rounds; round++) {
      samples['hw.i2c.function.lab'].push(await loops.readRegister(plan.count))
      samples['floor.hw.i2c.sim'].push(await store.us(plan.count, () => readRegister))
      samples['hw.gpio.toggle.lab'].push(await loops.toggle(plan.count))
      samples['floor.hw.gpio.sim'].push(1e6 / (await lamp.us(plan.count, setLevel)))
    }
    for (const { close } of alone) await close()
    await loops.close()
    await lab.stop()
    return ids.map((id) => rate(id, id.includes('gpio') ? 'toggles/s' : 'µs', samples[id]))
  },
}

const startLab = ({ dist }: Bench, socket: string): Promise<Process> => {
  const file = join(import.meta.dirname, 'bench.lab.yaml')
  return start([join(dist, 'proplet/lab/main.js'), file, '--socket', socket, '--http-port', '0'], /^lab bench/)
}

const specOf = (profile: readonly DeviceSpec[], name: string): DeviceSpec => {
  const spec = profile.find((one) => one.name === name)
  if (!spec) throw new Error(`the lab has no ${name}`)
  return spec
}

type Alone = { us(count: number, operationOf: (index: number) => Operation): Promise<number>; close(): Promise<void> }

async function openAlone(socket: string, spec: DeviceSpec): Promise<Alone> {
  const driver = createSimDriver(socket, 'bus' in spec.controller ? spec.controller.bus : '')
  const device = await driver.open(spec)
  return {
    us: (count, operationOf) => usOfEach(device, count, operationOf),
    async close() {
      await device.close()
      await driver.close()
    },
  }
}

const never = new AbortController().signal

async function usOfEach(device: OpenDevice, count: number, operationOf: (index: number) => Operation): Promise<number> {
  const beganMs = performance.now()
  for (let index = 0; index < count; index++) {
    const { error } = await device.run(operationOf(index), never)
    if (error) throw new Error(`the driver answered ${error}`)
  }
  return ((performance.now() - beganMs) * 1000) / count
}
