import { closeSync } from 'node:fs'
import { type Answer, type Operation, pinEvents } from '../../../../shared/bus.ts'
import { type Clock, realClock } from '../../../../shared/clock.ts'
import { SamaraError } from '../../../../shared/errors.ts'
import type { Driver, OpenDevice } from '../../driver.ts'
import type { GpioSpec } from '../../profile.ts'
import { openDeviceFile, setupFailed, wrongKind } from './device-file.ts'
import { createEdges, type Edges } from './edges.ts'
import { failed } from './errno.ts'
import {
  configureLine,
  flags,
  lineCount,
  lineInfo,
  readLevel,
  releaseLine,
  requestLine,
  writeLevel,
} from './gpio-line.ts'
import { waitFor } from './gpio-wait.ts'
import { LineEdges } from './line-edges.ts'

/** A chip behind the second version of the kernel's GPIO interface. */
export function createLinuxGpio(path: string, clock: Clock = realClock): Driver {
  let chip: number | undefined
  const edges = createEdges()
  return {
    open(device) {
      if (device.kind !== 'gpio') throw wrongKind(device, path, 'gpio')
      chip ??= openDeviceFile(path, device)
      return openLine({ path, chip, device, edges, clock })
    },
    async close() {
      await edges.close()
      if (chip !== undefined) closeSync(chip)
      chip = undefined
    },
  }
}

type Chip = {
  readonly path: string
  readonly chip: number
  readonly device: GpioSpec
  readonly edges: Edges
  readonly clock: Clock
}

/** What is known of an open line. Of direction `both`: an input until it is set, and again once it is waited for. */
export type Line = {
  readonly fd: number
  readonly device: GpioSpec
  readonly edges: LineEdges
  readonly clock: Clock
  as: 'input' | 'edges' | 'output'
}

function openLine(options: Chip): OpenDevice {
  const { device, edges, clock } = options
  const as = device.direction === 'output' ? 'output' : 'input'
  const fd = as === 'output' ? takeOutput(options) : takeInput(options)
  const line: Line = { fd, device, edges: new LineEdges(fd, edges), clock, as }
  const closing = new AbortController()
  return {
    run: (operation, signal) => run(line, operation, AbortSignal.any([signal, closing.signal])),
    close() {
      closing.abort()
      releaseLine(fd)
    },
  }
}

function takeInput(options: Chip): number {
  const { device } = options
  return request(options, { flags: inputFlags(device), debounceUs: device.debounceUs })
}

/** As it is first, so that its level can be read; then as an output of that level. */
function takeOutput(options: Chip): number {
  const { device } = options
  const fd = request(options, { flags: activeFlag(device) })
  const level = readLevel(fd)
  const answer = level < 0 ? level : configureLine(fd, { flags: outputFlags(device), level: level === 1 })
  if (answer >= 0) return fd
  releaseLine(fd)
  throw setupFailed(device, `line ${device.line} of ${options.path} is no output`, answer)
}

function request({ path, chip, device }: Chip, config: Parameters<typeof requestLine>[3]): number {
  const offset = offsetOf(path, chip, device)
  const fd = requestLine(chip, offset, `samara ${device.name}`, config)
  if (fd >= 0) return fd
  const consumer = lineInfo(chip, offset)?.consumer
  const owner = consumer ? `, used by ${consumer}` : ''
  throw setupFailed(device, `line ${device.line} of ${path}${owner}`, fd)
}

function offsetOf(path: string, chip: number, device: GpioSpec): number {
  const count = lineCount(chip)
  if (count < 0) throw setupFailed(device, `${path} is no gpio chip`, count)
  if (typeof device.line === 'number') return numbered(path, count, device, device.line)
  const offsets = Array.from({ length: count }, (_, i) => i).filter((i) => lineInfo(chip, i)?.name === device.line)
  if (offsets.length === 1) return offsets[0] as number
  const found = offsets.length === 0 ? 'no line' : `${offsets.length} lines`
  throw new SamaraError('NOT_FOUND', `device ${device.name}: ${path} has ${found} of the name ${device.line}`)
}

function numbered(path: string, count: number, device: GpioSpec, line: number): number {
  if (line >= 0 && line < count) return line
  throw new SamaraError('NOT_FOUND', `device ${device.name}: ${path} has no line ${line}, only 0 to ${count - 1}`)
}

const pulls = { up: flags.pullUp, down: flags.pullDown, none: flags.pullNone } as const
const pullFlag = (device: GpioSpec): number => (device.pull === undefined ? 0 : pulls[device.pull])
const activeFlag = (device: GpioSpec): number => (device.activeLow ? flags.activeLow : 0)
const inputFlags = (device: GpioSpec): number => flags.input | activeFlag(device) | pullFlag(device)
const outputFlags = (device: GpioSpec): number => flags.output | activeFlag(device) | pullFlag(device)

function run(line: Line, operation: Operation, signal: AbortSignal): Answer | Promise<Answer> {
  const { op, target = -1, level, timeoutMs = 0 } = operation
  if (op === 'get') return get(line)
  if (op === 'set') return level === undefined ? wrong('a set without a level') : set(line, level)
  if (op !== 'wait') return wrong(`gpio knows no ${op}`)
  const event = pinEvents[target]
  if (event === undefined) return wrong(`event ${target} is not 0 to ${pinEvents.length - 1}`)
  return watchEdges(line) ?? waitFor(line, { event, timeoutMs, signal })
}

const wrong = (detail: string): Answer => ({ error: 'invalid', detail })

function get({ fd }: Line): Answer {
  const level = readLevel(fd)
  return level < 0 ? failed('gpio', level) : { level: level === 1 }
}

function set(line: Line, level: boolean): Answer {
  const { device, fd } = line
  if (device.direction === 'input') return wrong(`${device.name} is an input`)
  const answer = line.as === 'output' ? writeLevel(fd, level) : configureLine(fd, { flags: outputFlags(device), level })
  if (answer < 0) return failed('gpio', answer)
  line.as = 'output'
  return {}
}

/** Edges are switched on by the first wait: a line without interrupts can still be read. */
function watchEdges(line: Line): Answer | undefined {
  const { device, fd } = line
  if (device.direction === 'output') return wrong(`${device.name} is an output`)
  if (line.as === 'edges') return undefined
  const answer = configureLine(fd, { flags: inputFlags(device) | flags.bothEdges, debounceUs: device.debounceUs })
  if (answer < 0) return failed('edges', answer)
  line.as = 'edges'
  return undefined
}
