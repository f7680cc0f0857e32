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

const HEADER = Buffer.from('\0asm\x01\0\0\0', 'latin1')
/** (i32, i32) -> i32 and () -> (). */
const TYPES = [2, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 0x60, 0, 0]
const ADD_BODY = [0, 0x20, 0, 0x20, 1, 0x6a, 0x0b]
/** A constant of so many bytes, and its end. */
const [CONST, DROP, END] = [0x41, 0x1a, 0x0b]
const CONST_BYTES = 5

/** A module that exports `add`, and of whose bytes nearly all are code: no two are alike. */
export function largeCode(codeBytes: number): Buffer {
  const one = CONST_BYTES + 2
  const body = Buffer.alloc(1 + one * Math.floor(codeBytes / one) + 1)
  for (let at = 1; at + one < body.length; at += one)
    body.set([CONST, ...[...randomBytes(CONST_BYTES - 1)].map((byte) => byte | 0x80), 0, DROP], at)
  body[body.length - 1] = END
  const name = Buffer.from('add')
  const bodies = [Buffer.from(ADD_BODY), body].flatMap((code) => [unsigned(code.length), code])
  const sections: [id: number, content: Buffer][] = [
    [1, Buffer.from(TYPES)],
    [3, Buffer.from([2, 0, 1])],
    [7, Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([0, 0])])],
    [10, Buffer.concat([Buffer.from([bodies.length / 2]), ...bodies])],
  ]
  return Buffer.concat([HEADER, ...sections.map(([id, content]) => section(id, content))])
}

const withSection = (module: Uint8Array, id: number, content: Uint8Array): Buffer =>
  Buffer.concat([module, section(id, content)])

const section = (id: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([id]), unsigned(content.length), content])

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
