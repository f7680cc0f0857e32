import { closeSync, readFileSync } from 'node:fs'
import type { Answer, Operation, Segment } from '../../../../shared/bus.ts'
import type { Driver, OpenDevice } from '../../driver.ts'
import type { SpiSpec } from '../../profile.ts'
import { openDeviceFile, setupFailed, wrongKind } from './device-file.ts'
import { ioctl, iow } from './ioctl.ts'
import { transfer } from './spi-message.ts'

/** <linux/spi/spidev.h> */
const WR_BITS_PER_WORD = iow('k', 3, 1)
const WR_MAX_SPEED_HZ = iow('k', 4, 4)
const WR_MODE32 = iow('k', 5, 4)
const CS_HIGH = 0x04
const LSB_FIRST = 0x08
const BUFSIZ = '/sys/module/spidev/parameters/bufsiz'
const DEFAULT_BUFSIZ = 4096

/** A chip select behind spidev. spidev has no time limit: a transfer takes as long as the controller wants. */
export function createLinuxSpi(path: string): Driver {
  const open = new Set<number>()
  return {
    open(device) {
      if (device.kind !== 'spi') throw wrongKind(device, path, 'spi')
      const fd = openDeviceFile(path, device)
      open.add(fd)
      setUp(fd, path, device, () => closeOne(open, fd))
      return openSpi(fd, device, () => closeOne(open, fd))
    },
    close() {
      for (const fd of open) closeOne(open, fd)
    },
  }
}

function closeOne(open: Set<number>, fd: number): void {
  if (open.delete(fd)) closeSync(fd)
}

function setUp(fd: number, path: string, device: SpiSpec, giveUp: () => void): void {
  const mode = device.mode | (device.csHigh ? CS_HIGH : 0) | (device.lsbFirst ? LSB_FIRST : 0)
  const steps = [
    [
      WR_MODE32,
      mode,
      4,
      `mode ${device.mode}${device.csHigh ? ', chip select high' : ''}${device.lsbFirst ? ', least bit first' : ''}`,
    ],
    [WR_BITS_PER_WORD, device.bitsPerWord, 1, `words of ${device.bitsPerWord} bits`],
    [WR_MAX_SPEED_HZ, device.hz, 4, `${device.hz} Hz`],
  ] as const
  for (const [request, value, bytes, what] of steps) {
    const argument = Buffer.alloc(4)
    argument.writeUIntLE(value, 0, bytes)
    const answer = ioctl(fd, request, argument)
    if (answer >= 0) continue
    giveUp()
    throw setupFailed(device, `${path} cannot do ${what}`, answer)
  }
}

function openSpi(fd: number, device: SpiSpec, close: () => void): OpenDevice {
  const limit = bufferLimit()
  return { run: (operation) => refusal(operation, device, limit) ?? transfer(fd, operation.segments ?? []), close }
}

/** What spidev copies at most in one go. Cutting a transfer in two would let the chip go in between. */
function bufferLimit(): number {
  try {
    return Number(readFileSync(BUFSIZ, 'utf8')) || DEFAULT_BUFSIZ
  } catch {
    return DEFAULT_BUFSIZ
  }
}

function refusal({ op, segments = [] }: Operation, device: SpiSpec, limit: number): Answer | undefined {
  if (op !== 'transfer') return { error: 'invalid', detail: `spi knows no ${op}` }
  const wordBytes = device.bitsPerWord <= 8 ? 1 : device.bitsPerWord <= 16 ? 2 : 4
  const lengths = segments.filter((segment) => segment.kind !== 'delay').map(lengthOf)
  const uneven = lengths.find((length) => length % wordBytes !== 0)
  if (uneven !== undefined) return { error: 'invalid', detail: `${uneven} bytes are no whole words of ${wordBytes}` }
  const total = lengths.reduce((sum, length) => sum + length, 0)
  if (total <= limit) return undefined
  return { error: 'unsupported', detail: `${total} bytes are more than the ${limit} of spidev's bufsiz` }
}

const lengthOf = (segment: Segment): number => ('bytes' in segment ? segment.bytes.length : segment.length)
