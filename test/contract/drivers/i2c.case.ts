import assert from 'node:assert/strict'
import {
  type Case,
  failsWith,
  hexOf,
  type I2cHarness,
  i2cSpec,
  type Opened,
  read,
  succeeds,
  withDevice,
  write,
} from './case.ts'

const EEPROM = 0x50
const THERMOMETER = 0x48
const NOBODY = 0x23
const FAR = 0x150

const open = (harness: I2cHarness, body: (device: Opened) => Promise<void>, changes = {}) =>
  withDevice(harness, i2cSpec(harness, changes), body)

/** Every driver of i2c does this. Transcripts are by the I2C specification UM10204 and the data sheets of the chips. */
export const i2cCases: readonly Case<I2cHarness>[] = [
  {
    name: 'reads a register with a repeated start between choosing and reading it',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.wires()
        assert.deepEqual(hexOf(await device.transfer(THERMOMETER, write(0x00), read(2))), ['1900'])
        assert.deepEqual(await harness.wires(), ['S 48w A 00 A Sr 48r A 19 A 00 N P'])
      }),
  },
  {
    name: 'gives back what was written',
    run: (harness) =>
      open(harness, async (device) => {
        succeeds(await device.transfer(EEPROM, write(0x10, 0xde, 0xad, 0xbe, 0xef)))
        assert.deepEqual(hexOf(await device.transfer(EEPROM, write(0x10), read(4))), ['deadbeef'])
      }),
  },
  {
    name: 'gives one list for each read, in order',
    run: (harness) =>
      open(harness, async (device) => {
        succeeds(await device.transfer(EEPROM, write(0x20, 1, 2, 3)))
        const answer = await device.transfer(EEPROM, write(0x20), read(2), write(0x22), read(1))
        assert.deepEqual(hexOf(answer), ['0102', '03'])
      }),
  },
  {
    name: 'puts a stop after every transfer and none inside',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.wires()
        await device.transfer(EEPROM, write(0x30, 0x55))
        await device.transfer(EEPROM, write(0x30), read(1), write(0x31), read(1))
        assert.deepEqual(await harness.wires(), [
          'S 50w A 30 A 55 A P',
          'S 50w A 30 A Sr 50r A 55 N Sr 50w A 31 A Sr 50r A ff N P',
        ])
      }),
  },
  {
    name: 'reads long lists whole',
    run: (harness) =>
      open(harness, async (device) => {
        const [all] = hexOf(await device.transfer(EEPROM, write(0x00), read(256)))
        assert.equal(all?.length, 512)
      }),
  },
  {
    name: 'sends an address alone for an empty write',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.wires()
        succeeds(await device.transfer(EEPROM, write()))
        assert.deepEqual(await harness.wires(), ['S 50w A P'])
      }),
  },
  {
    name: 'says that nobody acknowledged the address',
    run: (harness) =>
      open(harness, async (device) => {
        failsWith(await device.transfer(NOBODY, write(0x00), read(1)), 'nack-address', 'nack')
        failsWith(await device.transfer(NOBODY, write()), 'nack-address', 'nack')
      }),
  },
  {
    name: 'says that a byte was not acknowledged',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.fault('eeprom', 'nack-data', 1)
        failsWith(await device.transfer(EEPROM, write(0x00, 0x01)), 'nack-data', 'nack')
      }),
  },
  {
    name: 'says that another controller won the bus, and does not try again by itself',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.wires()
        await harness.fault('eeprom', 'arbitration-lost', 1)
        failsWith(await device.transfer(EEPROM, write(0x00)), 'arbitration-lost')
        assert.equal((await harness.wires()).length, 1)
      }),
  },
  {
    name: "gives up after the device's time limit and works again afterwards",
    run: (harness) =>
      open(harness, async (device) => {
        await harness.fault('eeprom', 'timeout', 1)
        const began = performance.now()
        failsWith(await device.transfer(EEPROM, write(0x00), read(1)), 'timeout')
        const tookMs = performance.now() - began
        assert.ok(tookMs > 150 && tookMs < 2000, `${tookMs} ms, with a limit of 200`)
        succeeds(await device.transfer(EEPROM, write(0x00), read(1)))
      }),
  },
  {
    name: 'speaks 10 bits to addresses above 0x7f',
    run: (harness) =>
      open(
        harness,
        async (device) => assert.deepEqual(hexOf(await device.transfer(FAR, write(0x00), read(1))), ['fa']),
        { addresses: [FAR] },
      ),
  },
  {
    name: 'speaks 10 bits to lower addresses where the profile says so, and 7 bits where it does not',
    run: async (harness) => {
      await open(harness, async (device) => {
        succeeds(await device.transfer(EEPROM, write(0x00, 0x07)))
        assert.deepEqual(hexOf(await device.transfer(EEPROM, write(0x00), read(1))), ['07'])
      })
      await open(
        harness,
        async (device) => assert.deepEqual(hexOf(await device.transfer(EEPROM, write(0x00), read(1))), ['ea']),
        { tenBit: true },
      )
    },
  },
  {
    name: 'refuses an address beyond 10 bits without traffic',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.wires()
        failsWith(await device.transfer(0x400, read(1)), 'invalid')
        failsWith(await device.transfer(undefined, read(1)), 'invalid')
        assert.deepEqual(await harness.wires(), [])
      }),
  },
  {
    name: 'refuses a read of no bytes without traffic',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.wires()
        failsWith(await device.transfer(EEPROM, write(0x00), read(0)), 'invalid')
        assert.deepEqual(await harness.wires(), [])
      }),
  },
  {
    name: 'refuses operations and segments that i2c does not know',
    run: (harness) =>
      open(harness, async (device) => {
        failsWith(await device.run({ op: 'set', level: true }), 'invalid')
        failsWith(await device.transfer(EEPROM, { kind: 'transfer', bytes: Uint8Array.of(1) }), 'invalid')
      }),
  },
]
