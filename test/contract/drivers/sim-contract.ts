import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSimDriver } from '../../../proplet/hal/drivers/sim/index.ts'
import type { DeviceSpec } from '../../../proplet/hal/profile.ts'
import { startLab } from '../../../proplet/lab/start.ts'
import { realClock } from '../../../shared/clock.ts'
import type { FaultKind } from '../../../shared/lab/index.ts'
import { quiet } from '../../support/quiet.ts'
import type { GpioHarness, I2cHarness, SpiHarness, UsbHarness } from './case.ts'

export type SimContract = {
  readonly i2c: I2cHarness
  readonly spi: SpiHarness
  readonly gpio: GpioHarness
  readonly usb: UsbHarness
  clearFaults(): void
  close(): Promise<void>
}

/** The lab of the contract with simulated drivers on it, over its socket as a proplet has it. */
export async function openSimContract(): Promise<SimContract> {
  const dir = mkdtempSync(join(tmpdir(), 'samara-contract-'))
  const socket = join(dir, 'lab.sock')
  const file = fileURLToPath(new URL('contract.lab.yaml', import.meta.url))
  const running = await startLab({ file, socket, clock: realClock, log: quiet })
  const { lab } = running
  let seen = 0

  const controllerOf = (bus: string) => ({ driver: 'sim', socket, bus }) as const
  const common = {
    driver: ({ controller }: DeviceSpec) => createSimDriver(socket, (controller as { bus: string }).bus),
    fault: async (on: string, kind: FaultKind, count: number) => void lab.addFault({ on, kind, count }),
    async wires() {
      const rows = lab.trace.rows({ after: seen })
      seen = rows.at(-1)?.seq ?? seen
      return rows.map((row) => row.wire)
    },
  }

  return {
    i2c: { ...common, controller: controllerOf('i2c-0') },
    spi: { ...common, controllerOf: (select) => controllerOf(`spi-0:${select}`) },
    gpio: {
      ...common,
      controller: controllerOf('gpio-0'),
      put: async (line, level) =>
        lab.part(`wire-${line}`).set('puts', level === undefined ? 'float' : level ? 'high' : 'low'),
      driven: async (line) => lab.part(`wire-${line}`).get('driven') === 'high',
      nameOf: () => undefined,
    },
    usb: { ...common, vendor: 0x1209, product: 0x0001, controller: controllerOf('usb-1') },
    clearFaults: () => void lab.faults.clear(),
    async close() {
      await running.close()
      rmSync(dir, { recursive: true })
    },
  }
}
