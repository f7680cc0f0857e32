import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools'
import { parseSignature } from '../../../shared/signature.ts'
import { liftedType } from '../../../shared/wasm/lowering.ts'
import { assemble, type Core, type CoreFunction, i32Const, i64Const } from './assemble.ts'
import type { EchoGuest } from './echo-guests.ts'
import { Declarations } from './wit-types.ts'

/** Results that a guest gives against its signature, or at its edge: what each is, and the number that comes. */

export type Stray = {
  readonly what: string
  readonly type: string
  readonly core: number
  readonly at16?: readonly number[]
  /** Where the glue of the other proplets does not do as the canonical ABI has it, and the C agent does. */
  readonly differs?: true
}

const word = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)
const at = 16

export const strays: readonly Stray[] = [
  { what: 'a char that is a surrogate', type: 'char', core: 0xd800 },
  { what: 'a char beyond Unicode', type: 'char', core: 0x110000 },
  { what: 'a case of an enum that is not there', type: 'enum{a,b}', core: 2 },
  { what: 'a case of a result that is not there', type: 'result', core: 2 },
  { what: 'an option that is neither', type: 'option<u8>', core: at, at16: [2, 0] },
  { what: 'a variant beyond its cases', type: 'variant{a,b(u16)}', core: at, at16: [9, 0, 0, 0] },
  { what: 'a result beyond the memory', type: 'tuple<u32,u32>', core: 65532 },
  { what: 'a string beyond the memory', type: 'string', core: at, at16: [...word(65530), ...word(10)] },
  { what: 'a string that wraps around', type: 'string', core: at, at16: [...word(-16), ...word(32)] },
  { what: 'bytes beyond the memory', type: 'list<u8>', core: at, at16: [...word(65530), ...word(10)], differs: true },
  { what: 'a list beyond the memory', type: 'list<string>', core: at, at16: [...word(65528), ...word(10)] },
  { what: 'text that is not UTF-8', type: 'string', core: at, at16: [...word(16), ...word(1), 0xff] },
  { what: 'a string of no length at the end', type: 'string', core: at, at16: [...word(65536), ...word(0)] },
  { what: 'flags with bits beyond its names', type: 'flags{a,b}', core: 0xff },
  { what: 'flags with bits beyond its byte', type: 'flags{a,b}', core: 0x100 },
  { what: 'flags in memory with bits beyond its names', type: 'tuple<flags{a,b},u8>', core: at, at16: [4, 0] },
  { what: 'a bool that is neither', type: 'bool', core: 2, differs: true },
  { what: 'a bool in memory that is neither', type: 'tuple<bool,u8>', core: at, at16: [2, 0], differs: true },
  { what: 'a bool beyond its byte', type: 'bool', core: 256, differs: true },
  { what: 'a u8 beyond its byte', type: 'u8', core: 0x1ff },
  { what: 'an s8 beyond its byte', type: 's8', core: 0x180 },
  { what: 'an s8 with its sign', type: 's8', core: -128 },
  { what: 'an s8 without its sign', type: 's8', core: 0x80 },
  { what: 'a u16 beyond its two', type: 'u16', core: -1 },
  { what: 'an address that is not aligned', type: 'tuple<u32,u32>', core: 17, differs: true },
  { what: 'a list that is not aligned', type: 'list<u32>', core: at, at16: [...word(17), ...word(1)] },
  {
    what: 'numbers beyond the memory',
    type: 'list<u32>',
    core: at,
    at16: [...word(65532), ...word(10)],
    differs: true,
  },
]

export async function strayGuest(): Promise<EchoGuest> {
  const declarations = new Declarations()
  const made = strays.map(({ type, core, at16 = [] }, index) => {
    const text = `func()->${type}`
    const signature = parseSignature(text)
    const result = liftedType(signature).results[0] as Core
    const name = `stray${index}`
    const stores = at16.flatMap((byte, offset) => [...i32Const(at + offset), ...i32Const(byte), 0x3a, 0, 0])
    const code = [...stores, ...(result === 'i64' ? i64Const(BigInt(core)) : i32Const(core))]
    const made: CoreFunction = { name, params: [], results: [result], locals: [], code }
    const wit = signature.result ? `export ${name}: func() -> ${declarations.text(signature.result)};` : ''
    return { made, wit, echo: { name, signature, text, arguments: () => ({ args: [] }) } }
  })
  const allocator: CoreFunction = {
    name: 'cabi_realloc',
    params: ['i32', 'i32', 'i32', 'i32'],
    results: ['i32'],
    locals: [],
    code: [0x00],
  }
  const core = assemble({ functions: [allocator, ...made.map((one) => one.made)] })
  const witSource = declarations.world(made.map((one) => one.wit))
  const typed = await componentEmbed({ binary: core, witSource, world: 'echo', stringEncoding: 'utf8' })
  return { core, component: await componentNew(typed, []), functions: made.map((one) => one.echo) }
}
