import assert from 'node:assert/strict'
import type { Driver, OpenDevice } from '../../../proplet/hal/driver.ts'
import type { DeviceSpec, GpioSpec, I2cSpec, SpiSpec, UsbSpec } from '../../../proplet/hal/profile.ts'
import { type Answer, type Operation, type PinEvent, pinEvents, type Segment } from '../../../shared/bus.ts'
import type { FaultKind } from '../../../shared/lab/index.ts'

/**
 * The contract of a driver, as data: the same cases are run by vitest, by the runner inside the lab kernel, and by the
 * test that wants a broken driver to fail.
 */
export type Case<H> = { readonly name: string; readonly run: (harness: H) => Promise<void> }

/** Devices of contract.lab.yaml, and a hand on the chips' side. */
export type Harness<S extends DeviceSpec> = {
  /** A new one; whoever takes it closes it. */
  driver(device: S): Driver
  /** Strikes the next `count` operations on a part or a bus. */
  fault(on: string, kind: FaultKind, count: number): Promise<void>
  /** What went over the wires since it was last asked, in the words of the lab's trace. */
  wires(): Promise<string[]>
  /** Where the controller is. */
  readonly controller: S['controller']
}
export type I2cHarness = Harness<I2cSpec>
/** `controllerOf` gives the chip select. */
export type SpiHarness = Omit<Harness<SpiSpec>, 'controller'> & { controllerOf(select: number): SpiSpec['controller'] }
export type GpioHarness = Harness<GpioSpec> & {
  /** From outside: puts a level on a line, or lets go of it. */
  put(line: number, level: boolean | undefined): Promise<void>
  /** What the driver's side drives. */
  driven(line: number): Promise<boolean>
  /** Name of a line, where the controller knows names. */
  nameOf(line: number): string | undefined
}
export type UsbHarness = Omit<Harness<UsbSpec>, 'wires'> & { readonly vendor: number; readonly product: number }

const common = { name: 'under-test', maxBytes: 4096, timeoutMs: 200 } as const

export const i2cSpec = (harness: I2cHarness, changes: Partial<I2cSpec> = {}): I2cSpec => ({
  ...{ ...common, kind: 'i2c', controller: harness.controller, addresses: [0x50], tenBit: false },
  ...changes,
})
export const spiSpec = (harness: SpiHarness, select: number, changes: Partial<SpiSpec> = {}): SpiSpec => ({
  ...{ ...common, kind: 'spi', controller: harness.controllerOf(select), mode: 0, bitsPerWord: 8 },
  ...{ hz: 1_000_000, lsbFirst: false, csHigh: false },
  ...changes,
})
export const gpioSpec = (harness: GpioHarness, changes: Partial<GpioSpec> = {}): GpioSpec => ({
  ...{ ...common, kind: 'gpio', controller: harness.controller, line: 0, direction: 'input', activeLow: false },
  ...{ debounceUs: 0, safe: 'hold' },
  ...changes,
})
export const usbSpec = (harness: UsbHarness, changes: Partial<UsbSpec> = {}): UsbSpec => ({
  ...{ ...common, kind: 'usb', controller: harness.controller, vendor: harness.vendor, product: harness.product },
  ...changes,
})

/** An open device with nothing to wait for but the answer. */
export class Opened {
  readonly device: OpenDevice
  constructor(device: OpenDevice) {
    this.device = device
  }

  async run(operation: Operation, signal: AbortSignal = new AbortController().signal): Promise<Answer> {
    return await this.device.run(operation, signal)
  }

  transfer(target: number | undefined, ...segments: Segment[]): Promise<Answer> {
    return this.run({ op: 'transfer', target, segments })
  }

  waitFor(event: PinEvent, timeoutMs: number, signal?: AbortSignal): Promise<Answer> {
    return this.run({ op: 'wait', target: pinEvents.indexOf(event), timeoutMs }, signal)
  }
}

/** Opens a device with a driver of its own, and closes both whatever happens. */
export async function withDevice<S extends DeviceSpec>(
  harness: { driver(device: S): Driver },
  spec: S,
  body: (device: Opened) => Promise<void>,
): Promise<void> {
  const driver = harness.driver(spec)
  try {
    const device = await driver.open(spec)
    try {
      await body(new Opened(device))
    } finally {
      await device.close()
    }
  } finally {
    await driver.close()
  }
}

/** What opening it throws. */
export async function refusalOf<S extends DeviceSpec>(
  harness: { driver(device: S): Driver },
  spec: S,
): Promise<{ code: unknown; message: string }> {
  const driver = harness.driver(spec)
  try {
    const device = await driver.open(spec)
    await device.close()
  } catch (error) {
    return { code: (error as { code?: unknown }).code, message: (error as Error).message }
  } finally {
    await driver.close()
  }
  return assert.fail('it was opened')
}

export const write = (...bytes: number[]): Segment => ({ kind: 'write', bytes: Uint8Array.from(bytes) })
export const exchange = (...bytes: number[]): Segment => ({ kind: 'transfer', bytes: Uint8Array.from(bytes) })
export const read = (length: number): Segment => ({ kind: 'read', length })
export const pause = (ns: number): Segment => ({ kind: 'delay', length: ns })

/** Hex of what was read, one text for each read. */
export const hexOf = ({ error, detail, data = [] }: Answer): string[] => {
  assert.equal(error, undefined, detail)
  return data.map((bytes) => Buffer.from(bytes).toString('hex'))
}

export function succeeds({ error, detail }: Answer): void {
  assert.equal(error, undefined, detail)
}

export function failsWith({ error }: Answer, ...expected: Answer['error'][]): void {
  assert.ok(expected.includes(error), `${error ?? 'success'} is not ${expected.join(' or ')}`)
}
