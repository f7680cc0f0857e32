import { closeSync } from 'node:fs'
import type { Answer, Operation, Segment } from '../../../../shared/bus.ts'
import { SamaraError } from '../../../../shared/errors.ts'
import type { Driver, OpenDevice } from '../../driver.ts'
import type { DeviceSpec, I2cSpec } from '../../profile.ts'
import { openDeviceFile, setupFailed, wrongKind } from './device-file.ts'
import { createRawTransfers, type RawTransfers } from './i2c-raw.ts'
import { createSmbus, type Smbus } from './i2c-smbus.ts'
import { ioctl } from './ioctl.ts'

/** <linux/i2c-dev.h>: these numbers are older than the rule for numbers. */
const I2C_RETRIES = 0x0701
const I2C_TIMEOUT = 0x0702
const I2C_SLAVE = 0x0703
const I2C_TENBIT = 0x0704
const I2C_FUNCS = 0x0705
const I2C_FUNC_I2C = 1
const I2C_FUNC_10BIT_ADDR = 2
/** The kernel counts in hundredths of a second. */
const TIMEOUT_UNIT_MS = 10
const EBUSY = -16

const MAX_7_BIT = 0x7f
const MAX_10_BIT = 0x3ff

/** An adapter behind i2c-dev. One file for all of its devices, because the adapter's time limit is one for all too. */
export function createLinuxI2c(path: string): Driver {
  let adapter: Adapter | undefined
  return {
    open(device) {
      if (device.kind !== 'i2c') throw wrongKind(device, path, 'i2c')
      adapter ??= openAdapter(path, device)
      for (const address of device.addresses) refuseTaken(adapter, device, address)
      return openI2c(adapter, device)
    },
    close() {
      if (adapter !== undefined) closeSync(adapter.fd)
      adapter = undefined
    },
  }
}

type Adapter = {
  readonly fd: number
  readonly functions: number
  readonly raw: RawTransfers | undefined
  readonly smbus: Smbus
  /** As it was last set. */
  timeoutMs: number
  tenBit: boolean
}

function openAdapter(path: string, device: DeviceSpec): Adapter {
  const fd = openDeviceFile(path, device)
  const functions = functionsOf(fd)
  if (functions < 0) {
    closeSync(fd)
    throw setupFailed(device, `${path} is no i2c adapter`, functions)
  }
  // A lost arbitration is an answer like any other: whether to try again is the function's business.
  ioctl(fd, I2C_RETRIES, 0)
  const raw = functions & I2C_FUNC_I2C ? createRawTransfers(fd) : undefined
  return { fd, functions, raw, smbus: createSmbus(fd, functions), timeoutMs: 0, tenBit: false }
}

function functionsOf(fd: number): number {
  const found = Buffer.alloc(8)
  const answer = ioctl(fd, I2C_FUNCS, found)
  return answer < 0 ? answer : found.readUInt32LE(0) & 0x7fffffff
}

/** I2C_RDWR asks nobody, so it would talk into a chip that the kernel itself drives. */
function refuseTaken(adapter: Adapter, device: I2cSpec, address: number): void {
  const answer = select(adapter, address, isTenBit(device, address))
  if (answer !== EBUSY) return
  const where = `0x${address.toString(16)}`
  throw new SamaraError('UNAVAILABLE', `device ${device.name}: address ${where} belongs to a driver of the kernel`)
}

const isTenBit = (device: I2cSpec, address: number): boolean => device.tenBit || address > MAX_7_BIT

/** What SMBus calls go to; raw transfers carry their address themselves. */
function select(adapter: Adapter, address: number, tenBit: boolean): number {
  if (adapter.tenBit !== tenBit) {
    const answer = ioctl(adapter.fd, I2C_TENBIT, tenBit ? 1 : 0)
    if (answer < 0) return answer
    adapter.tenBit = tenBit
  }
  return ioctl(adapter.fd, I2C_SLAVE, address)
}

function openI2c(adapter: Adapter, device: I2cSpec): OpenDevice {
  return {
    run: (operation) => refusal(operation, adapter, device) ?? transfer(adapter, device, operation),
    close() {},
  }
}

const wrong = (detail: string): Answer => ({ error: 'invalid', detail })

function refusal(operation: Operation, adapter: Adapter, device: I2cSpec): Answer | undefined {
  const { op, target = -1, segments = [] } = operation
  if (op !== 'transfer') return wrong(`i2c knows no ${op}`)
  if (target < 0 || target > MAX_10_BIT) return wrong(`address ${target} is not 0 to ${MAX_10_BIT}`)
  if (isTenBit(device, target) && (adapter.functions & I2C_FUNC_10BIT_ADDR) === 0)
    return { error: 'unsupported', detail: 'the adapter knows no addresses of 10 bits' }
  return segments.map(segmentRefusal).find((answer) => answer !== undefined)
}

function segmentRefusal(segment: Segment): Answer | undefined {
  if (segment.kind === 'write') return undefined
  if (segment.kind !== 'read') return wrong(`i2c knows no ${segment.kind} in a transfer`)
  return segment.length === 0 ? wrong('a read of no bytes cannot be told apart from one of many') : undefined
}

function transfer(adapter: Adapter, device: I2cSpec, { target = 0, segments = [] }: Operation): Answer {
  if (segments.length === 0) return { data: [] }
  limit(adapter, device.timeoutMs)
  const tenBit = isTenBit(device, target)
  if (adapter.raw !== undefined) return adapter.raw.transfer(target, tenBit, segments)
  const selected = select(adapter, target, tenBit)
  if (selected === EBUSY) return { error: 'busy', detail: 'EBUSY: the address belongs to a driver of the kernel' }
  return adapter.smbus.transfer(segments)
}

function limit(adapter: Adapter, timeoutMs: number): void {
  if (adapter.timeoutMs === timeoutMs) return
  adapter.timeoutMs = timeoutMs
  ioctl(adapter.fd, I2C_TIMEOUT, Math.max(1, Math.ceil(timeoutMs / TIMEOUT_UNIT_MS)))
}
