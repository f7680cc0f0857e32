import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { ioctl, iow } from '../../proplet/hal/drivers/linux/ioctl.ts'
import { hexOf, i2cSpec, read, refusalOf, withDevice, write } from '../contract/drivers/case.ts'
import { putSpiDevice } from './bridge.ts'
import type { KernelCase } from './kernel.ts'

const BUS = '/sys/bus/i2c/devices/i2c-1'
const hex = (address: number) => `0x${address.toString(16)}`
const textOf = (path: string): string => readFileSync(path, 'utf8').trim()
const numberOf = (path: string): number => Number(textOf(path))

/** Gives an address to a driver of the kernel; `body` gets the device's folder. */
async function bound(driver: string, address: number, body: (folder: string) => Promise<void> | void): Promise<void> {
  writeFileSync(`${BUS}/new_device`, `${driver} ${hex(address)}`)
  try {
    const folder = `/sys/bus/i2c/devices/1-${address.toString(16).padStart(4, '0')}`
    assert.ok(existsSync(`${folder}/driver`), `the kernel's driver of ${driver} takes the chip`)
    await body(folder)
  } finally {
    writeFileSync(`${BUS}/delete_device`, hex(address))
  }
}

/** The folder below that begins with this: `iio:device0`, `hwmon1`. */
function below(folder: string, start: string): string {
  const found = readdirSync(folder).find((entry) => entry.startsWith(start))
  assert.ok(found, `${start}* in ${folder}`)
  return `${folder}/${found}`
}

const near = (actual: number, expected: number, most: number): void =>
  assert.ok(Math.abs(actual - expected) <= most, `${actual} is not ${expected} within ${most}`)

function weather(folder: string, celsius: number, pascal: number, humidity: number): void {
  const iio = below(folder, 'iio:device')
  near(numberOf(`${iio}/in_temp_input`), celsius * 1000, 20)
  near(numberOf(`${iio}/in_pressure_input`), pascal / 1000, 0.02)
  near(numberOf(`${iio}/in_humidityrelative_input`), humidity * 1000, 100)
}

/** What an accelerometer that lies flat feels, in m/s². */
function flat(folder: string): void {
  const iio = below(folder, 'iio:device')
  const scale = (axis: string) =>
    [`in_accel_${axis}_scale`, 'in_accel_scale'].find((file) => existsSync(`${iio}/${file}`))
  const feels = (axis: string) => numberOf(`${iio}/in_accel_${axis}_raw`) * numberOf(`${iio}/${scale(axis)}`)
  near(feels('x'), 0, 0.5)
  near(feels('y'), 0, 0.5)
  near(feels('z'), 9.81, 0.5)
}

/** <mtd/mtd-abi.h>, struct erase_info_user. */
const MEMERASE = iow('M', 2, 8)
const FLASH_BYTES = 1024 * 1024
const ERASE_BYTES = 4096

function flash(): void {
  const sector = Buffer.alloc(8)
  sector.writeUInt32LE(ERASE_BYTES, 0)
  sector.writeUInt32LE(numberOf('/sys/class/mtd/mtd0/erasesize'), 4)
  const written = Buffer.from('sectors and pages of a flash that others drive'.repeat(10))
  const fd = openSync('/dev/mtd0', 'r+')
  try {
    assert.equal(ioctl(fd, MEMERASE, sector), 0)
    writeSync(fd, written, 0, written.length, ERASE_BYTES)
    const back = Buffer.alloc(written.length + 1)
    readSync(fd, back, 0, back.length, ERASE_BYTES)
    assert.deepEqual(back, Buffer.concat([written, Buffer.of(0xff)]))
  } finally {
    closeSync(fd)
  }
}

/** Our chips under drivers that others wrote: what they read is what the lab says. */
export const foreignCases: readonly KernelCase[] = [
  {
    name: 'bmp280 reads weather from our BME280 on i2c',
    run: () => bound('bme280', 0x76, (folder) => weather(folder, 21.25, 98_765, 56.5)),
  },
  {
    name: 'bmp280 reads weather from our BME280 on spi',
    async run() {
      putSpiDevice(2, 'bme280', 0, 1_000_000)
      try {
        weather('/sys/bus/spi/devices/spi0.2', 30, 101_325, 20)
      } finally {
        putSpiDevice(2, 'dh2228fv', 0, 1_000_000)
      }
    },
  },
  {
    name: 'lm75 reads our LM75, and sets its limit',
    run: (kernel) =>
      bound('lm75', 0x48, async (folder) => {
        const hwmon = below(`${folder}/hwmon`, 'hwmon')
        near(numberOf(`${hwmon}/temp1_input`), -12_500, 500)
        writeFileSync(`${hwmon}/temp1_max`, '61500')
        assert.equal(numberOf(`${hwmon}/temp1_max`), 61_500)
        assert.match((await kernel.i2c.wires()).join('\n'), /48w A 03 A 3d A 80 A/)
      }),
  },
  {
    name: 'tmp108 reads our TMP108',
    run: () =>
      bound('tmp108', 0x4a, (folder) => near(numberOf(`${below(`${folder}/hwmon`, 'hwmon')}/temp1_input`), 42_500, 63)),
  },
  {
    name: 'at24 writes pages of our EEPROM and waits for its write cycles',
    run: () =>
      bound('24c02', 0x51, (folder) => {
        const written = Buffer.from('a recipe that is longer than one page of eight bytes')
        const fd = openSync(`${folder}/eeprom`, 'r+')
        writeSync(fd, written, 0, written.length, 5)
        closeSync(fd)
        const all = readFileSync(`${folder}/eeprom`)
        assert.equal(all.length, 256)
        assert.deepEqual(all.subarray(4, 5 + written.length), Buffer.concat([Buffer.of(0xff), written]))
      }),
  },
  { name: 'st_accel feels gravity in our LIS2DW12', run: () => bound('lis2dw12', 0x19, flat) },
  {
    name: 'spi-nor finds, erases, writes and reads our flash',
    async run() {
      putSpiDevice(0, 'spi-nor', 0, 10_000_000)
      try {
        assert.equal(numberOf('/sys/class/mtd/mtd0/size'), FLASH_BYTES)
        flash()
      } finally {
        putSpiDevice(0, 'dh2228fv', 0, 1_000_000)
      }
    },
  },
  {
    name: 'a chip that the kernel drives is not opened',
    run: (kernel) =>
      bound('lm75', 0x48, async () => {
        const harness = { ...kernel.i2c, driver: kernel.i2cOn('/dev/i2c-1') }
        const { code, message } = await refusalOf(harness, i2cSpec(harness, { addresses: [0x48] }))
        assert.equal(code, 'UNAVAILABLE')
        assert.match(message, /under-test: address 0x48 belongs to a driver of the kernel/)
      }),
  },
  {
    name: 'a chip that the kernel let go of is ours',
    async run(kernel) {
      await bound('lm75', 0x48, () => {})
      const harness = { ...kernel.i2c, driver: kernel.i2cOn('/dev/i2c-1') }
      await withDevice(harness, i2cSpec(harness, { addresses: [0x48] }), async (device) => {
        assert.deepEqual(hexOf(await device.transfer(0x48, write(0x00), read(2))), ['f380'])
      })
    },
  },
]
