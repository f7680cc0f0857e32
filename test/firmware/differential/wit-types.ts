import { Float, type Item } from '../../../shared/cbor.ts'
import { primitiveKinds, type WitType } from '../../../shared/signature.ts'
import type { Random } from './random.ts'

/** Random types of WIT, values of them in their CBOR form [P-8.3], and their text as WIT wants it: with names. */

const NAMES = ['alpha', 'beta', 'gamma', 'delta', 'long-name-here', 'x1', 'y2', 'zeta']

/** `plain` types have nothing in memory: no strings and no lists. */
export function randomType(random: Random, { depth = 3, plain = false } = {}): WitType {
  const inner = () => randomType(random, { depth: depth - 1, plain })
  const some = <T>(least: number, make: (index: number) => T): T[] =>
    Array.from({ length: least + random.below(4) }, (_, index) => make(index))
  const scalars = primitiveKinds.filter((kind) => !plain || kind !== 'string')
  if (depth <= 0 || random.chance(0.25)) return { kind: random.pick(scalars) }
  switch (random.below(plain ? 7 : 9)) {
    case 0:
      return { kind: 'option', some: inner() }
    case 1:
      return { kind: 'result', ...(random.chance(0.7) && { ok: inner() }), ...(random.chance(0.7) && { err: inner() }) }
    case 2:
      return { kind: 'tuple', elements: some(1, inner) }
    case 3:
      return { kind: 'record', fields: some(1, (index) => ({ name: NAMES[index] as string, type: inner() })) }
    case 4:
      return {
        kind: 'variant',
        cases: some(1, (index) => ({ name: NAMES[index] as string, ...(random.chance(0.7) && { type: inner() }) })),
      }
    case 5:
      return { kind: 'enum', names: names(1 + random.below(5)) }
    case 6:
      return { kind: 'flags', names: names(random.pick([1, 3, 8, 9, 16, 17, 31, 32])) }
    default:
      return { kind: 'list', element: inner() }
  }
}

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`)

const INTS = [0, 1, 2, 7, 127, 128, 255, 256, 32767, 32768, 65535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]
const LONGS = [2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]
const FLOATS = [0, -0, 1, -1.5, 0.1, 16777217, 1e300, 5e-324, Number.NaN, Number.POSITIVE_INFINITY]
const STRINGS = ['', 'a', 'grüße', '\u{1f600}', 'x'.repeat(300), '\0', 'line\nend']
const CHARS = ['a', '\0', 'ü', '\u{d7ff}', '\u{e000}', '\u{ffff}', '\u{10000}', '\u{10ffff}']

export function randomValue(random: Random, type: WitType): Item {
  const inner = (of: WitType) => randomValue(random, of)
  switch (type.kind) {
    case 'bool':
      return random.chance(0.5)
    case 'char':
      return random.pick(CHARS)
    case 'string':
      return random.pick(STRINGS)
    case 'f32':
      return new Float(Math.fround(random.pick(FLOATS.filter((one) => !(Math.abs(one) === 1e300)))), 32)
    case 'f64':
      return new Float(random.pick(FLOATS), 64)
    case 'list':
      return type.element.kind === 'u8'
        ? Uint8Array.from({ length: random.below(40) }, () => random.below(256))
        : Array.from({ length: random.below(4) }, () => inner(type.element))
    case 'option':
      return random.chance(0.4) ? null : [inner(type.some)]
    case 'result': {
      const side = random.below(2)
      const payload = side === 0 ? type.ok : type.err
      return [side, payload ? inner(payload) : null]
    }
    case 'tuple':
      return type.elements.map(inner)
    case 'record':
      return type.fields.map((field) => inner(field.type))
    case 'variant': {
      const index = random.below(type.cases.length)
      const payload = type.cases[index]?.type
      return payload ? [index, inner(payload)] : [index]
    }
    case 'enum':
      return random.below(type.names.length)
    case 'flags':
      return random.bits32() % 2 ** type.names.length
    case 'own':
    case 'borrow':
      throw new Error('no handles here')
    default:
      return integer(random, type.kind)
  }
}

function integer(random: Random, kind: string): Item {
  const bits = BigInt(kind.slice(1))
  const raw = random.chance(0.3) ? random.pick(LONGS) : BigInt(random.pick(INTS)) * (random.chance(0.3) ? -1n : 1n)
  const value = kind.startsWith('u') ? BigInt.asUintN(Number(bits), raw) : BigInt.asIntN(Number(bits), raw)
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

/** Values that are nearly of a type: what is wrong has to be found, wherever it is. */
export function spoilt(random: Random, item: Item): Item {
  if (Array.isArray(item) && item.length > 0 && random.chance(0.7)) {
    const at = random.below(item.length)
    return item.map((one, index) => (index === at ? spoilt(random, one) : one))
  }
  return random.pick<Item>([null, true, -1, 2 ** 40, 'two words', [], [1, 2, 3], new Uint8Array(3), [7, null]])
}

/** Declarations of a world; types that WIT wants named have names. */
export class Declarations {
  readonly #lines: string[] = []
  #count = 0

  text(type: WitType): string {
    switch (type.kind) {
      case 'list':
        return `list<${this.text(type.element)}>`
      case 'option':
        return `option<${this.text(type.some)}>`
      case 'result':
        return this.#result(type.ok, type.err)
      case 'tuple':
        return `tuple<${type.elements.map((one) => this.text(one)).join(', ')}>`
      case 'record':
        return this.#declare(
          'record',
          type.fields.map((field) => `${field.name}: ${this.text(field.type)}`),
        )
      case 'variant':
        return this.#declare(
          'variant',
          type.cases.map((one) => (one.type ? `${one.name}(${this.text(one.type)})` : one.name)),
        )
      case 'enum':
      case 'flags':
        return this.#declare(type.kind, type.names)
      case 'own':
      case 'borrow':
        throw new Error('no handles here')
      default:
        return type.kind
    }
  }

  world(exports: readonly string[]): string {
    return `package test:echo;\nworld echo {\n${[...this.#lines, ...exports].map((line) => `  ${line}\n`).join('')}}\n`
  }

  #result(ok: WitType | undefined, err: WitType | undefined): string {
    if (!ok && !err) return 'result'
    if (!err) return `result<${ok && this.text(ok)}>`
    return `result<${ok ? this.text(ok) : '_'}, ${this.text(err)}>`
  }

  #declare(kind: string, parts: readonly string[]): string {
    const name = `t${this.#count++}`
    this.#lines.push(`${kind} ${name} { ${parts.join(', ')} }`)
    return name
  }
}
