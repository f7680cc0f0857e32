import { wat } from '../proplet/runtime/fixtures.ts'
import { noise } from '../support/mock-manager.ts'

/** Modules that no toolchain would make. */

const u8 = (...bytes: number[]): Buffer => Buffer.from(bytes)
const section = (id: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([u8(id, body.length), body])
}

/** Exports `spin`, which takes and gives nothing and never ends. */
export function endless(): Uint8Array {
  const name = Buffer.from('spin')
  return Buffer.concat([
    Buffer.from('\0asm\x01\0\0\0', 'latin1'),
    section(1, u8(1, 0x60, 0, 0)),
    section(3, u8(1, 0)),
    section(7, u8(1, name.length), name, u8(0, 0)),
    section(10, u8(1, 7, 0, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b)),
  ])
}

/** Of `sizeBytes`, nearly all of it noise: `at` gives a byte of that. */
export async function large(sizeBytes: number, seed: number): Promise<{ module: Uint8Array; bytes: Buffer }> {
  const { module, bytes } = await filled(noise(sizeBytes - LARGE_HEAD, seed))
  return await filled(noise(bytes.length + sizeBytes - module.length, seed))
}

/** Room for all that is not noise, before it is known how much that is. */
const LARGE_HEAD = 96

async function filled(bytes: Buffer): Promise<{ module: Uint8Array; bytes: Buffer }> {
  const text = [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
  const module = await wat(`(module (memory 1 1) (data "${text}")
    (func (export "at") (param i32) (result i32)
      (memory.init 0 (i32.const 0) (local.get 0) (i32.const 1)) (i32.load8_u (i32.const 0))))`)
  return { module, bytes }
}
