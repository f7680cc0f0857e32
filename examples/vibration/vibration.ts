/**
 * How much a machine shakes: the root mean square of samples of a LIS2DW12 on SPI.
 *
 *   rms(samples: u32) -> result<f32, string>    in g, without gravity and whatever else is constant
 *
 * Device: `vib-1` of the profile. Build: samara build examples/vibration/vibration.ts
 * Run: samara run vibration.wasm --export rms 256
 */
import { delayNs, failed, spiOpen, spiTransfer, succeeded } from 'samara'

export { cabi_realloc } from 'samara'

const CTRL1: u8 = 0x20
const STATUS: u8 = 0xa7 // with the bit that says read
const OUT_X_L: u8 = 0xa8
const RUN: u8 = 0x94 // 1600 Hz, high performance: 16 bits are 4 g
const PERIOD_NS: u32 = 625_000
const G: f64 = 4.0 / 65536.0
const MAX_POLLS = 16

const buffer = memory.data(8)
let device: i32 = 0

/** Sends a command with so many bytes after it, which the answer replaces. */
function exchange(command: u8, value: u8, length: u32): bool {
  store<u16>(buffer, ((<u16>value) << 8) | command)
  return spiTransfer(device, buffer, 1 + length) === 0
}

function isReady(): bool {
  for (let polls = 0; polls < MAX_POLLS; polls++) {
    if (!exchange(STATUS, 0, 1)) return false
    if (load<u8>(buffer, 1) & 1) return true
    delayNs(PERIOD_NS)
  }
  return false
}

export function rms(samples: u32): usize {
  if (samples === 0 || samples > 10_000) return failed('1 to 10000 samples')
  if (device <= 0) device = spiOpen('vib-1')
  if (device < 0 || !exchange(CTRL1, RUN, 1)) return failed('vib-1: not to be had')
  let x: f64 = 0
  let y: f64 = 0
  let z: f64 = 0
  let squares: f64 = 0
  for (let n: u32 = 0; n < samples; n++) {
    if (!isReady() || !exchange(OUT_X_L, 0, 6)) return failed('vib-1: no sample')
    const a = <f64>load<i16>(buffer, 1)
    const b = <f64>load<i16>(buffer, 3)
    const c = <f64>load<i16>(buffer, 5)
    x += a
    y += b
    z += c
    squares += a * a + b * b + c * c
  }
  const power = (squares - (x * x + y * y + z * z) / samples) / samples
  return succeeded(reinterpret<u32>(<f32>(sqrt(max(power, 0)) * G)))
}
