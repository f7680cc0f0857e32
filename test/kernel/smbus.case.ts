import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { failsWith, hexOf, i2cSpec, type Opened, read, succeeds, withDevice, write } from '../contract/drivers/case.ts'
import type { Kernel, KernelCase } from './kernel.ts'

const EEPROM = 0x50
const THERMOMETER = 0x48
const ALL = 0x0fff0008
const FUNCTIONS = '/sys/module/labbus/parameters/smbus_functions'
const I2C_BLOCKS = 0x0c000000

const open = ({ smbus }: Kernel, body: (device: Opened) => Promise<void>, changes = {}) =>
  withDevice(smbus, i2cSpec(smbus, changes), body)

/** With an adapter that can do less. */
async function without(functions: number, body: () => Promise<void>): Promise<void> {
  writeFileSync(FUNCTIONS, `${ALL & ~functions}`)
  try {
    await body()
  } finally {
    writeFileSync(FUNCTIONS, `${ALL}`)
  }
}

const sameWire = (what: string, transfer: (device: Opened) => Promise<unknown>, wire: string): KernelCase => ({
  name: `${what} goes out as it would raw`,
  run: (kernel) =>
    open(kernel, async (device) => {
      await kernel.smbus.wires()
      await transfer(device)
      assert.deepEqual(await kernel.smbus.wires(), [wire])
    }),
})

/** i2c-2 of the lab kernel refuses I2C_RDWR, as the SMBus controllers of PCs do. */
export const smbusCases: readonly KernelCase[] = [
  sameWire('an empty write', (device) => device.transfer(EEPROM, write()), 'S 50w A P'),
  sameWire('a write of one byte', (device) => device.transfer(EEPROM, write(0x07)), 'S 50w A 07 A P'),
  sameWire('a write of two bytes', (device) => device.transfer(EEPROM, write(0x07, 0xaa)), 'S 50w A 07 A aa A P'),
  sameWire(
    'a write of three bytes',
    (device) => device.transfer(EEPROM, write(0x07, 0xaa, 0xbb)),
    'S 50w A 07 A aa A bb A P',
  ),
  sameWire(
    'a longer write',
    (device) => device.transfer(EEPROM, write(0x10, 1, 2, 3, 4)),
    'S 50w A 10 A 01 A 02 A 03 A 04 A P',
  ),
  sameWire('a read of a byte alone', (device) => device.transfer(THERMOMETER, read(1)), 'S 48r A 19 N P'),
  sameWire(
    'a read of one byte of a register',
    (device) => device.transfer(EEPROM, write(0x10), read(1)),
    'S 50w A 10 A Sr 50r A 01 N P',
  ),
  sameWire(
    'a read of two bytes of a register',
    (device) => device.transfer(THERMOMETER, write(0x00), read(2)),
    'S 48w A 00 A Sr 48r A 19 A 00 N P',
  ),
  sameWire(
    'a longer read of a register',
    (device) => device.transfer(EEPROM, write(0x10), read(4)),
    'S 50w A 10 A Sr 50r A 01 A 02 A 03 A 04 N P',
  ),
  {
    name: 'reads give the bytes in the order of the wire',
    run: (kernel) =>
      open(kernel, async (device) => {
        assert.deepEqual(hexOf(await device.transfer(THERMOMETER, write(0x00), read(2))), ['1900'])
        succeeds(await device.transfer(EEPROM, write(0x40, 9, 8, 7, 6, 5)))
        assert.deepEqual(hexOf(await device.transfer(EEPROM, write(0x40), read(5))), ['0908070605'])
      }),
  },
  {
    name: 'a write that begins with its own length goes out as a block where the adapter knows no other',
    run: (kernel) =>
      without(I2C_BLOCKS, () =>
        open(kernel, async (device) => {
          await kernel.smbus.wires()
          succeeds(await device.transfer(EEPROM, write(0x18, 3, 0xa, 0xb, 0xc)))
          assert.deepEqual(await kernel.smbus.wires(), ['S 50w A 18 A 03 A 0a A 0b A 0c A P'])
          failsWith(await device.transfer(EEPROM, write(0x18, 4, 0xa, 0xb, 0xc)), 'unsupported')
        }),
      ),
  },
  {
    name: 'what SMBus cannot say is unsupported, and nothing goes out',
    run: (kernel) =>
      open(kernel, async (device) => {
        await kernel.smbus.wires()
        failsWith(await device.transfer(EEPROM, read(2)), 'unsupported')
        failsWith(await device.transfer(EEPROM, write(0x00), read(33)), 'unsupported')
        failsWith(await device.transfer(EEPROM, write(0, 0), read(1)), 'unsupported')
        failsWith(await device.transfer(EEPROM, write(0), read(1), write(0)), 'unsupported')
        failsWith(await device.transfer(EEPROM, write(...new Array(34).fill(0))), 'unsupported')
        assert.deepEqual(await kernel.smbus.wires(), [])
      }),
  },
  {
    name: 'an address of 10 bits is unsupported',
    run: (kernel) =>
      open(kernel, async (device) => failsWith(await device.transfer(0x150, write(0), read(1)), 'unsupported'), {
        addresses: [0x150],
      }),
  },
  {
    name: 'nobody at an address is told as on any adapter',
    run: (kernel) =>
      open(kernel, async (device) => failsWith(await device.transfer(0x23, write(0), read(1)), 'nack-address')),
  },
]
