import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createLinuxGpio } from '../../proplet/hal/drivers/linux/gpio.ts'
import { createLinuxI2c } from '../../proplet/hal/drivers/linux/i2c.ts'
import { createLinuxSpi } from '../../proplet/hal/drivers/linux/spi.ts'
import { createLinuxUsb } from '../../proplet/hal/drivers/linux/usb.ts'
import type { GpioHarness, I2cHarness, SpiHarness, UsbHarness } from '../contract/drivers/case.ts'
import { type Chips, startChips } from './chips.ts'
import { createSimChip, type SimChip } from './gpio-sim.ts'

/** Devices of the kernel with the lab's chips behind them. */
export type Kernel = {
  readonly chips: Chips
  readonly lines: SimChip
  /** Of the adapter that does all, and of the one that knows SMBus only. */
  readonly i2c: I2cHarness
  readonly smbus: I2cHarness
  /** Drivers of another adapter. */
  i2cOn(path: string): I2cHarness['driver']
  readonly spi: SpiHarness
  readonly gpio: GpioHarness
  readonly usb: UsbHarness
}

export type KernelCase = { readonly name: string; readonly run: (kernel: Kernel) => Promise<void> }

const LAB = fileURLToPath(new URL('../contract/drivers/contract.lab.yaml', import.meta.url))
/** spidev has no time limit, so the controller's is made short. */
const SPI_TIMEOUT_MS = 200
const LINES = 8
const NAMES: Readonly<Record<number, string>> = { 0: 'door', 6: 'twice', 7: 'twice' }

export async function startKernel(): Promise<Kernel> {
  writeFileSync('/sys/module/labbus/parameters/timeout_ms', `${SPI_TIMEOUT_MS}`)
  const lines = createSimChip('lab', LINES, NAMES)
  const chips = await startChips(LAB, 'loop')
  return {
    chips,
    lines,
    i2c: i2cHarness(chips, '/dev/i2c-0'),
    smbus: i2cHarness(chips, '/dev/i2c-2'),
    i2cOn: (path) => () => createLinuxI2c(path),
    spi: spiHarness(chips),
    gpio: gpioHarness(lines),
    usb: usbHarness(chips),
  }
}

const fault =
  (chips: Chips): I2cHarness['fault'] =>
  async (on, kind, count) => {
    await chips.ask({ ask: 'fault', on, kind, count })
  }

const wires = (chips: Chips) => async () => (await chips.ask({ ask: 'wires' })) as string[]

const i2cHarness = (chips: Chips, path: string): I2cHarness => ({
  driver: () => createLinuxI2c(path),
  controller: { driver: 'linux', path },
  fault: fault(chips),
  wires: wires(chips),
})

const spidev = (select: number): string => `/dev/spidev0.${select}`

const spiHarness = (chips: Chips): SpiHarness => ({
  driver: ({ controller }) => createLinuxSpi('path' in controller ? controller.path : ''),
  controllerOf: (select) => ({ driver: 'linux', path: spidev(select) }),
  fault: fault(chips),
  wires: wires(chips),
})

const gpioHarness = (lines: SimChip): GpioHarness => ({
  driver: () => createLinuxGpio(lines.path),
  controller: { driver: 'linux', path: lines.path },
  fault: async () => undefined,
  wires: async () => [],
  async put(line, level) {
    if (level !== undefined) lines.put(line, level)
  },
  driven: async (line) => lines.level(line),
  nameOf: (line) => NAMES[line],
})

const usbHarness = (chips: Chips): UsbHarness => ({
  driver: () => createLinuxUsb(),
  controller: { driver: 'linux', path: 'usb' },
  vendor: 0x1209,
  product: 0x0001,
  // The gadget halts its endpoint itself: a fault of the lab's own bus would not be seen here.
  async fault() {
    await chips.ask({ ask: 'halt' })
  },
})
