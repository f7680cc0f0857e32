import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools'
import type { Item } from '../../../shared/cbor.ts'
import { type Signature, signatureText, typeText, type WitType } from '../../../shared/signature.ts'
import { liftedType } from '../../../shared/wasm/lowering.ts'
import { assemble, type Core, type CoreFunction, i32Const, uleb } from './assemble.ts'
import type { Random } from './random.ts'
import { Declarations, randomType, randomValue } from './wit-types.ts'

/**
 * Guests that give back what they were given, for random types. One shape takes so many parameters that all of them
 * come through memory, and returns the address of the first: its value in memory is the answer. The other takes numbers
 * and gives each of them back as it came.
 */

export type EchoFunction = {
  readonly name: string
  readonly signature: Signature
  readonly text: string
  /** Arguments of a call, and what the answer has to be where that is known. */
  arguments(random: Random): { readonly args: Item[]; readonly expected?: Item }
}

export type EchoGuest = {
  readonly core: Uint8Array
  readonly component: Uint8Array
  readonly functions: readonly EchoFunction[]
}

/** Numbers beyond those that are passed as such. */
const PADDING = 17
const HEAP = 1024
/** What a C agent reads at most (CONFIG_SAMARA_SIGNATURE_MAX). */
const MAX_SIGNATURE = 512

/** cabi_realloc that only ever goes on, to the end of its page. */
const allocator: CoreFunction = {
  name: 'cabi_realloc',
  params: ['i32', 'i32', 'i32', 'i32'],
  results: ['i32'],
  locals: [],
  // heap = (heap + align - 1) & -align; result = heap; heap += size; unreachable where that is past the page
  code: [
    ...[0x23, 0, 0x20, 2, 0x6a, ...i32Const(1), 0x6b, ...i32Const(0), 0x20, 2, 0x6b, 0x71, 0x22, 0],
    ...[0x20, 3, 0x6a, 0x24, 0, 0x23, 0, ...i32Const(65536), 0x4b, 0x04, 0x40, 0x00, 0x0b, 0x20, 0],
  ],
}

type Made = { readonly core: CoreFunction; readonly echo: EchoFunction; readonly wit: string }

const named = (name: string, signature: Signature): Pick<EchoFunction, 'name' | 'signature' | 'text'> => ({
  name,
  signature,
  text: signatureText(signature),
})

function throughMemory(random: Random, name: string, declarations: Declarations): Made {
  let type = randomType(random)
  while (typeText(type).length > MAX_SIGNATURE / 2 - PADDING * 4) type = randomType(random)
  const padding = Array.from({ length: PADDING }, (_, index) => ({ name: `p${index}`, type: { kind: 'u8' } as const }))
  const signature: Signature = { params: [{ name: 'it', type }, ...padding], result: type }
  const [result] = liftedType({ params: [], result: type }).results
  const isNumber = liftedType({ params: [{ name: 'it', type }] }).params.length === 1
  return {
    core: {
      name,
      params: ['i32'],
      results: result ? [result as Core] : [],
      locals: [],
      code: isNumber ? [0x20, 0, ...loadOf(type)] : [0x20, 0],
    },
    echo: {
      ...named(name, signature),
      arguments: (chance) => {
        const it = randomValue(chance, type)
        return { args: [it, ...padding.map(() => chance.below(256))], expected: it }
      },
    },
    wit: witOf(name, signature, declarations),
  }
}

/** The instruction that loads a value which is one number. */
function loadOf(type: WitType): number[] {
  switch (type.kind) {
    case 'bool':
    case 'u8':
      return [0x2d, 0, 0]
    case 's8':
      return [0x2c, 0, 0]
    case 's16':
      return [0x2e, 0, 0]
    case 'u16':
      return [0x2f, 0, 0]
    case 's64':
    case 'u64':
      return [0x29, 0, 0]
    case 'f32':
      return [0x2a, 0, 0]
    case 'f64':
      return [0x2b, 0, 0]
    case 'tuple':
      return loadOf(type.elements[0] as WitType)
    case 'record':
      return loadOf(type.fields[0]?.type as WitType)
    case 'enum':
      return type.names.length > 256 ? [0x2f, 0, 0] : [0x2d, 0, 0]
    case 'flags':
      return type.names.length > 16 ? [0x28, 0, 0] : type.names.length > 8 ? [0x2f, 0, 0] : [0x2d, 0, 0]
    case 'result':
    case 'variant':
      return [0x2d, 0, 0]
    default:
      return [0x28, 0, 0]
  }
}

/** Makes 64 bits of a number, the same ones. */
const widen: Readonly<Record<Core, readonly number[]>> = { i32: [0xad], i64: [], f32: [0xbc, 0xad], f64: [0xbd] }

function asNumbers(random: Random, name: string, declarations: Declarations): Made {
  const params: { name: string; type: WitType }[] = []
  const flat = (of: typeof params) => liftedType({ params: of }).params
  while (params.length < 4) {
    const next = [...params, { name: `p${params.length}`, type: randomType(random, { depth: 2, plain: true }) }]
    const numbers = flat(next)
    if (numbers.length < flat(params).length || numbers.length > 16) break
    params.push(next.at(-1) as (typeof params)[number])
  }
  if (params.length === 0) params.push({ name: 'p0', type: { kind: 's16' } }, { name: 'p1', type: { kind: 'f32' } })
  if (flat(params).length === 1) params.push({ name: 'more', type: { kind: 's8' } })
  const numbers = flat(params) as Core[]
  const result: WitType = { kind: 'tuple', elements: numbers.map(() => ({ kind: 'u64' })) }
  const signature: Signature = { params, result }
  const stores = numbers.flatMap((type, at) => [
    ...i32Const(0),
    0x20,
    at,
    ...widen[type],
    0x37,
    0,
    ...uleb(16 + at * 8),
  ])
  return {
    core: { name, params: numbers, results: ['i32'], locals: [], code: [...stores, ...i32Const(16)] },
    echo: {
      ...named(name, signature),
      arguments: (chance) => ({ args: params.map(({ type }) => randomValue(chance, type)) }),
    },
    wit: witOf(name, signature, declarations),
  }
}

function witOf(name: string, { params, result }: Signature, declarations: Declarations): string {
  const list = params.map((param) => `${param.name}: ${declarations.text(param.type)}`).join(', ')
  return `export ${name}: func(${list})${result ? ` -> ${declarations.text(result)}` : ''};`
}

export async function echoGuest(random: Random, count: number): Promise<EchoGuest> {
  const declarations = new Declarations()
  const made = Array.from({ length: count }, (_, index) =>
    index % 3 === 2
      ? asNumbers(random, `numbers${index}`, declarations)
      : throughMemory(random, `echo${index}`, declarations),
  )
  const core = assemble({
    functions: [allocator, ...made.map((one) => one.core)],
    globals: [{ type: 'i32', init: i32Const(HEAP) }],
  })
  const witSource = declarations.world(made.map((one) => one.wit))
  const typed = await componentEmbed({ binary: core, witSource, world: 'echo', stringEncoding: 'utf8' })
  return { core, component: await componentNew(typed, []), functions: made.map((one) => one.echo) }
}
