import type { OpenDevice } from '../../../proplet/hal/driver.ts'
import type { OpenDriver } from '../../../proplet/hal/drivers/index.ts'
import type { DeviceSpec } from '../../../proplet/hal/profile.ts'
import type { Operation } from '../../../shared/bus.ts'

/** The floors: the same operations asked of a driver in this thread, without guest, channel or grant. */

const never = new AbortController().signal

export const readRegister = (address: number): Operation => ({
  op: 'transfer',
  target: address,
  segments: [
    { kind: 'write', bytes: Uint8Array.of(0) },
    { kind: 'read', length: 4 },
  ],
})

/** Microseconds per operation. */
async function loop(device: OpenDevice, operations: readonly Operation[], count: number): Promise<number> {
  const began = performance.now()
  for (let index = 0; index < count; index++) {
    const answered = device.run(operations[index % operations.length] as Operation, never)
    const { error, detail } = answered instanceof Promise ? await answered : answered
    if (error) throw new Error(`${error}: ${detail}`)
  }
  return ((performance.now() - began) * 1_000) / count
}

export async function directUs(openDriver: OpenDriver, spec: DeviceSpec, count: number): Promise<number> {
  const driver = await openDriver(spec.controller, spec.kind)
  const device = await driver.open(spec)
  try {
    const address = spec.kind === 'i2c' ? (spec.addresses[0] ?? 0) : 0
    const pin: Operation[] = [true, false].map((level) => ({ op: 'set', level }))
    return await loop(device, spec.kind === 'i2c' ? [readRegister(address)] : pin, count)
  } finally {
    await device.close()
    await driver.close()
  }
}
