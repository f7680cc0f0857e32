/** Core modules from their parts, as bytes. */

export type Core = 'i32' | 'i64' | 'f32' | 'f64'
export const cores: readonly Core[] = ['i32', 'i64', 'f32', 'f64']

export type CoreFunction = {
  readonly params: readonly Core[]
  readonly results: readonly Core[]
  readonly locals: readonly Core[]
  readonly code: readonly number[]
  readonly name?: string
}

export type CoreModule = {
  readonly functions: readonly CoreFunction[]
  readonly globals?: readonly { readonly type: Core; readonly init: readonly number[] }[]
  /** Functions of table 0, by index; the table has some empty elements more. */
  readonly table?: readonly number[]
  readonly data?: readonly number[]
}

const CODES: Readonly<Record<Core, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c }
export const END = 0x0b
const EMPTY_ELEMENTS = 2

export function uleb(value: number): number[] {
  const bytes = []
  for (let rest = value; ; ) {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    if (rest === 0) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

export function sleb(value: bigint): number[] {
  const bytes = []
  for (let rest = value; ; ) {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

export const i32Const = (value: number): number[] => [0x41, ...sleb(BigInt(value | 0))]
export const i64Const = (value: bigint): number[] => [0x42, ...sleb(BigInt.asIntN(64, value))]
export const typeCode = (type: Core): number => CODES[type]

const text = (name: string): number[] => [...uleb(name.length), ...Buffer.from(name)]
const vector = (items: readonly (readonly number[])[]): number[] => [...uleb(items.length), ...items.flat()]
const section = (id: number, payload: readonly number[]): number[] => [id, ...uleb(payload.length), ...payload]

/** A number for each function type, the same for equal ones. */
export function typeIndices(functions: readonly CoreFunction[]): {
  readonly indices: number[]
  readonly types: string[]
} {
  const keys = functions.map(({ params, results }) => `${params.join()}:${results.join()}`)
  const types = [...new Set(keys)]
  return { types, indices: keys.map((key) => types.indexOf(key)) }
}

export function assemble({ functions, globals = [], table = [], data = [] }: CoreModule): Uint8Array {
  const { indices, types } = typeIndices(functions)
  const typeOf = (key: string) => {
    const [params = '', results = ''] = key.split(':')
    const list = (names: string) => vector(names ? names.split(',').map((name) => [CODES[name as Core]]) : [])
    return [0x60, ...list(params), ...list(results)]
  }
  const exports = functions.flatMap(({ name }, index) => (name ? [[...text(name), 0, ...uleb(index)]] : []))
  const bodies = functions.map(({ locals, code }) => {
    const body = [...vector(locals.map((type) => [1, CODES[type]])), ...code, END]
    return [...uleb(body.length), ...body]
  })
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types.map(typeOf))),
    ...section(3, vector(indices.map((index) => uleb(index)))),
    ...section(4, vector([[0x70, 0, ...uleb(table.length + EMPTY_ELEMENTS)]])),
    ...section(5, vector([[1, 1, 1]])),
    ...section(6, vector(globals.map(({ type, init }) => [CODES[type], 1, ...init, END]))),
    ...section(7, vector([...exports, [...text('memory'), 2, 0]])),
    ...section(9, vector([[0, ...i32Const(0), END, ...vector(table.map((index) => uleb(index)))]])),
    ...section(10, vector(bodies)),
    ...section(11, vector([[0, ...i32Const(0), END, ...vector(data.map((byte) => [byte]))]])),
  ])
}
