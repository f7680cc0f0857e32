import { SamaraError, show } from './errors.ts'

/** A WIT value type with every name of a type resolved away: two shapes are equal when their texts are. */
export type WitType =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: 'list'; readonly element: WitType }
  | { readonly kind: 'option'; readonly some: WitType }
  | { readonly kind: 'result'; readonly ok?: WitType; readonly err?: WitType }
  | { readonly kind: 'tuple'; readonly elements: readonly WitType[] }
  | { readonly kind: 'record'; readonly fields: readonly { readonly name: string; readonly type: WitType }[] }
  | { readonly kind: 'variant'; readonly cases: readonly { readonly name: string; readonly type?: WitType }[] }
  | { readonly kind: 'enum'; readonly names: readonly string[] }
  | { readonly kind: 'flags'; readonly names: readonly string[] }
  | { readonly kind: 'own' | 'borrow'; readonly resource: string }

export const primitiveKinds = [
  'bool',
  's8',
  'u8',
  's16',
  'u16',
  's32',
  'u32',
  's64',
  'u64',
  'f32',
  'f64',
  'char',
  'string',
] as const
export type PrimitiveKind = (typeof primitiveKinds)[number]

export type Signature = {
  readonly params: readonly { readonly name: string; readonly type: WitType }[]
  readonly result?: WitType
}

/** Deeper types are refused: nobody writes them, and every walk over a type recurses. */
export const MAX_TYPE_DEPTH = 32

/** The canonical text of a type, e.g. `record{name:string,ids:list<u32>}`. [P-8.1] */
export function typeText(type: WitType): string {
  switch (type.kind) {
    case 'list':
      return `list<${typeText(type.element)}>`
    case 'option':
      return `option<${typeText(type.some)}>`
    case 'result':
      return resultText(type.ok, type.err)
    case 'tuple':
      return `tuple<${type.elements.map(typeText).join(',')}>`
    case 'record':
      return `record{${type.fields.map((field) => `${field.name}:${typeText(field.type)}`).join(',')}}`
    case 'variant':
      return `variant{${type.cases.map((one) => (one.type ? `${one.name}(${typeText(one.type)})` : one.name)).join(',')}}`
    case 'enum':
    case 'flags':
      return `${type.kind}{${type.names.join(',')}}`
    case 'own':
    case 'borrow':
      return `${type.kind}<${type.resource}>`
    default:
      return type.kind
  }
}

function resultText(ok: WitType | undefined, err: WitType | undefined): string {
  if (!ok && !err) return 'result'
  if (!err) return `result<${ok ? typeText(ok) : '_'}>`
  return `result<${ok ? typeText(ok) : '_'},${typeText(err)}>`
}

/** The canonical text of a function, e.g. `func(a:s32,b:string)->result<u32,string>`. [P-8.1] */
export function signatureText(signature: Signature): string {
  const params = signature.params.map((param) => `${param.name}:${typeText(param.type)}`).join(',')
  return `func(${params})${signature.result ? `->${typeText(signature.result)}` : ''}`
}

/** Reads canonical text back. Throws INVALID_ARGUMENT that names the place. */
export function parseSignature(text: string): Signature {
  const reader = new Reader(text)
  reader.take('func(')
  const params = reader.list(')', () => {
    const name = reader.name()
    reader.take(':')
    return { name, type: reader.type(0) }
  })
  const result = reader.skip('->') ? reader.type(0) : undefined
  reader.end()
  return result ? { params, result } : { params }
}

export function parseType(text: string): WitType {
  const reader = new Reader(text)
  const type = reader.type(0)
  reader.end()
  return type
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  skip(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  take(token: string): void {
    if (!this.skip(token)) throw this.#wrong(`'${token}'`)
  }

  end(): void {
    if (this.#at !== this.#text.length) throw this.#wrong('the end')
  }

  name(): string {
    const found = /^[%A-Za-z0-9_.\-/:@[\]]+?(?=[:,(){}<>]|$)/.exec(this.#text.slice(this.#at))
    if (!found) throw this.#wrong('a name')
    this.#at += found[0].length
    return found[0]
  }

  list<T>(close: string, item: () => T): T[] {
    const items: T[] = []
    if (this.skip(close)) return items
    do items.push(item())
    while (this.skip(','))
    this.take(close)
    return items
  }

  type(depth: number): WitType {
    if (depth > MAX_TYPE_DEPTH) throw this.#wrong(`a type at most ${MAX_TYPE_DEPTH} levels deep`)
    const inner = () => this.type(depth + 1)
    const kind = /^[a-z0-9]+/.exec(this.#text.slice(this.#at))?.[0] ?? ''
    this.#at += kind.length
    if ((primitiveKinds as readonly string[]).includes(kind)) return { kind: kind as PrimitiveKind }
    switch (kind) {
      case 'list':
        return { kind, element: this.#one(inner) }
      case 'option':
        return { kind, some: this.#one(inner) }
      case 'result':
        return this.#result(inner)
      case 'tuple':
        this.take('<')
        return { kind, elements: this.list('>', inner) }
      case 'record':
        this.take('{')
        return { kind, fields: this.list('}', () => this.#field(inner)) }
      case 'variant':
        this.take('{')
        return { kind, cases: this.list('}', () => this.#case(inner)) }
      case 'enum':
      case 'flags':
        this.take('{')
        return { kind, names: this.list('}', () => this.name()) }
      case 'own':
      case 'borrow':
        return { kind, resource: this.#one(() => this.name()) }
      default:
        this.#at -= kind.length
        throw this.#wrong('a type')
    }
  }

  #one<T>(inner: () => T): T {
    this.take('<')
    const item = inner()
    this.take('>')
    return item
  }

  #result(inner: () => WitType): WitType {
    if (!this.skip('<')) return { kind: 'result' }
    const ok = this.skip('_') ? undefined : inner()
    const err = this.skip(',') ? inner() : undefined
    this.take('>')
    return { kind: 'result', ...(ok && { ok }), ...(err && { err }) }
  }

  #field(inner: () => WitType): { name: string; type: WitType } {
    const name = this.name()
    this.take(':')
    return { name, type: inner() }
  }

  #case(inner: () => WitType): { name: string; type?: WitType } {
    const name = this.name()
    if (!this.skip('(')) return { name }
    const type = inner()
    this.take(')')
    return { name, type }
  }

  #wrong(expected: string): SamaraError {
    return new SamaraError('INVALID_ARGUMENT', `signature ${show(this.#text)}: expected ${expected} at ${this.#at}`)
  }
}
