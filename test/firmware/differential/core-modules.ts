import { Float, type Item } from '../../../shared/cbor.ts'
import { assemble, type Core, type CoreFunction, cores, i32Const, i64Const, typeCode, uleb } from './assemble.ts'
import type { Random } from './random.ts'

/**
 * Modules of random code that is valid and ends: expressions over locals, globals, memory and calls, with branches,
 * loops of a few rounds and traps. What an engine may choose (the bits of a NaN) never reaches an integer.
 */

const DEPTH = 5
const MAX_PARAMS = 3

const binary: Readonly<Record<Core, readonly number[]>> = {
  i32: range(0x6a, 0x78),
  i64: range(0x7c, 0x8a),
  f32: range(0x92, 0x98),
  f64: range(0xa0, 0xa6),
}
const unary: Readonly<Record<Core, readonly number[]>> = {
  i32: [0x67, 0x68, 0x69, 0xc0, 0xc1],
  i64: [0x79, 0x7a, 0x7b, 0xc2, 0xc3, 0xc4],
  f32: range(0x8b, 0x91),
  f64: range(0x99, 0x9f),
}
/** Opcodes that compare two of a kind. */
const comparing: Readonly<Record<Core, readonly number[]>> = {
  i32: range(0x46, 0x4f),
  i64: range(0x51, 0x5a),
  f32: range(0x5b, 0x60),
  f64: range(0x61, 0x66),
}
type Conversion = { readonly to: Core; readonly from: Core; readonly code: readonly number[] }
const conversions: readonly Conversion[] = [
  { to: 'i32', from: 'i64', code: [0xa7] },
  ...each('i32', [0xa8, 0xa9], 'f32'),
  ...each('i32', [0xaa, 0xab], 'f64'),
  ...each('i64', [0xac, 0xad], 'i32'),
  ...each('i64', [0xae, 0xaf], 'f32'),
  ...each('i64', [0xb0, 0xb1], 'f64'),
  ...each('f32', [0xb2, 0xb3], 'i32'),
  ...each('f32', [0xb4, 0xb5], 'i64'),
  { to: 'f32', from: 'f64', code: [0xb6] },
  ...each('f64', [0xb7, 0xb8], 'i32'),
  ...each('f64', [0xb9, 0xba], 'i64'),
  { to: 'f64', from: 'f32', code: [0xbb] },
  ...[0, 1].map((op): Conversion => ({ to: 'i32', from: 'f32', code: [0xfc, op] })),
  ...[2, 3].map((op): Conversion => ({ to: 'i32', from: 'f64', code: [0xfc, op] })),
  ...[4, 5].map((op): Conversion => ({ to: 'i64', from: 'f32', code: [0xfc, op] })),
  ...[6, 7].map((op): Conversion => ({ to: 'i64', from: 'f64', code: [0xfc, op] })),
]
/** Loads and stores with the alignment that they may name at most. */
const loads: Readonly<Record<Core, readonly (readonly [number, number])[]>> = {
  i32: [
    [0x28, 2],
    [0x2c, 0],
    [0x2d, 0],
    [0x2e, 1],
    [0x2f, 1],
  ],
  i64: [
    [0x29, 3],
    [0x30, 0],
    [0x31, 0],
    [0x32, 1],
    [0x33, 1],
    [0x34, 2],
    [0x35, 2],
  ],
  f32: [],
  f64: [],
}
const stores: Readonly<Record<Core, readonly (readonly [number, number])[]>> = {
  i32: [
    [0x36, 2],
    [0x3a, 0],
    [0x3b, 1],
  ],
  i64: [
    [0x37, 3],
    [0x3c, 0],
    [0x3d, 1],
    [0x3e, 2],
  ],
  f32: [],
  f64: [],
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at)
}
function each(to: Core, codes: readonly number[], from: Core): Conversion[] {
  return codes.map((code) => ({ to, from, code: [code] }))
}

type Known = readonly CoreFunction[]

class Writer {
  readonly #random: Random
  readonly #known: Known
  readonly #params: readonly Core[]
  readonly #locals: Core[] = []
  readonly #globals: readonly Core[]
  /** Counters of loops, which nothing else writes. */
  readonly #counters = new Set<number>()

  constructor(random: Random, known: Known, params: readonly Core[], globals: readonly Core[]) {
    this.#random = random
    this.#known = known
    this.#params = params
    this.#globals = globals
  }

  get locals(): readonly Core[] {
    return this.#locals
  }

  expression(type: Core, depth = DEPTH): number[] {
    if (depth <= 0) return this.#leaf(type)
    const inner = (of: Core) => this.expression(of, depth - 1)
    switch (this.#random.below(12)) {
      case 0:
        return this.#leaf(type)
      case 1:
        return [...inner(type), this.#random.pick(unary[type])]
      case 2:
        return this.#conversion(type, depth)
      case 3:
        return this.#load(type, depth)
      case 4:
        return [...inner(type), ...inner(type), ...inner('i32'), 0x1b]
      case 5:
        return this.#choice(type, depth)
      case 6:
        return this.#call(type, depth)
      case 7:
        return [...this.#statement(depth - 1), ...inner(type)]
      case 8:
        return this.#block(type, depth)
      default:
        return type === 'i32' && this.#random.chance(0.3)
          ? this.#comparison(depth)
          : [...inner(type), ...inner(type), this.#random.pick(binary[type])]
    }
  }

  #leaf(type: Core): number[] {
    const own = [...this.#params, ...this.#locals].flatMap((one, index) => (one === type ? [index] : []))
    if (own.length > 0 && this.#random.chance(0.6)) return [0x20, ...uleb(this.#random.pick(own))]
    const globals = this.#globals.flatMap((one, index) => (one === type ? [index] : []))
    if (globals.length > 0 && this.#random.chance(0.3)) return [0x23, ...uleb(this.#random.pick(globals))]
    return constant(this.#random, type)
  }

  #comparison(depth: number): number[] {
    const type = this.#random.pick(cores)
    const inner = () => this.expression(type, depth - 1)
    return [...inner(), ...inner(), this.#random.pick(comparing[type])]
  }

  #conversion(type: Core, depth: number): number[] {
    const { from, code } = this.#random.pick(conversions.filter(({ to }) => to === type))
    return [...this.expression(from, depth - 1), ...code]
  }

  /** Mostly inside of the memory. */
  #address(depth: number): number[] {
    const address = this.expression('i32', depth - 1)
    return this.#random.chance(0.97) ? [...address, ...i32Const(0x3ff), 0x71] : address
  }

  #load(type: Core, depth: number): number[] {
    if (loads[type].length === 0) return this.expression(type, depth - 1)
    const [code, align] = this.#random.pick(loads[type])
    return [...this.#address(depth), code, this.#random.below(align + 1), ...uleb(this.#random.below(300))]
  }

  #choice(type: Core, depth: number): number[] {
    const test = this.expression('i32', depth - 1)
    const sides = [this.expression(type, depth - 1), this.expression(type, depth - 1)]
    return [...test, 0x04, typeCode(type), ...(sides[0] ?? []), 0x05, ...(sides[1] ?? []), 0x0b]
  }

  /** A block that a branch may leave early with a value. */
  #block(type: Core, depth: number): number[] {
    const early = this.expression(type, depth - 1)
    const test = this.expression('i32', depth - 1)
    const late = this.expression(type, depth - 1)
    return [0x02, typeCode(type), ...early, ...test, 0x0d, 0, 0x1a, ...late, 0x0b]
  }

  #call(type: Core, depth: number): number[] {
    const callable = this.#known.flatMap((one, index) => (one.results[0] === type ? [index] : []))
    if (callable.length === 0) return this.expression(type, depth - 1)
    const index = this.#random.pick(callable)
    const { params } = this.#known[index] as CoreFunction
    const args = params.flatMap((param) => this.expression(param, depth - 2))
    if (this.#random.chance(0.7)) return [...args, 0x10, ...uleb(index)]
    // The table has this function at its own index, others and nothing elsewhere.
    const at = this.#random.chance(0.8) ? i32Const(index) : i32Const(this.#random.below(this.#known.length + 3))
    return [...args, ...at, 0x11, ...uleb(typeNumber(this.#known, index)), 0]
  }

  #statement(depth: number): number[] {
    switch (this.#random.below(8)) {
      case 0:
        return this.#loop(depth)
      case 1:
        return this.#store(depth)
      case 2: {
        const index = this.#random.below(this.#globals.length)
        return [...this.expression(this.#globals[index] as Core, depth - 1), 0x24, ...uleb(index)]
      }
      case 3:
        return this.#bulk(depth)
      case 4:
        return this.#table(depth)
      case 5:
        return this.#random.chance(0.1) ? [...this.expression('i32', depth - 1), 0x04, 0x40, 0x00, 0x0b] : [0x01]
      default: {
        const type = this.#random.pick(cores)
        return [...this.expression(type, depth - 1), 0x21, ...uleb(this.#local(type))]
      }
    }
  }

  #local(type: Core): number {
    const found = this.#locals.findIndex((one, index) => one === type && !this.#counters.has(index))
    if (found >= 0 && this.#random.chance(0.5)) return this.#params.length + found
    if (this.#locals.length >= 6 && found >= 0) return this.#params.length + found
    this.#locals.push(type)
    return this.#params.length + this.#locals.length - 1
  }

  /** A few rounds, counted in a local of its own. */
  #loop(depth: number): number[] {
    this.#counters.add(this.#locals.length)
    this.#locals.push('i32')
    const counter = uleb(this.#params.length + this.#locals.length - 1)
    const rounds = this.#random.below(6) + 1
    const body = depth > 0 ? this.#store(depth - 1) : []
    const step = [0x20, ...counter, ...i32Const(1), 0x6a, ...i32Const(7), 0x71, 0x22, ...counter]
    return [0x03, 0x40, ...body, ...step, ...i32Const(rounds), 0x49, 0x0d, 0, 0x0b]
  }

  #store(depth: number): number[] {
    const type = this.#random.pick(['i32', 'i64'] as const)
    const [code, align] = this.#random.pick(stores[type])
    const value = this.expression(type, depth - 1)
    return [...this.#address(depth), ...value, code, this.#random.below(align + 1), ...uleb(this.#random.below(300))]
  }

  /** memory.fill or memory.copy. */
  #bulk(depth: number): number[] {
    const length = [...this.expression('i32', depth - 1), ...i32Const(0xff), 0x71]
    const to = this.#address(depth)
    if (this.#random.chance(0.5)) return [...to, ...this.expression('i32', depth - 1), ...length, 0xfc, 11, 0]
    return [...to, ...this.#address(depth), ...length, 0xfc, 10, 0, 0]
  }

  /** A branch table into blocks around it. */
  #table(depth: number): number[] {
    const selector = this.expression('i32', depth - 1)
    const after = () => this.#store(Math.max(depth - 1, 0))
    return [0x02, 0x40, 0x02, 0x40, 0x02, 0x40, ...selector, 0x0e, 2, 0, 1, 2, 0x0b, ...after(), 0x0b, ...after(), 0x0b]
  }
}

/** As typeIndices() numbers them: functions that come later never change it. */
function typeNumber(known: Known, index: number): number {
  const keys = known.map(({ params, results }) => `${params.join()}:${results.join()}`)
  return [...new Set(keys)].indexOf(keys[index] as string)
}

const INTERESTING = [0, 1, -1, 2, 7, 31, 32, 127, 128, 255, 256, 0x7fff, 0x7fffffff, -0x80000000]
const FLOATS = [0, -0, 1, -1.5, 0.1, 3e9, -3e9, 1e19, 1e300, 5e-324, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

function constant(random: Random, type: Core): number[] {
  switch (type) {
    case 'i32':
      return i32Const(anInteger(random))
    case 'i64':
      return i64Const(aLong(random))
    case 'f32': {
      const bytes = Buffer.alloc(4)
      bytes.writeFloatLE(random.pick(FLOATS))
      return [0x43, ...bytes]
    }
    case 'f64': {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleLE(random.pick(FLOATS))
      return [0x44, ...bytes]
    }
  }
}

const anInteger = (random: Random): number => (random.chance(0.7) ? random.pick(INTERESTING) : random.bits32() | 0)
const aLong = (random: Random): bigint => {
  const low = BigInt(anInteger(random))
  return BigInt.asIntN(64, random.chance(0.5) ? low : (BigInt(anInteger(random)) << 32n) ^ low)
}

export type RandomModule = {
  readonly bytes: Uint8Array
  readonly exports: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, readonly Core[]>>
}

const KINDS: Readonly<Record<Core, string>> = { i32: 's32', i64: 's64', f32: 'f32', f64: 'f64' }

export function randomModule(random: Random): RandomModule {
  const functions: CoreFunction[] = []
  const globals = cores
  for (let index = 0; index < 4; index++) {
    const params = Array.from({ length: random.below(MAX_PARAMS + 1) }, () => random.pick(cores))
    const result = random.pick(cores)
    const writer = new Writer(random, functions, params, globals)
    const code = writer.expression(result)
    functions.push({ params, results: [result], locals: writer.locals, code, name: `f${index}` })
  }
  const bytes = assemble({
    functions,
    globals: globals.map((type) => ({ type, init: constant(random, type) })),
    table: functions.map((_, index) => index),
    data: Array.from({ length: 64 }, () => random.below(256)),
  })
  const entries = functions.map(({ name = '', params, results }) => {
    const list = params.map((type, at) => `p${at}:${KINDS[type]}`).join()
    return [name, `func(${list})->${KINDS[results[0] as Core]}`] as const
  })
  return {
    bytes,
    exports: Object.fromEntries(entries),
    params: Object.fromEntries(functions.map(({ name = '', params }) => [name, params])),
  }
}

export function randomArgument(random: Random, type: Core): Item {
  switch (type) {
    case 'i32':
      return anInteger(random)
    case 'i64': {
      const value = aLong(random)
      return Number.isSafeInteger(Number(value)) ? Number(value) : value
    }
    default:
      return new Float(
        type === 'f32' ? Math.fround(random.pick(FLOATS)) : random.pick(FLOATS),
        type === 'f32' ? 32 : 64,
      )
  }
}
