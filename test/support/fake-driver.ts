import { appendFileSync, existsSync } from 'node:fs'
import type { Driver, OpenDevice } from '../../proplet/hal/driver.ts'
import type { OpenDriver } from '../../proplet/hal/drivers/index.ts'
import type { DeviceSpec } from '../../proplet/hal/profile.ts'
import type { Answer, Operation } from '../../shared/bus.ts'

/**
 * Hardware that the operations themselves script, loaded into real I/O workers. Its path is the file into which it
 * writes what happened, line by line; below `/dev` nothing is written.
 *
 * An i2c address says what becomes of a transfer: see `i2cAnswers`. A pin reads what was set last; its waits end when
 * they are given up, or at once where something was set.
 */
export const fakeDrivers = import.meta.url

export const NACK = 0x11
export const HANGS = 0x12
export const THROWS = 0x13
export const CRASHES = 0x14
export const SLOW = 0x15
export const FLOODS = 0x16
/** Does not even notice that it is given up. */
export const BLOCKS = 0x18
/** Cannot be opened. */
export const ABSENT = 0x17

export const openDriver: OpenDriver = (controller): Driver => {
  const path = controller.driver === 'linux' ? controller.path : '/dev/null'
  const write = path.startsWith('/dev/') ? () => undefined : (line: string) => appendFileSync(path, `${line}\n`)
  return {
    open(device) {
      if (!path.startsWith('/dev/') && !existsSync(path)) throw new Error(`device ${device.name}: ${path} is not there`)
      return openFake(device, write)
    },
    close: () => write('driver closed'),
  }
}

function openFake(device: DeviceSpec, write: (line: string) => void): OpenDevice {
  if (device.kind === 'i2c' && device.addresses.includes(ABSENT)) throw new Error(`device ${device.name}: not there`)
  write(`${device.name} open`)
  const run = device.kind === 'gpio' ? pin() : transfer
  return {
    run(operation, signal) {
      write(`${device.name} ${operation.op}${operation.level === undefined ? '' : operation.level ? ' high' : ' low'}`)
      return run(operation, signal)
    },
    close: () => write(`${device.name} close`),
  }
}

type Run = (operation: Operation, signal: AbortSignal) => Answer | Promise<Answer>

function pin(): Run {
  let level = false
  return (operation, signal) => {
    if (operation.op === 'set') level = operation.level ?? false
    if (operation.op === 'wait') return untilAborted(signal)
    return operation.op === 'get' ? { level } : {}
  }
}

const i2cAnswers: Readonly<Record<number, Run>> = {
  [NACK]: () => ({ error: 'nack-address' }),
  [HANGS]: (_, signal) => untilAborted(signal),
  [THROWS]: () => {
    throw new Error('the driver broke')
  },
  [CRASHES]: () => process.exit(3),
  [SLOW]: async (operation) => {
    await new Promise<void>((resolve) => setImmediate(resolve))
    return echo(operation)
  },
  [BLOCKS]: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    return {}
  },
  [FLOODS]: () => ({ data: [new Uint8Array(1_000_000)] }),
}

const transfer: Run = (operation, signal) => (i2cAnswers[operation.target ?? 0] ?? echo)(operation, signal)

/** Reads give 1, 2, 3 and so on. */
const echo = ({ segments = [] }: Operation): Answer => ({
  data: segments.flatMap((segment) =>
    segment.kind === 'read' ? [Uint8Array.from({ length: segment.length }, (_, index) => index + 1)] : [],
  ),
})

const untilAborted = (signal: AbortSignal): Promise<Answer> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve({ error: 'cancelled' })
    signal.addEventListener('abort', () => resolve({ error: 'cancelled' }), { once: true })
  })
