import type { BusDevice } from '../../../proplet/lab/buses/bus.ts'
import { createLab, type Lab } from '../../../proplet/lab/lab.ts'
import { readLabFile } from '../../../proplet/lab/lab-file.ts'
import type { Answer, Operation, Segment } from '../../../shared/bus.ts'
import type { Clock } from '../../../shared/clock.ts'
import { realClock } from '../../../shared/clock.ts'
import type { LabDevice } from '../../../shared/lab/index.ts'
import { quiet } from '../../support/quiet.ts'

/** Parts of tests are relative to this folder. */
export const HERE = new URL('test.lab.yaml', import.meta.url).pathname

/** A lab of this text, with nobody connected. */
export const labOf = async (yaml: string, clock: Clock = realClock): Promise<Lab> =>
  createLab(readLabFile(yaml, HERE), HERE, { clock, log: quiet })

export const BENCH = `
name: bench
time: virtual
buses:
  i2c-0: { kind: i2c, hz: 100000 }
  spi-0: { kind: spi }
  gpio-0: { kind: gpio, lines: 8 }
  usb-0: { kind: usb }
parts:
  chip: { chip: ./parts/notebook.ts, bus: i2c-0, address: 0x40 }
  far: { chip: ./parts/notebook.ts, bus: i2c-0, address: 0x240 }
  flash: { chip: ./parts/notebook.ts, bus: spi-0, select: 1 }
  in-0: { chip: ./parts/switch.ts, bus: gpio-0, line: 0, pull: up }
  in-1: { chip: ./parts/switch.ts, bus: gpio-0, line: 1 }
  stick: { chip: ./parts/stick.ts, bus: usb-0, port: 2, options: { everyMs: 30 } }
`

const common = { name: 'dut', maxBytes: 4096, timeoutMs: 100 } as const
export const i2cDevice = (changes: Partial<LabDevice> = {}): LabDevice => ({
  ...common,
  kind: 'i2c',
  bus: 'i2c-0',
  ...changes,
})
export const spiDevice = (changes: Partial<LabDevice> = {}): LabDevice => ({
  ...common,
  ...{ kind: 'spi', bus: 'spi-0:1', mode: 0, bitsPerWord: 8, hz: 1_000_000 },
  ...changes,
})
export const gpioDevice = (line: number, changes: Partial<LabDevice> = {}): LabDevice => ({
  ...common,
  ...{ kind: 'gpio', bus: 'gpio-0', line, direction: 'input' },
  ...changes,
})
export const usbDevice = (changes: Partial<LabDevice> = {}): LabDevice => ({
  ...common,
  ...{ kind: 'usb', bus: 'usb-0', vendor: 0xcafe, product: 0x4002 },
  ...changes,
})

export const write = (...bytes: number[]): Segment => ({ kind: 'write', bytes: Uint8Array.from(bytes) })
export const exchange = (...bytes: number[]): Segment => ({ kind: 'transfer', bytes: Uint8Array.from(bytes) })
export const read = (length: number): Segment => ({ kind: 'read', length })
export const hold = (ns: number): Segment => ({ kind: 'delay', length: ns })

/** An answer with its bytes in hex. */
export type Said = Omit<Answer, 'data' | 'detail'> & { data?: string[] }

const said = ({ data, detail: _, ...rest }: Answer): Said => ({
  ...rest,
  ...(data && { data: data.map((bytes) => Buffer.from(bytes).toString('hex')) }),
})

export const run = async (
  device: BusDevice,
  operation: Operation,
  signal = new AbortController().signal,
): Promise<Said> => said(await device.run(operation, signal))

export const transfer = (device: BusDevice, target: number | undefined, ...segments: Segment[]): Promise<Said> =>
  run(device, { op: 'transfer', target, segments })
