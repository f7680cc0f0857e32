import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeItem, encodeItem, Float, type Item } from '../../shared/cbor.ts'
import { SamaraError } from '../../shared/errors.ts'
import { parseSignature, parseType, primitiveKinds, typeText, type WitType } from '../../shared/signature.ts'
import {
  argsFromCbor,
  argsFromJson,
  camelCase,
  coreArgsFromCbor,
  coreArgsFromJson,
  fromCbor,
  fromJs,
  fromJson,
  fromReturn,
  fromThrow,
  toJs,
  toJson,
} from '../../shared/values.ts'

type Vector = { type: string; json: unknown; alsoJson?: unknown[]; cbor: string; note: string }
type Hostile = { type: string; json?: unknown; cbor?: string; field: string; expected: string }
const file = new URL('../../shared/vectors/values.json', import.meta.url)
const table = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[]; hostile: Hostile[] }

const hex = (item: Item): string => encodeItem(item).toString('hex')
const decode = (cbor: string): Item => decodeItem(Buffer.from(cbor, 'hex'), { bytes: 1024 })

function thrown(act: () => unknown): SamaraError {
  try {
    act()
  } catch (error) {
    if (error instanceof SamaraError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('vectors [P-8.3]', () => {
  it.each(table.vectors)('$type: $note', ({ type: text, json, alsoJson = [], cbor }) => {
    const type = parseType(text)
    expect(hex(fromJson(type, json))).toBe(cbor)
    for (const other of alsoJson) expect(hex(fromJson(type, other))).toBe(cbor)
    const item = fromCbor(type, decode(cbor))
    expect(hex(item)).toBe(cbor)
    expect(JSON.stringify(toJson(type, item))).toBe(JSON.stringify(json))
  })

  it.each(table.hostile)('refuses for $type: $json or CBOR $cbor', ({ type: text, json, cbor, field, expected }) => {
    const type = parseType(text)
    const error = thrown(() => (cbor ? fromCbor(type, decode(cbor)) : fromJson(type, json)))
    expect(error.code).toBe('INVALID_ARGUMENT')
    expect(error.context.field).toBe(field)
    expect(error.context.expected).toContain(expected)
    expect(error.message).toContain(field)
  })

  it('covers every kind of type', () => {
    const seen = new Set(table.vectors.flatMap(({ type }) => kindsIn(parseType(type))))
    const all = [
      ...primitiveKinds,
      'list',
      'option',
      'result',
      'tuple',
      'record',
      'variant',
      'enum',
      'flags',
      'own',
      'borrow',
    ]
    expect(all.filter((kind) => !seen.has(kind))).toEqual([])
  })
})

const kindsIn = (type: WitType): string[] => typeText(type).match(/[a-z0-9]+/g) ?? []

describe('JavaScript values', () => {
  const js: [string, unknown, unknown][] = [
    ['s64', 5, 5n],
    ['u64', '18446744073709551615', 18446744073709551615n],
    ['f32', 0.1, Math.fround(0.1)],
    ['list<u8>', [1, 2], new Uint8Array([1, 2])],
    ['list<f64>', [1, 2.5], new Float64Array([1, 2.5])],
    ['list<s64>', [1, -1], new BigInt64Array([1n, -1n])],
    ['list<bool>', [true], [true]],
    ['option<u32>', null, undefined],
    ['option<u32>', 7, 7],
    ['option<option<u32>>', null, { tag: 'none' }],
    ['option<option<u32>>', { some: null }, { tag: 'some', val: undefined }],
    ['option<option<u32>>', { some: 7 }, { tag: 'some', val: 7 }],
    ['result<string,u32>', { ok: 'x' }, { tag: 'ok', val: 'x' }],
    ['result', { err: null }, { tag: 'err', val: undefined }],
    ['record{dark-blue:u8,weight:option<u8>}', { 'dark-blue': 1 }, { darkBlue: 1, weight: undefined }],
    ['variant{empty,circle(f64)}', 'empty', { tag: 'empty' }],
    ['variant{empty,circle(f64)}', { circle: 1 }, { tag: 'circle', val: 1 }],
    ['enum{dark-blue}', 'dark-blue', 'dark-blue'],
    ['flags{monday,day-off}', ['day-off'], { monday: false, dayOff: true }],
    ['tuple<u8,string>', [1, 'a'], [1, 'a']],
  ]
  it.each(js)('of %s %j is %o, both ways', (text, json, value) => {
    const type = parseType(text)
    const item = fromJson(type, json)
    expect(toJs(type, item)).toStrictEqual(value)
    expect(hex(fromJs(type, value))).toBe(hex(item))
  })

  it('spells names as jco does', () => {
    expect(['public-holiday', 'x', 'HTTP-server', 'a1-b2'].map(camelCase)).toEqual([
      'publicHoliday',
      'x',
      'httpServer',
      'a1B2',
    ])
  })

  it('takes a plain array where jco gives a typed one', () => {
    expect(fromJs(parseType('list<u8>'), [1, 255])).toEqual(new Uint8Array([1, 255]))
    expect(fromJs(parseType('list<s64>'), [1n])).toEqual([1])
  })

  it('counts a missing flag as off', () => {
    expect(fromJs(parseType('flags{a,b}'), { b: true })).toBe(2)
  })

  it('makes a result of a return and of a throw', () => {
    const signature = parseSignature('func()->result<u32,string>')
    expect(fromReturn(signature, 5)).toEqual([0, 5])
    expect(fromThrow(signature, 'bad')).toEqual([1, 'bad'])
    expect(fromReturn(parseSignature('func()->result'), undefined)).toEqual([0, null])
    expect(fromReturn(parseSignature('func()'), 'whatever')).toBeUndefined()
    expect(thrown(() => fromThrow(parseSignature('func()->u32'), 'bad')).message).toContain('u32')
  })

  it('refuses what a guest may not give', () => {
    const bad: [string, unknown][] = [
      ['u8', 300],
      ['s64', 2n ** 63n],
      ['string', 'a\ud800'],
      ['char', 'ab'],
      ['option<option<u32>>', undefined],
      ['enum{a}', 'b'],
      ['variant{a}', { tag: 'toString' }],
      ['tuple<u8>', new Uint8Array([1])],
      ['record{a:u8}', null],
    ]
    for (const [text, value] of bad) expect(thrown(() => fromJs(parseType(text), value)).code).toBe('INVALID_ARGUMENT')
  })

  it('name a device on its way in and refuse one on its way out', () => {
    const type = parseType('own<i2c>')
    expect(toJs(type, 'line1-temp')).toBe('line1-temp')
    expect(thrown(() => fromJs(type, {})).code).toBe('UNSUPPORTED')
  })
})

describe('arguments', () => {
  const add = parseSignature('func(a:s32,note:option<string>)->s32')

  it('come as a list or by name', () => {
    expect(argsFromJson(add, [1, 'x'])).toEqual([1, ['x']])
    expect(argsFromJson(add, { note: 'x', a: 1 })).toEqual([1, ['x']])
    expect(argsFromCbor(add, [1, null])).toEqual([1, null])
  })

  it('may leave out an option', () => {
    expect(argsFromJson(add, [1])).toEqual([1, null])
    expect(argsFromJson(add, { a: 1 })).toEqual([1, null])
    expect(argsFromJson(parseSignature('func()'), undefined)).toEqual([])
  })

  const wrong: [string, () => unknown, string, string][] = [
    ['a missing one', () => argsFromJson(add, []), 'args[0]', 'argument a is missing, s32 expected'],
    ['a missing name', () => argsFromJson(add, { note: 'x' }), 'args.a', 'argument a is missing'],
    ['an extra one', () => argsFromJson(add, [1, 'x', 2]), 'args[2]', '2 arguments expected, 3 given'],
    ['an unknown name', () => argsFromJson(add, { a: 1, b: 2 }), 'args.b', 'one of a, note'],
    ['a name where there is none', () => argsFromJson(parseSignature('func()'), { b: 2 }), 'args.b', 'no names'],
    ['no list', () => argsFromJson(add, 5), 'args', '5 is not a list'],
    ['a wrong one', () => argsFromJson(add, [1, 5]), 'args[1]', '5 is not a string'],
    ['a wrong one by name', () => argsFromJson(add, { a: 'x' }), 'args.a', '"x" is not an integer'],
    ['a short item list', () => argsFromCbor(add, [1]), 'args[1]', 'argument note is missing'],
    ['a long item list', () => argsFromCbor(add, [1, null, 3]), 'args[2]', 'extra argument'],
    ['a wrong item', () => argsFromCbor(add, [1, 'x']), 'args[1]', 'is not null or a list of one'],
  ]
  it.each(wrong)('name %s', (_, act, field, words) => {
    const error = thrown(act)
    expect(error.code).toBe('INVALID_ARGUMENT')
    expect(error.context.field).toBe(field)
    expect(error.message).toContain(words)
  })

  it('of a core module may be unsigned', () => {
    const core = parseSignature('func(p0:s32,p1:s64,p2:f64)')
    expect(coreArgsFromJson(core, [4294967295, '18446744073709551615', 1])).toEqual([-1, -1, new Float(1, 64)])
    expect(coreArgsFromJson(core, [-2147483648, '-9223372036854775808', 'NaN']).slice(0, 2)).toEqual([
      -2147483648,
      -(2n ** 63n),
    ])
    expect(coreArgsFromCbor(core, [2 ** 31, 2n ** 63n, 0])).toEqual([-(2 ** 31), -(2n ** 63n), new Float(0, 64)])
    expect(thrown(() => coreArgsFromJson(core, [4294967296, 0, 0])).context.field).toBe('args[0]')
    expect(thrown(() => argsFromJson(core, [4294967295, 0, 0])).context.field).toBe('args[0]')
  })
})

const name = fc.constantFrom('a', 'b', 'dark-blue', 'x1', 'toString', 'length')
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4 })
const anyType = fc.letrec<{ type: WitType }>((tie) => {
  const inner = tie('type')
  const named = fc.uniqueArray(fc.record({ name, type: inner }), {
    selector: (one) => one.name,
    minLength: 1,
    maxLength: 4,
  })
  const maybe = fc.option(inner, { nil: undefined })
  return {
    type: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom(...primitiveKinds).map((kind): WitType => ({ kind })),
      names.map((list): WitType => ({ kind: 'enum', names: list })),
      names.map((list): WitType => ({ kind: 'flags', names: list })),
      inner.map((element): WitType => ({ kind: 'list', element })),
      inner.map((some): WitType => ({ kind: 'option', some })),
      fc.tuple(maybe, maybe).map(([ok, err]): WitType => ({ kind: 'result', ...(ok && { ok }), ...(err && { err }) })),
      fc.array(inner, { minLength: 1, maxLength: 3 }).map((elements): WitType => ({ kind: 'tuple', elements })),
      named.map((fields): WitType => ({ kind: 'record', fields })),
      named.map((cases): WitType => ({ kind: 'variant', cases })),
    ),
  }
}).type

const ints = (kind: string): fc.Arbitrary<unknown> => {
  const bits = Number(kind.slice(1))
  if (bits === 64)
    return fc
      .bigInt(kind === 'u64' ? { min: 0n, max: 2n ** 64n - 1n } : { min: -(2n ** 63n), max: 2n ** 63n - 1n })
      .map(String)
  return kind.startsWith('u')
    ? fc.integer({ min: 0, max: 2 ** bits - 1 })
    : fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
}
const floats = (values: fc.Arbitrary<number>): fc.Arbitrary<unknown> =>
  values.map((value) => (Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : `${value}`))

function jsonOf(type: WitType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean()
    case 'char':
      return fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })
    case 'string':
      return fc.string({ unit: 'binary' })
    case 'f32':
      return floats(fc.float())
    case 'f64':
      return floats(fc.double())
    case 'enum':
      return fc.constantFrom(...type.names)
    case 'flags':
      return fc.subarray([...type.names])
    case 'list':
      return fc.array(jsonOf(type.element), { maxLength: 4 })
    case 'option': {
      const some = jsonOf(type.some)
      return fc.option(type.some.kind === 'option' ? some.map((value) => ({ some: value })) : some)
    }
    case 'result': {
      const side = (inner: WitType | undefined) => (inner ? jsonOf(inner) : fc.constant(null))
      return fc.oneof(
        side(type.ok).map((ok) => ({ ok })),
        side(type.err).map((err) => ({ err })),
      )
    }
    case 'tuple':
      return fc.tuple(...type.elements.map(jsonOf))
    case 'record':
      return fc
        .tuple(...type.fields.map((field) => jsonOf(field.type)))
        .map((values) => Object.fromEntries(values.map((value, index) => [type.fields[index]?.name, value])))
    case 'variant':
      return fc.oneof(
        ...type.cases.map((one) =>
          one.type ? jsonOf(one.type).map((value) => ({ [one.name]: value })) : fc.constant(one.name),
        ),
      )
    default:
      return ints(type.kind)
  }
}

describe('any value of any type', () => {
  const typed = anyType.chain((type) => jsonOf(type).map((json) => ({ type, json })))

  it('survives JSON to item to CBOR bytes to item to JSON, and the way through JavaScript', () => {
    fc.assert(
      fc.property(typed, ({ type, json }) => {
        const item = fromJson(type, json)
        const again = fromCbor(type, decodeItem(encodeItem(item), { bytes: 1e6 }))
        expect(hex(again)).toBe(hex(item))
        expect(hex(fromJson(type, JSON.parse(JSON.stringify(toJson(type, again)))))).toBe(hex(item))
        expect(hex(fromJs(type, structuredClone(toJs(type, item))))).toBe(hex(item))
      }),
      { numRuns: 500 },
    )
  })

  it('is read, or refused with a SamaraError, whatever the JSON', () => {
    const garbage = fc.oneof(
      fc.jsonValue(),
      fc.anything({ withBigInt: true, withMap: true, withTypedArray: true, withNullPrototype: true }),
    )
    fc.assert(
      fc.property(anyType, garbage, (type, json) => {
        for (const read of [fromJson, fromJs, (one: WitType, value: unknown) => fromCbor(one, value as Item)])
          try {
            encodeItem(read(type, json))
          } catch (error) {
            expect(error).toBeInstanceOf(SamaraError)
          }
      }),
      { numRuns: 2000 },
    )
  })

  it('is refused where it is nested deeper than an error could show', () => {
    let deep: unknown = []
    for (let i = 0; i < 100_000; i++) deep = [deep]
    expect(thrown(() => fromJson(parseType('list<u8>'), deep)).message).toContain('a list of 1')
  })
})
