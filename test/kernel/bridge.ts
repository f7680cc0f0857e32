import { close, open, read, write, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { BusDevice } from '../../proplet/lab/buses/bus.ts'
import type { Lab } from '../../proplet/lab/lab.ts'
import type { Answer, Segment } from '../../shared/bus.ts'
import { answerRecord, errnoOf, type Part, type Request, requestOf } from './records.ts'

const MAX_RECORD_BYTES = 1024 * 1024
const EIO = 5
const CPOL_CPHA = 3
const LSB_FIRST = 8
/** Longer than the kernel waits: who gives up is the kernel, as with a controller of metal. */
const PATIENCE_MS = 60_000

export type Bridge = {
  /** The next transfers end with this errno, whatever the chips say. */
  inject(errno: number, count: number): void
  close(): Promise<void>
}

/** Puts the chips of a lab behind the kernel's buses: i2c-N and spi-N of the lab are i2c-N and spiN of the kernel. */
export async function bridgeLab(lab: Lab): Promise<Bridge> {
  const fd = await promisify(open)('/dev/labbus', 'r+')
  const injected = { errno: 0, count: 0 }
  const buses = createBuses(lab)
  const underWay = new Map<string, AbortController>()
  const ended = serve(fd, (request) => {
    if (injected.count-- > 0) return { errno: injected.errno, data: [] }
    // A bus carries one transfer at a time: where there is a next one, the kernel gave up the one before.
    const bus = `${request.kind}-${request.bus}`
    underWay.get(bus)?.abort()
    const abort = new AbortController()
    underWay.set(bus, abort)
    return runOn(buses, request, abort.signal)
  })
  return {
    inject: (errno, count) => Object.assign(injected, { errno, count }),
    async close() {
      // Ends the read that is under way: nothing else does.
      await promisify(write)(fd, answerRecord(0, 0, []))
      await ended
      await promisify(close)(fd)
    },
  }
}

type Outcome = { readonly errno: number; readonly data: readonly Uint8Array[] }

async function serve(fd: number, run: (request: Request) => Outcome | Promise<Outcome>): Promise<void> {
  const record = Buffer.alloc(MAX_RECORD_BYTES)
  for (;;) {
    const { bytesRead } = await promisify(read)(fd, record, 0, record.length, null)
    if (bytesRead === 0) return
    const request = requestOf(record.subarray(0, bytesRead))
    void Promise.resolve(run(request))
      .catch((error: unknown) => {
        console.error(error)
        return { errno: EIO, data: [] }
      })
      .then(({ errno, data }) => promisify(write)(fd, answerRecord(request.id, errno, data)))
      // The kernel gave up waiting.
      .catch(() => undefined)
  }
}

type Buses = { deviceOf(request: Request): BusDevice }

function createBuses(lab: Lab): Buses {
  const open = new Map<string, BusDevice>()
  return {
    deviceOf(request) {
      const key = keyOf(request)
      const found = open.get(key) ?? openOn(lab, request)
      open.set(key, found)
      return found
    },
  }
}

const first = ({ parts }: Request): Part => parts[0] as Part

const keyOf = (request: Request): string => {
  const { tenBit, bits, hz } = first(request)
  return [request.kind, request.bus, request.chip, request.mode, tenBit, bits, hz].join()
}

function openOn(lab: Lab, request: Request): BusDevice {
  const { bus, chip, mode, kind } = request
  const { tenBit, bits, hz } = first(request)
  const common = { name: 'kernel', kind, maxBytes: MAX_RECORD_BYTES, timeoutMs: PATIENCE_MS }
  if (kind === 'i2c') return lab.open({ ...common, bus: `i2c-${bus}`, tenBit })
  const words = { mode: mode & CPOL_CPHA, lsbFirst: (mode & LSB_FIRST) !== 0, bitsPerWord: bits, hz }
  return lab.open({ ...common, bus: `spi-${bus}:${chip}`, ...words })
}

async function runOn(buses: Buses, request: Request, signal: AbortSignal): Promise<Outcome> {
  const device = buses.deviceOf(request)
  const data: Uint8Array[] = []
  for (const parts of messagesOf(request)) {
    const target = request.kind === 'i2c' ? first(request).address : undefined
    const segments = parts.flatMap(segmentsOf)
    if (segments.length === 0) continue
    const answer = await device.run({ op: 'transfer', target, segments }, signal)
    if (answer.error) return { errno: errnoOf[answer.error] ?? EIO, data: [] }
    data.push(...dataOf(parts, answer))
  }
  return { errno: 0, data }
}

/** Where the chip select is let go in between, it is more than one transfer. */
function messagesOf({ parts }: Request): Part[][] {
  const messages: Part[][] = [[]]
  for (const [i, part] of parts.entries()) {
    messages.at(-1)?.push(part)
    if (part.csChange && i < parts.length - 1) messages.push([])
  }
  return messages
}

function segmentsOf({ segment, delayNs }: Part): Segment[] {
  const length = 'bytes' in segment ? segment.bytes.length : segment.length
  const bytes = length > 0 || segment.kind === 'write' ? [segment] : []
  return delayNs > 0 ? [...bytes, { kind: 'delay', length: delayNs }] : bytes
}

/** Every read in the length that was asked for. */
function dataOf(parts: readonly Part[], { data = [] }: Answer): Uint8Array[] {
  const reading = parts.filter(({ segment }) => segment.kind !== 'write' && lengthOf(segment) > 0)
  return reading.map(({ segment }, i) => {
    const bytes = new Uint8Array(lengthOf(segment))
    bytes.set((data[i] ?? new Uint8Array()).subarray(0, bytes.length))
    return bytes
  })
}

const lengthOf = (segment: Segment): number => ('bytes' in segment ? segment.bytes.length : segment.length)

/** Puts a device on a chip select, for a driver of the kernel: `spi-nor`, `bme280`; `dh2228fv` is spidev's again. */
export const putSpiDevice = (select: number, name: string, mode: number, hz: number): void =>
  writeFileSync('/sys/module/labbus/parameters/spi_new', `${select} ${name} ${mode} ${hz}`)
