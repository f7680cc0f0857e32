import { type Operation, type PinEvent, pinEvents } from '../../../shared/bus.ts'
import { SamaraError } from '../../../shared/errors.ts'
import type { LabDevice } from '../../../shared/lab/index.ts'
import { pause } from '../time.ts'
import {
  type Bus,
  type BusDevice,
  type BusWorld,
  delay,
  failed,
  guarded,
  invalidOperation,
  type Ran,
  unlessHeld,
} from './bus.ts'
import { createLine, type GpioPart, type Line } from './line.ts'

export interface GpioBus extends Bus {
  readonly kind: 'gpio'
  readonly lines: number
  /** Throws ALREADY_EXISTS where another part has this line. */
  attach(part: GpioPart, line: number): void
}

/** A gpio chip. Levels are those of the wires. */
export function createGpioBus(world: BusWorld, { lines: count }: { readonly lines: number }): GpioBus {
  const lines = new Map<number, Line>()
  const holders = new Map<number, string>()

  function lineAt(offset: number): Line {
    const there = lines.get(offset) ?? createLine()
    lines.set(offset, there)
    return there
  }

  return {
    kind: 'gpio',
    name: world.name,
    lines: count,
    attach(part, offset) {
      const line = lineAt(offset)
      if (line.part)
        throw new SamaraError('ALREADY_EXISTS', `${part.name}: ${line.part.name} is at line ${offset} of ${world.name}`)
      line.attach(part)
    },
    open(device) {
      const offset = device.line ?? -1
      if (!(offset >= 0 && offset < count))
        throw new SamaraError(
          'NOT_FOUND',
          `device ${device.name}: ${world.name} has no line ${offset}, 0 to ${count - 1} expected`,
        )
      const isOutput = device.direction !== 'input'
      const holder = holders.get(offset)
      // A line that is driven is one driver's; a level may be looked at by many.
      if (isOutput && holder !== undefined)
        throw new SamaraError(
          'UNAVAILABLE',
          `device ${device.name}: line ${offset} of ${world.name} is in use as ${holder}`,
        )
      if (isOutput) holders.set(offset, device.name)
      return openLine(world, device, lineAt(offset), () => isOutput && holders.delete(offset))
    },
  }
}

function openLine(world: BusWorld, device: LabDevice, line: Line, closed: () => void): BusDevice {
  const { line: offset = 0, direction, debounceUs = 0 } = device
  const isOutput = direction !== 'input'
  if (device.pull && device.pull !== 'none') line.pull(device.pull)
  const input = debounceUs > 0 && !isOutput ? debounced(world, line, debounceUs) : plain(line)
  const note = (word: string) => {
    const wire = world.trace.begin()
    wire.put(word)
    world.trace.end(world.name, wire)
  }

  function get(): Ran {
    const { level } = input
    note(`${offset} ? ${level ? 1 : 0}`)
    return { level }
  }
  function set({ level }: Operation): Ran {
    if (!isOutput) return invalidOperation(`line ${offset} is an input`)
    if (level === undefined) return invalidOperation('set has no level')
    note(`${offset} = ${level ? 1 : 0}`)
    line.drive(level)
    return {}
  }
  function waitFor({ target = -1, timeoutMs = 0 }: Operation, signal: AbortSignal): Ran {
    const event = pinEvents[target]
    if (event === undefined) return invalidOperation(`event ${target} is not one of ${pinEvents.join(', ')}`)
    const found = (level: boolean): Ran => {
      note(`${offset} ${event} ${level ? 1 : 0}`)
      return { level }
    }
    if ((event === 'high' || event === 'low') && input.level === (event === 'high')) return found(input.level)
    let came = false
    const listen = (look: () => void) =>
      input.onChange((level) => {
        came = level
        if (matches(event, level)) look()
      })
    const ns = timeoutMs > 0 ? timeoutMs * 1e6 : undefined
    return pause(world.time, { ns, signal, listen }).then((why) => {
      if (why === 'done') return found(came)
      return failed(why === 'late' ? 'timeout' : 'cancelled')
    })
  }

  const operations: Partial<Record<Operation['op'], (operation: Operation, signal: AbortSignal) => Ran>> = {
    get,
    set,
    wait: waitFor,
  }
  const where = { bus: world.name, part: line.part?.name }
  return {
    run(operation, signal) {
      if (operation.op === 'delay') return delay(world.time, operation, signal)
      const does = operations[operation.op]
      if (!does) return invalidOperation(`gpio has no ${operation.op}`)
      const limits = { target: where, timeoutMs: device.timeoutMs, signal }
      return guarded(world, () => unlessHeld(world, limits, () => does(operation, signal)))
    },
    close() {
      input.close()
      line.pull(undefined)
      closed()
    },
  }
}

const matches = (event: PinEvent, level: boolean): boolean =>
  event === 'any' || level === (event === 'high' || event === 'rising')

/** How a driver sees the level of a line. */
type Input = {
  readonly level: boolean
  onChange(fn: (level: boolean) => void): () => void
  close(): void
}

const plain = (line: Line): Input => ({
  get level() {
    return line.level
  },
  onChange: (fn) => line.onChange(fn),
  close: () => undefined,
})

/** A level counts once it has held for so long; what is shorter was never there. */
function debounced({ time }: BusWorld, line: Line, debounceUs: number): Input {
  const hearers = new Set<(level: boolean) => void>()
  let level = line.level
  let forget: (() => void) | undefined
  const settle = () => {
    forget = undefined
    level = line.level
    for (const fn of [...hearers]) fn(level)
  }
  const stop = line.onChange((raw) => {
    forget?.()
    forget = raw === level ? undefined : time.after(BigInt(debounceUs) * 1000n, settle)
  })
  return {
    get level() {
      return level
    },
    onChange(fn) {
      hearers.add(fn)
      return () => hearers.delete(fn)
    },
    close() {
      forget?.()
      stop()
    },
  }
}
