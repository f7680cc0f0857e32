import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Modules that are called, and variants of them that no proplet has seen. */

const examples = join(import.meta.dirname, '../../examples')

export const coreModule = (): Promise<Buffer> => readFile(join(examples, 'add/add.wasm'))
export const componentModule = (): Promise<Buffer> => readFile(join(examples, 'values/values.component.wasm'))

const CUSTOM = 0
const DATA = 11
/** A data segment that is there and never copied into memory. */
const PASSIVE_SEGMENT = [1, 1]

/** The same module under another digest: a custom section changes nothing else. */
export function variant(module: Uint8Array, number: number): Buffer {
  const name = Buffer.from(`v${number}`)
  return withSection(module, CUSTOM, Buffer.concat([unsigned(name.length), name, randomBytes(8)]))
}

/** A core module with so many bytes of data. */
export function padded(core: Uint8Array, dataBytes: number): Buffer {
  const head = Buffer.concat([Buffer.from(PASSIVE_SEGMENT), unsigned(dataBytes)])
  return withSection(core, DATA, Buffer.concat([head, randomBytes(dataBytes)]))
}

const withSection = (module: Uint8Array, id: number, content: Uint8Array): Buffer =>
  Buffer.concat([module, Buffer.from([id]), unsigned(content.length), content])

/** LEB128, as WebAssembly writes its numbers. */
function unsigned(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>>= 7
  } while (rest > 0)
  return Buffer.from(bytes)
}
