import assert from 'node:assert/strict'
import {
  type Case,
  exchange,
  failsWith,
  hexOf,
  type Opened,
  pause,
  read,
  type SpiHarness,
  spiSpec,
  withDevice,
  write,
} from './case.ts'

const FLASH = 0
const ECHO = 1
const JEDEC_ID = 0x9f

const open = (harness: SpiHarness, select: number, body: (device: Opened) => Promise<void>, changes = {}) =>
  withDevice(harness, spiSpec(harness, select, changes), body)

/** Every driver of spi does this. */
export const spiCases: readonly Case<SpiHarness>[] = [
  {
    name: 'exchanges bytes both ways at once',
    run: (harness) =>
      open(harness, ECHO, async (device) => {
        assert.deepEqual(hexOf(await device.transfer(undefined, exchange(0x00, 0x55, 0xaa, 0xff))), ['0055aaff'])
      }),
  },
  {
    name: 'clocks out zeros while it reads',
    run: (harness) =>
      open(harness, ECHO, async (device) => {
        assert.deepEqual(hexOf(await device.transfer(undefined, read(4))), ['00000000'])
      }),
  },
  {
    name: 'gives one list for each segment that reads, none for one that writes',
    run: (harness) =>
      open(harness, ECHO, async (device) => {
        const answer = await device.transfer(undefined, write(1), exchange(2), pause(1000), read(2), exchange(3))
        assert.deepEqual(hexOf(answer), ['02', '0000', '03'])
      }),
  },
  {
    name: 'holds the chip select from the first segment to the last',
    run: (harness) =>
      open(harness, FLASH, async (device) => {
        await harness.wires()
        const [id] = hexOf(await device.transfer(undefined, write(JEDEC_ID), read(3)))
        assert.match(id ?? '', /^(?!000000|ffffff)[0-9a-f]{6}$/)
        const [wire = '', ...more] = await harness.wires()
        assert.deepEqual(more, [])
        assert.match(wire, /^CS0 mode0 \[ 9f\/\S\S( 00\/\S\S){3} \]$/)
      }),
  },
  {
    name: 'lets the chip go between two transfers',
    run: (harness) =>
      open(harness, FLASH, async (device) => {
        const [id] = hexOf(await device.transfer(undefined, write(JEDEC_ID), read(3)))
        await device.transfer(undefined, write(JEDEC_ID))
        assert.notDeepEqual(hexOf(await device.transfer(undefined, read(3))), [id])
      }),
  },
  {
    name: 'spends a delay with the chip selected',
    run: (harness) =>
      open(harness, ECHO, async (device) => {
        await harness.wires()
        await device.transfer(undefined, pause(2000), write(1), pause(1000), pause(2000), write(2))
        const [wire = ''] = await harness.wires()
        const delays = wire.replaceAll(/ ~\d+ns(?= ~)/g, '').replaceAll(/~\d+ns/g, '~')
        assert.equal(delays, 'CS1 mode0 [ ~ 01/01 ~ 02/02 ]')
        const ns = [...wire.matchAll(/~(\d+)ns/g)].map(([, each]) => Number(each))
        assert.equal(
          ns.reduce((sum, each) => sum + each),
          5000,
        )
      }),
  },
  {
    name: 'waits longer than one transfer of the kernel can, and rounds no delay down',
    run: (harness) =>
      open(harness, ECHO, async (device) => {
        await harness.wires()
        await device.transfer(undefined, write(1), pause(70_000_001), write(2))
        const [wire = ''] = await harness.wires()
        const ns = [...wire.matchAll(/~(\d+)ns/g)].map(([, each]) => Number(each))
        assert.ok(ns.reduce((sum, each) => sum + each) >= 70_000_001)
      }),
  },
  {
    name: "uses the profile's mode",
    run: async (harness) => {
      for (const mode of [0, 1, 2, 3] as const)
        await open(
          harness,
          ECHO,
          async (device) => {
            await harness.wires()
            await device.transfer(undefined, write(0x42))
            assert.deepEqual(await harness.wires(), [`CS1 mode${mode} [ 42/42 ]`])
          },
          { mode },
        )
    },
  },
  {
    name: 'sends the high byte of a 16-bit word first; in memory the low one lies first',
    run: (harness) =>
      open(
        harness,
        ECHO,
        async (device) => {
          await harness.wires()
          assert.deepEqual(hexOf(await device.transfer(undefined, exchange(0x34, 0x12))), ['3412'])
          assert.deepEqual(await harness.wires(), ['CS1 mode0 [ 12/12 34/34 ]'])
        },
        { bitsPerWord: 16 },
      ),
  },
  {
    name: 'refuses bytes that are no whole words',
    run: (harness) =>
      open(harness, ECHO, async (device) => failsWith(await device.transfer(undefined, write(1, 2, 3)), 'invalid'), {
        bitsPerWord: 16,
      }),
  },
  {
    name: 'sends the low bit first where the profile says so',
    run: (harness) =>
      open(
        harness,
        ECHO,
        async (device) => {
          await harness.wires()
          assert.deepEqual(hexOf(await device.transfer(undefined, exchange(0x01))), ['01'])
          assert.deepEqual(await harness.wires(), ['CS1 mode0 [ 80/80 ]'])
        },
        { lsbFirst: true },
      ),
  },
  {
    name: 'says that bytes were lost, and works again afterwards',
    run: (harness) =>
      open(harness, ECHO, async (device) => {
        await harness.fault('echo', 'overrun', 1)
        failsWith(await device.transfer(undefined, exchange(1)), 'overrun')
        assert.deepEqual(hexOf(await device.transfer(undefined, exchange(1))), ['01'])
      }),
  },
  {
    name: 'refuses operations that spi does not know',
    run: (harness) => open(harness, ECHO, async (device) => failsWith(await device.run({ op: 'get' }), 'invalid')),
  },
]
