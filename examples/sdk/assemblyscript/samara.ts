/**
 * Host interfaces of Samara for functions in AssemblyScript, without its heap.
 *
 * Calls return 0 or one of `Failure`. Buffers are addresses, as `memory.data(6)` gives them at compile time, so that a
 * module needs no more memory than it declares. What the host hands over passes through an arena of 512 bytes. A module
 * whose host calls give lists or texts, and that is most, has to export what the host takes them from:
 *
 *   export { cabi_realloc } from 'samara'
 */

export namespace Failure {
  export const NOT_GRANTED = 1
  export const WRONG_KIND = 2
  export const UNAVAILABLE = 3
  export const BUS = 4
  export const ARBITRATION_LOSS = 5
  export const NACK_ADDRESS = 6
  export const NACK_DATA = 7
  export const NACK = 8
  export const OVERRUN = 9
  export const MODE_FAULT = 10
  export const FRAME_FORMAT = 11
  export const CHIP_SELECT = 12
  /** Refused by the grant, or all else: the proplet's log says which. */
  export const OTHER = 13
}

const ARENA_BYTES: u32 = 512
const arena = memory.data(512, 8)
/** Result area of the canonical ABI: the case, then a handle, a list or the case of the error. */
const area = memory.data(16, 8)
const given = memory.data(12, 4)
let used: u32 = 0

/** Where the host puts lists and texts. */
export function cabi_realloc(old: usize, _oldSize: usize, align: usize, size: usize): usize {
  const start: u32 = (used + <u32>align - 1) & -(<u32>align)
  if (old !== 0 || start > ARENA_BYTES || <u32>size > ARENA_BYTES - start) unreachable()
  // Its mention makes the compiler say where the memory ends.
  if (arena + start > __heap_base) unreachable()
  used = start + <u32>size
  return arena + start
}

/** Names and keys are ASCII. */
function lower(text: string): usize {
  const at = cabi_realloc(0, 0, 1, text.length)
  for (let i = 0; i < text.length; i++) store<u8>(at + i, <u8>text.charCodeAt(i))
  return at
}

/** Copies a list of `length` bytes into `buffer` and gives back the arena from `mark`. */
function take(buffer: usize, length: u32, mark: u32): i32 {
  used = mark
  if (load<u32>(area, 8) < length) return Failure.OVERRUN
  memory.copy(buffer, load<u32>(area, 4), length)
  return 0
}

const isError = (): bool => load<u8>(area) !== 0

// What a function gives that returns result<T, string>: T is one field of 32 bits or a list.

/** Success with a number; a float as `reinterpret<u32>(value)`. */
export function succeeded(value: u32, length: u32 = 0): usize {
  store<u8>(given, 0)
  store<u32>(given, value, 4)
  store<u32>(given, length, 8)
  return given
}

export function failed(text: string): usize {
  used = 0
  store<u8>(given, 1)
  store<u32>(given, lower(text), 4)
  store<u32>(given, text.length, 8)
  used = 0
  return given
}

// samara:device

@external("samara:device/open@0.1.0", "open-i2c")
declare function rawOpenI2c(name: usize, length: u32, area: usize): void
@external("samara:device/open@0.1.0", "open-delay")
declare function rawOpenDelay(): u32
@external("wasi:i2c/delay@0.2.0-draft", "[method]delay.delay-ns")
declare function rawDelayNs(delay: u32, ns: u32): void
@external("samara:device/config@0.1.0", "get")
declare function rawConfig(key: usize, length: u32, area: usize): void

let delay: u32 = 0

/** Waits at least so long. */
export function delayNs(ns: u32): void {
  if (!delay) delay = rawOpenDelay()
  rawDelayNs(delay, ns)
}

/** The text under `key` into `buffer`: its length, or -1 where there is none or it is longer than `size`. */
export function config(key: string, buffer: usize, size: u32): i32 {
  const mark = used
  rawConfig(lower(key), key.length, area)
  used = mark
  const length = load<u32>(area, 8)
  if (!isError() || length > size) return -1 // of an option the first case is none
  memory.copy(buffer, load<u32>(area, 4), length)
  return length
}

// wasi:i2c

@external("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.read")
declare function rawI2cRead(bus: u32, address: u32, length: u64, area: usize): void
@external("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.write")
declare function rawI2cWrite(bus: u32, address: u32, data: usize, length: u32, area: usize): void
@external("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.write-read")
declare function rawI2cWriteRead(bus: u32, address: u32, data: usize, length: u32, read: u64, area: usize): void
/** A bus that is no longer needed; at the end of an instance all are closed. */
@external("wasi:i2c/i2c@0.2.0-draft", "[resource-drop]i2c")
export declare function i2cClose(bus: u32): void

function i2cFailure(at: usize): i32 {
  const which = load<u8>(at)
  if (which === 2) return Failure.NACK_ADDRESS + load<u8>(at, 1)
  return which < 2 ? Failure.BUS + which : which === 3 ? Failure.OVERRUN : Failure.OTHER
}

/** A handle, or the negative of a failure. */
export function i2cOpen(name: string): i32 {
  const mark = used
  rawOpenI2c(lower(name), name.length, area)
  used = mark
  return isError() ? -(Failure.NOT_GRANTED + <i32>load<u8>(area, 4)) : load<i32>(area, 4)
}

export function i2cRead(bus: u32, address: u32, buffer: usize, length: u32): i32 {
  const mark = used
  rawI2cRead(bus, address, length, area)
  return isError() ? i2cFailure(area + 4) : take(buffer, length, mark)
}

export function i2cWrite(bus: u32, address: u32, data: usize, length: u32): i32 {
  rawI2cWrite(bus, address, data, length, area)
  return isError() ? i2cFailure(area + 1) : 0
}

/** Write, repeated start, read. */
export function i2cWriteRead(bus: u32, address: u32, data: usize, length: u32, buffer: usize, read: u32): i32 {
  const mark = used
  rawI2cWriteRead(bus, address, data, length, read, area)
  return isError() ? i2cFailure(area + 4) : take(buffer, read, mark)
}

// wasi:spi

@external("wasi:spi/spi", "open")
declare function rawSpiOpen(name: usize, length: u32, area: usize): void
@external("wasi:spi/spi", "[method]spi-device.write")
declare function rawSpiWrite(device: u32, data: usize, length: u32, area: usize): void
@external("wasi:spi/spi", "[method]spi-device.transfer")
declare function rawSpiTransfer(device: u32, data: usize, length: u32, area: usize): void
@external("wasi:spi/spi", "[resource-drop]spi-device")
export declare function spiClose(device: u32): void

function spiFailure(mark: u32): i32 {
  used = mark
  const which = <i32>load<u8>(area, 4)
  return which < 4 ? Failure.OVERRUN + which : Failure.OTHER
}

/** A handle, or the negative of a failure. */
export function spiOpen(name: string): i32 {
  const mark = used
  rawSpiOpen(lower(name), name.length, area)
  used = mark
  return isError() ? -spiFailure(mark) : load<i32>(area, 4)
}

export function spiWrite(device: u32, data: usize, length: u32): i32 {
  const mark = used
  rawSpiWrite(device, data, length, area)
  return isError() ? spiFailure(mark) : 0
}

/** What comes in takes the place of what went out. */
export function spiTransfer(device: u32, buffer: usize, length: u32): i32 {
  const mark = used
  rawSpiTransfer(device, buffer, length, area)
  return isError() ? spiFailure(mark) : take(buffer, length, mark)
}

// wasi:gpio, June 2026: high is active

@external("wasi:gpio/digital@0.2.0", "open-stateful-output")
declare function rawOpenOutput(name: usize, length: u32, area: usize): void
@external("wasi:gpio/digital@0.2.0", "open-input")
declare function rawOpenInput(name: usize, length: u32, area: usize): void
@external("wasi:gpio/digital@0.2.0", "[method]stateful-output-pin.set-state")
declare function rawOutputSet(pin: u32, state: u32, area: usize): void
@external("wasi:gpio/digital@0.2.0", "[method]stateful-output-pin.is-set-high")
declare function rawOutputGet(pin: u32, area: usize): void
@external("wasi:gpio/digital@0.2.0", "[method]input-pin.is-high")
declare function rawInputGet(pin: u32, area: usize): void

/** The text of an error goes with the mark. Gives the value at `area + 4`, or the negative of a failure. */
function pinAnswer(mark: u32): i32 {
  used = mark
  return isError() ? -Failure.OTHER : 0
}

/** A handle, or the negative of a failure. Opening leaves the level as it is. */
export function outputOpen(name: string): i32 {
  const mark = used
  rawOpenOutput(lower(name), name.length, area)
  return pinAnswer(mark) || load<i32>(area, 4)
}

export function outputSet(pin: u32, high: bool): i32 {
  const mark = used
  rawOutputSet(pin, high, area)
  return -pinAnswer(mark)
}

/** 0, 1, or the negative of a failure. */
export function outputGet(pin: u32): i32 {
  const mark = used
  rawOutputGet(pin, area)
  return pinAnswer(mark) || load<u8>(area, 4)
}

export function inputOpen(name: string): i32 {
  const mark = used
  rawOpenInput(lower(name), name.length, area)
  return pinAnswer(mark) || load<i32>(area, 4)
}

/** 0, 1, or the negative of a failure. */
export function inputGet(pin: u32): i32 {
  const mark = used
  rawInputGet(pin, area)
  return pinAnswer(mark) || load<u8>(area, 4)
}
