/** One export for each thing that the AssemblyScript SDK can do. */
import {
  config,
  failed,
  i2cOpen,
  inputGet,
  inputOpen,
  outputGet,
  outputOpen,
  outputSet,
  spiOpen,
  spiTransfer,
  spiWrite,
  succeeded,
} from 'samara'

export { cabi_realloc } from 'samara'

const buffer = memory.data(16)

export function spiRegister(register: u8): usize {
  const chip = spiOpen('vib-1')
  if (chip < 0) return failed('not opened')
  store<u16>(buffer, 0x80 | register)
  return spiTransfer(chip, buffer, 2) === 0 ? succeeded(load<u8>(buffer, 1)) : failed('not read')
}

export function spiSequence(register: u8): usize {
  const chip = spiOpen('vib-1')
  store<u8>(buffer, register)
  if (spiWrite(chip, buffer, 1) !== 0) return failed('not written')
  store<u32>(buffer, register)
  if (spiTransfer(chip, buffer, 4) !== 0) return failed('not read')
  return succeeded(bswap(load<u32>(buffer)) & 0xffffff)
}

export function pressed(): usize {
  const level = inputGet(inputOpen('estop'))
  return level < 0 ? failed('not read') : succeeded(level)
}

export function toggle(): usize {
  const lamp = outputOpen('lamp')
  if (lamp < 0) return failed('not opened')
  if (outputSet(lamp, outputGet(lamp) === 0) !== 0) return failed('not set')
  return succeeded(outputGet(lamp))
}

export function hundredths(): usize {
  const length = config('NUMBER', buffer, 16)
  if (length < 0) return failed('no number')
  let value: i32 = 0
  for (let i = 0; i < length; i++) {
    const digit = <i32>load<u8>(buffer + i) - 48
    if (digit >= 0 && digit < 10) value = value * 10 + digit
  }
  return succeeded(load<u8>(buffer) === 45 ? -value : value)
}

export function refused(): usize {
  let count = 0
  if (i2cOpen('nobody') < 0) count++
  if (spiOpen('nobody') < 0) count++
  if (outputOpen('nobody') < 0) count++
  if (inputOpen('nobody') < 0) count++
  return succeeded(count)
}
